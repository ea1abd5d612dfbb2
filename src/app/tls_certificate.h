// app/tls_certificate.h
//
// When the certificate ends: what `doctor` and the metrics say of it. The TLS itself is http/'s.
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <string>

namespace keystead::app {

/// notAfter of the first certificate in a PEM file. Errors: tls/unreadable (InvalidInput).
Result<Instant> certificate_end(const std::string& pem_path);

} // namespace keystead::app

// app/tls_certificate.h
//
// When the certificate ends, and who vouches for it: what `doctor` and the metrics say of it. The
// TLS itself is http/'s.
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <string>
#include <string_view>

namespace keystead::app {

/// notAfter of the first certificate in a PEM file. Errors: tls/unreadable (InvalidInput).
Result<Instant> certificate_end(const std::string& pem_path);

/// "sha256//…", as curl pins a key (RFC 7469 §2.4: SHA-256 of its SubjectPublicKeyInfo), of the
/// first certificate in the file. Errors: tls/unreadable (InvalidInput).
Result<std::string> certificate_pin(const std::string& pem_path);

/// Why a browser on this machine would refuse the file's certificate for `host` (RFC 9525, RFC 5280
/// §6.1), by the system's authorities; empty when it would not. Errors: tls/unreadable
/// (InvalidInput).
Result<std::string> why_not_trusted(const std::string& pem_path, std::string_view host);

} // namespace keystead::app

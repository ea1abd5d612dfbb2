// core/secret_file.h
//
// Secrets that an operator gives as files, such as systemd's credentials.
#pragma once

#include "core/secret.h"

#include <cstddef>
#include <optional>
#include <string>

namespace keystead {

inline constexpr std::size_t kSecretLineBytesMax = 4096;

/// The first line of `path` without its end (LF or CRLF). Nothing when the file cannot be read, the
/// line is empty, or it is longer than kSecretLineBytesMax.
std::optional<Secret> read_secret_line(const std::string& path);

} // namespace keystead

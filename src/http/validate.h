// http/validate.h
//
// From bytes outside to values that a handler may trust: query and form parameters. Bodies:
// validate() in schema.h.
#pragma once

#include "core/result.h"
#include "http/route.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::http {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Percent-decoded (RFC 3986 §2.1), `+` for space where it is a query or form. Nothing for a
/// malformed escape, or what is not UTF-8 without control characters afterwards.
enum class PlusSign : std::uint8_t { Literal, Space };
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus);

/// The declared parameters, decoded and checked; another, or one twice, is refused by name.
/// Errors: request/invalid, with all faults; the pointer is "?name".
Result<Parameters> parse_query(std::string_view query, const std::vector<QueryParameter>& declared);

} // namespace keystead::http

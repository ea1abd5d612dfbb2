// core/encoding.h
//
// Text forms of bytes: hex, base64, base64url (RFC 4648, no padding), base32 (RFC 4648, no
// padding), base62; JSON string escaping; RFC 3339 time. Decoders are strict: canonical input only.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace keystead {

std::string hex_encode(ByteView bytes);
std::optional<Bytes> hex_decode(std::string_view text);
std::string base64_encode(ByteView bytes); // with padding (RFC 4648 §4)
std::optional<Bytes> base64_decode(std::string_view text);
std::string base64url_encode(ByteView bytes); // without padding (RFC 4648 §5)
std::optional<Bytes> base64url_decode(std::string_view text);
std::string base32_encode(ByteView bytes); // without padding (RFC 4648 §6), upper case
std::optional<Bytes> base32_decode(std::string_view text);
/// Big-endian integer in digits 0-9A-Za-z, padded on the left with '0' to `width`.
std::string base62_encode(ByteView bytes, std::size_t width);
/// Into at most 64 bytes. False when a digit is foreign or the number does not fit.
bool base62_decode_into(std::string_view text, std::span<std::byte> out);
/// CRC-32 (ISO-HDLC, as in zlib).
std::uint32_t crc32(std::string_view text);

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7); also escapes U+2028, U+2029 and
/// bidi controls.
void append_json_string(std::string& out, std::string_view text);
/// "2026-11-22T02:34:41.123456Z"; always microseconds, always UTC.
std::string rfc3339(Instant instant);
std::optional<Instant> parse_rfc3339(std::string_view text);
/// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_valid_utf8(std::string_view text);
/// How many code points `text` has, or nothing when it is not strict UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text);

} // namespace keystead

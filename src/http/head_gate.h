// http/head_gate.h
//
// Reads the raw bytes of a request's head before Beast's parser does, and refuses every form that
// two parsers could read differently (request smuggling). Pure: bytes in, verdict out. It does not
// parse into anything; what it accepts, Beast must read to the same fields and framing, which
// message_parser.h checks for each request and the fuzzer at large.
//
// Refused, beside what RFC 9112 makes malformed: bare LF and NUL anywhere, folded lines (RFC 9112
// §5.2), space before a colon, no Host or two, Transfer-Encoding other than exactly `chunked`, on
// HTTP/1.0, twice or beside Content-Length (§6.1, §6.3), Content-Length that is not digits alone or
// comes twice, targets that are not origin-form (§3.2.1), a path that is not its own canonical form
// (RFC 3986 §6.2.2: dot segments, empty segments, encoded slashes, needless or lower-case
// percent-encoding), fields twice whose repetition would be ambiguous (Authorization, Cookie,
// Content-Type, …).
#pragma once

#include "http/head.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keystead::http {

struct GateVerdict {
    enum class Kind : std::uint8_t { Incomplete, Accepted, Malformed, TooLarge };
    Kind kind = Kind::Incomplete;
    std::size_t head_bytes = 0; // Accepted: with the empty line
    std::string_view reason =
        {}; // Malformed, TooLarge: for the log and the problem's detail; static storage
    Framing framing = Framing::NoBody;
    std::uint64_t content_length = 0;
};

/// `bytes` begin with a request line. `scanned` is the caller's, 0 at first: how far earlier calls
/// have looked, so that a head sent a byte at a time costs no more than one sent at once.
GateVerdict check_head(std::string_view bytes, std::size_t& scanned, std::size_t head_bytes_max);

/// Whether `path` is in the one form we accept.
bool is_canonical_path(std::string_view path);

} // namespace keystead::http

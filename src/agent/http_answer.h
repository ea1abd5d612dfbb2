// agent/http_answer.h
//
// The head of an HTTP/1.1 answer (RFC 9112), as strict as one server needs that is ours: one
// Content-Length or none, no Transfer-Encoding, no folded lines, no interim answers. Pure.
#pragma once

#include "core/result.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::agent {

inline constexpr std::size_t kHeadBytesMax = 16UL * 1024;

struct AnswerHead {
    int status = 0;
    std::size_t head_bytes = 0; // with the empty line
    std::size_t body_bytes = 0;
    bool is_kept_alive = true;
    std::string content_type;            // without its parameters
    std::chrono::seconds retry_after{0}; // 0: not said
};

/// Nothing while the head is not whole. Errors (InvalidInput): agent/malformed-http.
Result<std::optional<AnswerHead>> parse_answer_head(std::string_view received,
                                                    std::size_t body_bytes_max);

} // namespace keystead::agent

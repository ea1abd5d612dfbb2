// http/message_parser.h
//
// Beast's parser behind the gate: the head into views of the connection's buffer, the body's
// framing (length or chunks) undone. Feeds on bytes, does no I/O, and keeps nothing between
// messages. Trailers are refused: merged into the head after the fact they would smuggle fields in
// (RFC 9110 §6.5.1).
#pragma once

#include "http/head.h"
#include "http/head_gate.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace keystead::http {

class MessageParser {
public:
    MessageParser();
    ~MessageParser();
    MessageParser(MessageParser&&) noexcept;
    MessageParser& operator=(MessageParser&&) noexcept;

    /// Parses the head that the gate accepted into `head` (views of `head_bytes`). False when Beast
    /// reads it differently from the gate: then nobody knows what it means, and it is refused.
    bool parse_head(std::string_view head_bytes, const GateVerdict& verdict, Head& head);

    enum class BodyState : std::uint8_t { NeedsMore, Complete, TooLarge, Malformed };
    struct BodyProgress {
        BodyState state;
        std::size_t consumed; // of the bytes given
    };
    /// Appends what is content to `body`, at most `bytes_max` in all.
    BodyProgress parse_body(std::string_view bytes, std::size_t bytes_max, std::string& body);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace keystead::http

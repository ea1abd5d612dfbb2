// http/message_parser.cpp
#include "http/message_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <optional>

namespace keystead::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

constexpr std::size_t kChunkExtensionBytesMax = 256;

std::string_view view(beast::string_view text)
{
    return {text.data(), text.size()};
}

/// basic_parser and not request_parser: its callbacks give views, so no field is copied or
/// allocated.
class RequestParser final : public beast::http::basic_parser<true> {
public:
    explicit RequestParser(Head& head) : head_(&head)
    {
        eager(true);
        body_limit(
            boost::none); // counted in take(): the route's limit is known only after the head
    }
    void body_into(std::string& body, std::size_t bytes_max)
    {
        body_ = &body;
        bytes_max_ = bytes_max;
    }
    bool over_limit() const { return over_limit_; }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target,
                         int version, error_code&) override
    {
        head_->method_text = view(method);
        head_->target = view(target);
        head_->version_minor = version - 10;
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       error_code& ec) override
    {
        if (head_complete_ || head_->field_count == kFieldsMax) { // after the head: a trailer
            ec = beast::http::error::bad_field;
            return;
        }
        head_->fields[head_->field_count++] = {view(name), view(value)};
    }
    void on_header_impl(error_code&) override { head_complete_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code& ec) override
    {
        return take(bytes, ec);
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, error_code& ec) override
    {
        if (extensions.size() > kChunkExtensionBytesMax) {
            ec = beast::http::error::bad_chunk_extension;
        }
    }
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& ec) override
    {
        return take(bytes, ec);
    }
    void on_finish_impl(error_code&) override {}

    std::size_t take(beast::string_view bytes, error_code& ec)
    {
        if (body_->size() + bytes.size() > bytes_max_) {
            over_limit_ = true;
            ec = beast::http::error::body_limit;
            return 0;
        }
        body_->append(bytes.data(), bytes.size());
        return bytes.size();
    }

    Head* head_;
    std::string* body_ = nullptr;
    std::size_t bytes_max_ = 0;
    bool over_limit_ = false;
    bool head_complete_ = false;
};

} // namespace

struct MessageParser::Impl {
    std::optional<RequestParser> parser; // made anew for each message, in place
};

MessageParser::MessageParser() : impl_(std::make_unique<Impl>()) {}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

bool MessageParser::parse_head(std::string_view head_bytes, const GateVerdict& verdict, Head& head)
{
    head.field_count = 0;
    auto& parser = impl_->parser.emplace(head);
    parser.header_limit(static_cast<std::uint32_t>(head_bytes.size() + 1));
    error_code ec;
    const std::size_t consumed =
        parser.put(boost::asio::const_buffer(head_bytes.data(), head_bytes.size()), ec);
    // A head whose body has yet to come ends in need_more or in no error, as Beast's state happens
    // to be.
    if ((ec && ec != beast::http::error::need_more) || !parser.is_header_done() ||
        consumed != head_bytes.size()) {
        return false;
    }
    head.framing = verdict.framing;
    head.content_length = verdict.content_length;
    const auto length = parser.content_length();
    const bool has_length = length && *length > 0;
    if (parser.chunked() != (verdict.framing == Framing::Chunked) ||
        has_length != (verdict.framing == Framing::Length) ||
        (has_length && *length != verdict.content_length)) {
        return false;
    }
    head.method = parse_method(head.method_text);
    const std::size_t question = head.target.find('?');
    head.path = head.target.substr(0, question);
    head.query =
        question == std::string_view::npos ? std::string_view{} : head.target.substr(question + 1);
    head.keep_alive = parser.keep_alive() && head.version_minor == 1;
    head.expects_continue =
        head.version_minor == 1 && ascii_iequal(head.field("expect"), "100-continue");
    return true;
}

MessageParser::BodyProgress MessageParser::parse_body(std::string_view bytes, std::size_t bytes_max,
                                                      std::string& body)
{
    auto& parser = *impl_->parser;
    if (parser.is_done()) {
        return {BodyState::Complete, 0};
    }
    if (bytes.empty()) {
        return {BodyState::NeedsMore, 0};
    }
    parser.body_into(body, bytes_max);
    error_code ec;
    const std::size_t consumed =
        parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    if (parser.over_limit()) {
        return {BodyState::TooLarge, consumed};
    }
    if (ec && ec != beast::http::error::need_more) {
        return {BodyState::Malformed, consumed};
    }
    return {parser.is_done() ? BodyState::Complete : BodyState::NeedsMore, consumed};
}

} // namespace keystead::http

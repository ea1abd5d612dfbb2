#include "core/json.h"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace keystead {
namespace {

namespace bj = boost::json;

/// Builds a JsonValue from the parser's events and refuses what our limits refuse.
class Builder {
public:
    // The parser's own limits stay out of the way: ours are set at run time.
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;

    Builder(const JsonLimits& limits, std::size_t text_bytes) : limits_(limits)
    {
        // Reserved once: a reallocation would leave a copy of a password behind.
        buffer_.reserve(std::min(text_bytes, limits.string_bytes_max));
    }
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;
    ~Builder() { wipe(); }

    std::string_view fault() const { return fault_; }
    JsonValue take() { return std::move(root_); }

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return open(Frame{.is_object = true}); }
    bool on_array_begin(bj::error_code&) { return open(Frame{.is_object = false}); }
    bool on_object_end(std::size_t, bj::error_code& ec) { return close(ec); }
    bool on_array_end(std::size_t, bj::error_code& ec) { return close(ec); }
    bool on_key_part(bj::string_view part, std::size_t, bj::error_code& ec)
    {
        return gather(part, ec);
    }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code& ec)
    {
        return gather(part, ec);
    }
    bool on_number_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }
    bool on_null(bj::error_code& ec) { return put(JsonValue{}, ec); }
    bool on_bool(bool value, bj::error_code& ec) { return put(JsonValue{value}, ec); }
    bool on_int64(std::int64_t value, bj::string_view, bj::error_code& ec)
    {
        return put(JsonValue{value}, ec);
    }
    bool on_uint64(std::uint64_t, bj::string_view, bj::error_code& ec)
    {
        return refuse("an integer is out of range", ec);
    }

    bool on_double(double, bj::string_view text, bj::error_code& ec)
    {
        if (text.find_first_of(".eE") == bj::string_view::npos) {
            return refuse("an integer is out of range", ec);
        }
        double value = 0; // Read again: Boost 1.81 is off by some units in the last place.
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
            return refuse("a number is out of range", ec);
        }
        return put(JsonValue{value}, ec);
    }

    bool on_key(bj::string_view part, std::size_t, bj::error_code& ec)
    {
        if (!gather(part, ec)) {
            return false;
        }
        auto& frame = frames_.back();
        // Few members: limits_.members_max bounds this search.
        if (std::ranges::any_of(frame.members,
                                [&](const JsonMember& m) { return m.name == buffer_; })) {
            return refuse("a name occurs twice in one object", ec);
        }
        frame.key = buffer_;
        wipe();
        return true;
    }

    bool on_string(bj::string_view part, std::size_t, bj::error_code& ec)
    {
        if (!gather(part, ec)) {
            return false;
        }
        JsonValue value{std::string_view(buffer_)};
        wipe();
        return put(std::move(value), ec);
    }

private:
    struct Frame {
        bool is_object;
        std::string key = {}; // of the member whose value comes next
        JsonObject members = {};
        JsonArray items = {};
    };

    bool refuse(std::string_view fault, bj::error_code& ec)
    {
        fault_ = fault;
        ec = bj::error::syntax;
        return false;
    }

    void wipe()
    {
        if (!buffer_.empty()) {
            explicit_bzero(buffer_.data(), buffer_.size());
        }
        buffer_.clear();
    }

    bool gather(bj::string_view part, bj::error_code& ec)
    {
        if (part.size() > limits_.string_bytes_max - buffer_.size()) {
            return refuse("a string is too long", ec);
        }
        if (part.find('\0') != bj::string_view::npos) {
            return refuse("a string contains U+0000", ec);
        }
        buffer_.append(part.data(), part.size());
        return true;
    }

    bool open(Frame frame)
    {
        frames_.push_back(std::move(frame));
        return true;
    }

    bool close(bj::error_code& ec)
    {
        Frame frame = std::move(frames_.back());
        frames_.pop_back();
        return put(frame.is_object ? JsonValue{std::move(frame.members)}
                                   : JsonValue{std::move(frame.items)},
                   ec);
    }

    bool put(JsonValue value, bj::error_code& ec)
    {
        if (frames_.empty()) {
            root_ = std::move(value);
            return true;
        }
        if (++members_ > limits_.members_max) {
            return refuse("there are too many values", ec);
        }
        auto& frame = frames_.back();
        if (frame.is_object) {
            frame.members.push_back({std::move(frame.key), std::move(value)});
            frame.key.clear();
        } else {
            frame.items.push_back(std::move(value));
        }
        return true;
    }

    const JsonLimits& limits_;
    std::string buffer_;
    std::vector<Frame> frames_;
    std::size_t members_ = 0;
    JsonValue root_;
    std::string_view fault_;
};

Error malformed(std::string detail)
{
    return Error{ErrorKind::InvalidInput, "request/malformed-json", std::move(detail)};
}

} // namespace

const JsonValue* JsonValue::find(std::string_view name) const
{
    if (kind() != Kind::Object) {
        return nullptr;
    }
    const auto found = std::ranges::find(object(), name, &JsonMember::name);
    return found == object().end() ? nullptr : &found->value;
}

Result<JsonValue> parse_json(std::string_view text, const JsonLimits& limits)
{
    bj::parse_options options; // RFC 8259 and no extensions; UTF-8 is checked.
    options.max_depth = limits.depth_max;
    bj::basic_parser<Builder> parser(options, limits, text.size());
    bj::error_code error;
    const std::size_t consumed = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        const std::string_view fault = parser.handler().fault();
        return malformed(
            "Not acceptable JSON: " + (fault.empty() ? error.message() : std::string(fault)) + ".");
    }
    if (consumed != text.size() || !parser.done()) {
        return malformed("Not acceptable JSON: something follows the value.");
    }
    return parser.handler().take();
}

void JsonWriter::separate()
{
    if (needs_comma_) {
        out_.push_back(',');
    }
    needs_comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket)
{
    separate();
    out_.push_back(bracket);
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket)
{
    out_.push_back(bracket);
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name)
{
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text)
{
    separate();
    append_json_string(out_, text);
    return *this;
}

JsonWriter& JsonWriter::value(bool flag)
{
    return raw(flag ? "true" : "false");
}

JsonWriter& JsonWriter::value(std::int64_t number)
{
    return raw(std::to_string(number));
}

JsonWriter& JsonWriter::value(std::uint64_t number)
{
    return raw(std::to_string(number));
}

JsonWriter& JsonWriter::value(double number)
{
    if (!std::isfinite(number)) {
        return null(); // JSON has no such number (RFC 8259 §6).
    }
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    KS_ASSERT(error == std::errc{});
    std::string text(digits.data(), end);
    if (text.find_first_of(".e") == std::string::npos) {
        text += ".0"; // Stays a decimal when it is read again.
    }
    return raw(text);
}

JsonWriter& JsonWriter::null()
{
    return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json)
{
    separate();
    out_ += json;
    return *this;
}

} // namespace keystead

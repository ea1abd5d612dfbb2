// core/json.h
//
// JSON in (strict: UTF-8, duplicate keys refused, bounded depth, members and string length,
// trailing bytes refused) and JSON out (a small streaming writer). The parser is Boost.JSON's
// basic_parser behind json.cpp. Stricter than RFC 8259: U+0000 is refused even when escaped
// (databases and C libraries cut there), and an integer must fit std::int64_t.
#pragma once

#include "core/clock.h"
#include "core/encoding.h"
#include "core/result.h"
#include "core/secret.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead {

class JsonValue;
struct JsonMember;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>; // in the order received, no two of one name

/// A parsed value. Strings live in wiped memory (each is a Secret inside), since a request may
/// carry a password.
class JsonValue {
public:
    enum class Kind : std::uint8_t { Null, Boolean, Integer, Decimal, String, Array, Object };
    JsonValue();
    explicit JsonValue(bool value);
    explicit JsonValue(std::int64_t value);
    explicit JsonValue(double value);
    explicit JsonValue(std::string_view value);
    explicit JsonValue(const char* value); // else it would become a bool
    explicit JsonValue(JsonArray value);
    explicit JsonValue(JsonObject value);
    JsonValue(JsonValue&&) noexcept;
    JsonValue& operator=(JsonValue&& other) noexcept
    {
        if (this != &other) { // Destroyed and made anew, since a Secret is not assignable.
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~JsonValue();

    Kind kind() const { return static_cast<Kind>(value_.index()); }
    bool is_null() const { return kind() == Kind::Null; }
    bool boolean() const { return as<bool>(); }
    std::int64_t integer() const { return as<std::int64_t>(); }
    double decimal() const { return as<double>(); }
    std::string_view string() const { return as<Secret>().reveal_text(); }
    const JsonArray& array() const { return *as<std::unique_ptr<JsonArray>>(); }
    const JsonObject& object() const { return *as<std::unique_ptr<JsonObject>>(); }
    /// The member of that name, or null when absent or this is no object.
    const JsonValue* find(std::string_view name) const;

private:
    /// Asking for what the value is not breaks an invariant of ours.
    template <class T> const T& as() const
    {
        const T* const held = std::get_if<T>(&value_);
        KS_ASSERT(held != nullptr);
        return *held;
    }
    // Containers are held by pointer: their element types are not complete here.
    std::variant<std::monostate, bool, std::int64_t, double, Secret, std::unique_ptr<JsonArray>,
                 std::unique_ptr<JsonObject>>
        value_;
};

struct JsonMember {
    std::string name;
    JsonValue value;
};

// Defined here, where JsonMember is complete: a constructor may have to destroy what it has made.
inline JsonValue::JsonValue() = default;
inline JsonValue::JsonValue(bool value) : value_(value) {}
inline JsonValue::JsonValue(std::int64_t value) : value_(value) {}
inline JsonValue::JsonValue(double value) : value_(value) {}
inline JsonValue::JsonValue(std::string_view value) : value_(Secret::copy_of(value)) {}
inline JsonValue::JsonValue(const char* value) : JsonValue(std::string_view(value)) {}
inline JsonValue::JsonValue(JsonArray value) : value_(std::make_unique<JsonArray>(std::move(value)))
{
}
inline JsonValue::JsonValue(JsonObject value)
    : value_(std::make_unique<JsonObject>(std::move(value)))
{
}
inline JsonValue::JsonValue(JsonValue&&) noexcept = default;
inline JsonValue::~JsonValue() = default;

struct JsonLimits {
    std::size_t depth_max = 16;
    std::size_t members_max = 1000; // in all
    std::size_t string_bytes_max = 65536;
};

/// Errors: request/malformed-json (InvalidInput).
Result<JsonValue> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Writes compact JSON into a string. Commas and escapes are its business, matching begin/end is
/// the caller's.
class JsonWriter {
public:
    JsonWriter() = default;
    /// With room from the start: what holds a secret must not grow, and so leave copies behind.
    explicit JsonWriter(std::size_t reserve_bytes) { out_.reserve(reserve_bytes); }
    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    JsonWriter& key(std::string_view name);
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
    JsonWriter& value(bool flag);
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(std::uint64_t number);
    JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
    JsonWriter& value(double number);
    JsonWriter& value(Instant instant) { return value(std::string_view(rfc3339(instant))); }
    template <class T> JsonWriter& value(const std::optional<T>& optional)
    {
        return optional ? value(*optional) : null();
    }
    JsonWriter& null();
    /// JSON text made elsewhere, put in as it is.
    JsonWriter& raw(std::string_view json);
    template <class T> JsonWriter& member(std::string_view name, const T& v)
    {
        return key(name).value(v);
    }
    std::string take() && { return std::move(out_); }
    const std::string& text() const { return out_; }

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();
    std::string out_;
    bool needs_comma_ = false;
};

} // namespace keystead

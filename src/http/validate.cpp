// http/validate.cpp
#include "http/validate.h"

#include "core/encoding.h"
#include "core/id.h"
#include "http/ascii.h"
#include "http/schema.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace keystead::http {
namespace {

constexpr std::size_t kFaultsMax = 50; // enough for every honest form
constexpr std::size_t kParametersMax = 32;

/// Collects every fault instead of stopping at the first: a person corrects a form once.
class Validator {
public:
    void check(const Schema& schema, const JsonValue& value, const std::string& pointer);
    std::vector<FieldError> take() && { return std::move(faults_); }
    void fault(const std::string& pointer, std::string_view code, std::string detail)
    {
        if (faults_.size() < kFaultsMax) {
            faults_.push_back({pointer, code, std::move(detail)});
        }
    }
    void check_text(const Schema& schema, std::string_view value, const std::string& pointer);
    void check_choice(const Schema& schema, std::string_view value, const std::string& pointer);
    void check_number(const Schema& schema, std::int64_t value, const std::string& pointer);

private:
    void check_string_kinds(const Schema& schema, const JsonValue& value,
                            const std::string& pointer);
    void check_object(const Schema& schema, const JsonValue& value, const std::string& pointer);
    void check_array(const Schema& schema, const JsonValue& value, const std::string& pointer);
    std::vector<FieldError> faults_;
};

/// `name` as a reference token (RFC 6901 §3), cut to a length that an answer can carry.
std::string child(const std::string& pointer, std::string_view name)
{
    constexpr std::size_t kNameBytesMax = 64;
    std::string text = pointer + '/';
    for (const char c : name.substr(0, kNameBytesMax)) {
        if (c == '~') {
            text += "~0";
        } else if (c == '/') {
            text += "~1";
        } else {
            text += static_cast<unsigned char>(c) >= 0x80
                        ? '?'
                        : c; // A cut must not break a character in two.
        }
    }
    return text;
}

std::size_t count_code_points(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// C0, DEL, C1 and what reorders text for the eye (Unicode bidi controls). `text` is UTF-8.
bool has_control_character(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7f) {
            return true;
        }
        if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) { // U+0080…U+009F
            return true;
        }
        if (byte == 0xe2 && i + 2 < text.size()) {
            const auto second = static_cast<unsigned char>(text[i + 1]);
            const auto third = static_cast<unsigned char>(text[i + 2]);
            const bool separators_and_overrides =
                second == 0x80 && third >= 0xa8 && third <= 0xae; // U+2028…U+202E
            const bool isolates = second == 0x81 && third >= 0xa6 && third <= 0xa9; // U+2066…U+2069
            if (separators_and_overrides || isolates) {
                return true;
            }
        }
    }
    return false;
}

void Validator::check_text(const Schema& schema, std::string_view value, const std::string& pointer)
{
    const std::size_t length = count_code_points(value);
    if (length < schema.length_min) {
        fault(pointer, length == 0 ? "request/empty" : "request/too-short",
              "At least " + std::to_string(schema.length_min) + " characters.");
    }
    if (length > schema.length_max) {
        fault(pointer, "request/too-long",
              "At most " + std::to_string(schema.length_max) + " characters.");
    }
    if (schema.kind == Schema::Kind::Text && has_control_character(value)) {
        fault(pointer, "request/control-character", "No control characters.");
    }
}

void Validator::check_choice(const Schema& schema, std::string_view value,
                             const std::string& pointer)
{
    if (std::ranges::find(schema.choices, value) == schema.choices.end()) {
        std::string detail = "One of:";
        for (const auto choice : schema.choices) {
            detail.append(" ").append(choice);
        }
        fault(pointer, "request/not-a-choice", std::move(detail) + ".");
    }
}

void Validator::check_number(const Schema& schema, std::int64_t value, const std::string& pointer)
{
    if (value < schema.minimum || value > schema.maximum) {
        fault(pointer, "request/out-of-range",
              "From " + std::to_string(schema.minimum) + " to " + std::to_string(schema.maximum) +
                  ".");
    }
}

void Validator::check_string_kinds(const Schema& schema, const JsonValue& value,
                                   const std::string& pointer)
{
    if (value.kind() != JsonValue::Kind::String) {
        fault(pointer, "request/wrong-type", "A string is expected.");
        return;
    }
    const std::string_view text = value.string();
    if (schema.kind == Schema::Kind::Enumeration) {
        check_choice(schema, text, pointer);
    } else if (schema.kind == Schema::Kind::Identifier) {
        if (!id_from_text(schema.id_prefix, text)) {
            fault(pointer, "request/not-an-id",
                  "An id that begins with " + std::string(schema.id_prefix) + ".");
        }
    } else if (schema.kind == Schema::Kind::Time) {
        if (!parse_rfc3339(text)) {
            fault(pointer, "request/not-a-time", "A time as RFC 3339 has it.");
        }
    } else {
        check_text(schema, text, pointer);
    }
}

void Validator::check_object(const Schema& schema, const JsonValue& value,
                             const std::string& pointer)
{
    if (value.kind() != JsonValue::Kind::Object) {
        fault(pointer, "request/wrong-type", "An object is expected.");
        return;
    }
    for (const auto& member : value.object()) {
        const auto field =
            std::ranges::find(schema.fields, std::string_view(member.name), &SchemaField::name);
        if (field == schema.fields.end()) {
            fault(child(pointer, member.name), "request/unknown-member",
                  "There is no such member.");
        } else {
            check(field->schema, member.value, child(pointer, member.name));
        }
    }
    for (const auto& field : schema.fields) {
        if (field.presence == Presence::Required && value.find(field.name) == nullptr) {
            fault(child(pointer, field.name), "request/missing", "This is required.");
        }
    }
}

void Validator::check_array(const Schema& schema, const JsonValue& value,
                            const std::string& pointer)
{
    if (value.kind() != JsonValue::Kind::Array) {
        fault(pointer, "request/wrong-type", "A list is expected.");
        return;
    }
    const auto& items = value.array();
    if (items.size() < schema.length_min || items.size() > schema.length_max) {
        fault(pointer, "request/out-of-range",
              "From " + std::to_string(schema.length_min) + " to " +
                  std::to_string(schema.length_max) + " items.");
        return;
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        check(*schema.items, items[i], pointer + '/' + std::to_string(i));
    }
}

void Validator::check(const Schema& schema, const JsonValue& value, const std::string& pointer)
{
    if (value.is_null() && schema.nullable) {
        return;
    }
    switch (schema.kind) {
    case Schema::Kind::None:
    case Schema::Kind::Any: return;
    case Schema::Kind::Text:
    case Schema::Kind::SecretText:
    case Schema::Kind::Time:
    case Schema::Kind::Identifier:
    case Schema::Kind::Enumeration: check_string_kinds(schema, value, pointer); return;
    case Schema::Kind::Boolean:
        if (value.kind() != JsonValue::Kind::Boolean) {
            fault(pointer, "request/wrong-type", "true or false is expected.");
        }
        return;
    case Schema::Kind::Integer:
        if (value.kind() != JsonValue::Kind::Integer) {
            fault(pointer, "request/wrong-type", "A whole number is expected.");
            return;
        }
        check_number(schema, value.integer(), pointer);
        return;
    case Schema::Kind::Array: check_array(schema, value, pointer); return;
    case Schema::Kind::Object: check_object(schema, value, pointer); return;
    }
    std::abort();
}

Result<void> result_of(std::vector<FieldError> faults)
{
    if (faults.empty()) {
        return {};
    }
    const bool unknown_only = std::ranges::all_of(
        faults, [](const FieldError& fault) { return fault.code == "request/unknown-member"; });
    Error error{ErrorKind::InvalidInput,
                unknown_only ? "request/unknown-member" : "request/invalid",
                "The request does not have the form that this route asks for."};
    error.fields = std::move(faults);
    return error;
}

void check_parameter(Validator& validator, const Schema& schema, const std::string& value,
                     const std::string& pointer)
{
    if (schema.kind == Schema::Kind::Integer) {
        std::int64_t number = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size()) {
            validator.fault(pointer, "request/wrong-type", "A whole number is expected.");
        } else {
            validator.check_number(schema, number, pointer);
        }
    } else if (schema.kind == Schema::Kind::Boolean) {
        if (value != "true" && value != "false") {
            validator.fault(pointer, "request/wrong-type", "true or false is expected.");
        }
    } else {
        validator.check(schema, JsonValue(std::string_view(value)), pointer);
    }
}

} // namespace

Result<void> validate(const Schema& schema, const JsonValue& value)
{
    Validator validator;
    validator.check(schema, value, "");
    return result_of(std::move(validator).take());
}

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) {
                return std::nullopt;
            }
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus == PlusSign::Space ? ' ' : text[i];
        }
    }
    if (!is_valid_utf8(out) || has_control_character(out)) {
        return std::nullopt;
    }
    return out;
}

Result<Parameters> parse_query(std::string_view query, const std::vector<QueryParameter>& declared)
{
    Parameters parameters;
    Validator validator;
    std::size_t count = 0;
    while (!query.empty() && ++count <= kParametersMax) {
        const std::size_t ampersand = query.find('&');
        const std::string_view pair = query.substr(0, ampersand);
        query =
            ampersand == std::string_view::npos ? std::string_view{} : query.substr(ampersand + 1);
        const std::size_t equals = pair.find('=');
        const auto name = percent_decode(pair.substr(0, equals), PlusSign::Space);
        const auto value = percent_decode(
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1),
            PlusSign::Space);
        if (!name || !value) {
            return Error{ErrorKind::InvalidInput, "request/malformed",
                         "The query is not percent-encoded UTF-8."};
        }
        const std::string pointer = child("?", *name).erase(1, 1); // "?name"
        const auto parameter =
            std::ranges::find(declared, std::string_view(*name), &QueryParameter::name);
        if (parameter == declared.end()) {
            validator.fault(pointer, "request/unknown-member", "There is no such parameter.");
        } else if (std::ranges::find(parameters, *name, &Parameters::value_type::first) !=
                   parameters.end()) {
            validator.fault(pointer, "request/repeated", "This parameter may come once.");
        } else {
            check_parameter(validator, parameter->schema, *value, pointer);
            parameters.emplace_back(*name, *value);
        }
    }
    if (!query.empty()) {
        return Error{ErrorKind::InvalidInput, "request/malformed", "Too many query parameters."};
    }
    KS_CHECK(result_of(std::move(validator).take()));
    return parameters;
}

} // namespace keystead::http

// http/schema.h
//
// What a request body or an answer looks like, said once: validation (request bodies, query) and
// the OpenAPI 3.1 document are both made from it. A value type; built with the functions below.
#pragma once

#include "core/json.h"
#include "core/result.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::http {

struct SchemaField;

struct Schema {
    enum class Kind : std::uint8_t {
        None,       // no body
        Text,       // UTF-8, no control characters but where `multiline`
        SecretText, // as Text, with any characters; documented as writeOnly, format password
        Boolean,
        Integer,
        Time,        // RFC 3339
        Identifier,  // prefix + 22 base62 digits
        Enumeration, // one of `choices`
        Array,
        Object,
        Any, // documented as free-form (answers only)
    };
    Kind kind = Kind::None;
    std::string_view name = {}; // component name in the OpenAPI document; empty: written in place
    std::size_t length_min = 0; // Text: code points; Array: items
    std::size_t length_max = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
    std::string_view id_prefix = {};
    std::vector<std::string_view> choices = {};
    std::vector<SchemaField> fields;          // Object
    std::shared_ptr<const Schema> items = {}; // Array
    bool nullable = false;
    std::string_view description = {};

    Schema named(std::string_view component) &&;
    Schema or_null() &&;
    Schema described(std::string_view words) &&;
};

enum class Presence : std::uint8_t { Required, Optional };

struct SchemaField {
    std::string_view name;
    Schema schema;
    Presence presence = Presence::Required;
};

// Defined here, where SchemaField is complete.
inline Schema Schema::named(std::string_view component) &&
{
    name = component;
    return std::move(*this);
}
inline Schema Schema::or_null() &&
{
    nullable = true;
    return std::move(*this);
}
inline Schema Schema::described(std::string_view words) &&
{
    description = words;
    return std::move(*this);
}

Schema no_body();
Schema text(std::size_t length_min, std::size_t length_max);
Schema secret_text(std::size_t length_max);
Schema boolean();
Schema integer(std::int64_t minimum, std::int64_t maximum);
Schema time();
Schema identifier(std::string_view prefix);
Schema enumeration(std::initializer_list<std::string_view> choices);
Schema array(Schema items, std::size_t items_max);
Schema object(std::initializer_list<SchemaField> fields);
Schema any();
/// {"items": […], "next_cursor": string|null}
Schema list_of(Schema item);

/// Every fault at once. Errors: request/invalid (InvalidInput, with fields), request/unknown-member
/// among them.
Result<void> validate(const Schema& schema, const JsonValue& value);

} // namespace keystead::http

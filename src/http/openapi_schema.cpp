// http/openapi_schema.cpp
#include "http/openapi_schema.h"

#include <cstdlib>
#include <map>
#include <string>

namespace keystead::http {
namespace {

void write_type(JsonWriter& json, std::string_view type, bool nullable)
{
    if (nullable) {
        json.key("type").begin_array().value(type).value("null").end_array();
    } else {
        json.member("type", type);
    }
}

void write_object(JsonWriter& json, const Schema& schema)
{
    write_type(json, "object", schema.nullable);
    json.key("properties").begin_object();
    bool any_required = false;
    for (const auto& field : schema.fields) {
        json.key(field.name);
        write_schema(json, field.schema);
        any_required = any_required || field.presence == Presence::Required;
    }
    json.end_object();
    if (any_required) {
        json.key("required").begin_array();
        for (const auto& field : schema.fields) {
            if (field.presence == Presence::Required) {
                json.value(field.name);
            }
        }
        json.end_array();
    }
    json.member("additionalProperties", false);
}

void write_text(JsonWriter& json, const Schema& schema)
{
    write_type(json, "string", schema.nullable);
    if (schema.kind == Schema::Kind::SecretText) {
        json.member("format", "password").member("writeOnly", true);
    }
    if (schema.length_min > 0) {
        json.member("minLength", static_cast<std::uint64_t>(schema.length_min));
    }
    json.member("maxLength", static_cast<std::uint64_t>(schema.length_max));
}

void write_choices(JsonWriter& json, const Schema& schema)
{
    write_type(json, "string", schema.nullable);
    json.key("enum").begin_array();
    for (const auto choice : schema.choices) {
        json.value(choice);
    }
    if (schema.nullable) {
        json.null();
    }
    json.end_array();
}

void write_array(JsonWriter& json, const Schema& schema)
{
    write_type(json, "array", schema.nullable);
    json.key("items");
    write_schema(json, *schema.items);
    if (schema.length_min > 0) {
        json.member("minItems", static_cast<std::uint64_t>(schema.length_min));
    }
    json.member("maxItems", static_cast<std::uint64_t>(schema.length_max));
}

void write_members(JsonWriter& json, const Schema& schema)
{
    switch (schema.kind) {
    case Schema::Kind::None:
    case Schema::Kind::Any: break;
    case Schema::Kind::Text:
    case Schema::Kind::SecretText: write_text(json, schema); break;
    case Schema::Kind::Boolean: write_type(json, "boolean", schema.nullable); break;
    case Schema::Kind::Integer:
        write_type(json, "integer", schema.nullable);
        json.member("minimum", schema.minimum).member("maximum", schema.maximum);
        break;
    case Schema::Kind::Time:
        write_type(json, "string", schema.nullable);
        json.member("format", "date-time");
        break;
    case Schema::Kind::Identifier:
        write_type(json, "string", schema.nullable);
        json.member("pattern", "^" + std::string(schema.id_prefix) + "[0-9A-Za-z]{22}$");
        break;
    case Schema::Kind::Enumeration: write_choices(json, schema); break;
    case Schema::Kind::Array: write_array(json, schema); break;
    case Schema::Kind::Object: write_object(json, schema); break;
    }
    if (!schema.description.empty()) {
        json.member("description", schema.description);
    }
}

void write_definition(JsonWriter& json, const Schema& schema)
{
    json.begin_object();
    write_members(json, schema);
    json.end_object();
}

using NamedSchemas = std::map<std::string_view, const Schema*>;

std::string definition_text(Schema schema)
{
    schema.nullable = false; // Said where it is used.
    JsonWriter json;
    write_definition(json, schema);
    return std::move(json).take();
}

void collect(const Schema& schema, NamedSchemas& named)
{
    if (!schema.name.empty()) {
        const auto [place, is_new] = named.try_emplace(schema.name, &schema);
        // One name, one meaning: what a client generates from it would be wrong otherwise.
        KS_ASSERT(is_new || definition_text(*place->second) == definition_text(schema));
    }
    for (const auto& field : schema.fields) {
        collect(field.schema, named);
    }
    if (schema.items) {
        collect(*schema.items, named);
    }
}

void write_problem_schema(JsonWriter& json)
{
    const Schema fault =
        object({{"pointer", text(0, 1024)}, {"code", text(1, 128)}, {"detail", text(0, 1024)}});
    json.key("Problem").begin_object().member("type", "object");
    json.member("description", "An error (RFC 9457). Some codes carry more members.");
    json.key("properties").begin_object();
    const auto member = [&](std::string_view name, std::string_view type,
                            std::string_view description) {
        json.key(name)
            .begin_object()
            .member("type", type)
            .member("description", description)
            .end_object();
    };
    member("type", "string", "Where the problem is explained.");
    member("title", "string", "The same for every occurrence of the code.");
    member("status", "integer", "The HTTP status.");
    member("detail", "string", "What went wrong this time.");
    member("code", "string", "The stable name of the problem.");
    member("request_id", "string", "Finds the request in the log.");
    json.key("errors")
        .begin_object()
        .member("type", "array")
        .member("description", "Every refused member.");
    json.key("items");
    write_definition(json, fault);
    json.end_object().end_object();
    json.key("required").begin_array();
    for (const std::string_view name : {"type", "title", "status", "code", "request_id"}) {
        json.value(name);
    }
    json.end_array().end_object();
}

} // namespace

void write_schema(JsonWriter& json, const Schema& schema)
{
    if (schema.name.empty()) {
        write_definition(json, schema);
        return;
    }
    const std::string reference = "#/components/schemas/" + std::string(schema.name);
    if (schema.nullable) {
        json.begin_object().key("anyOf").begin_array();
        json.begin_object().member("$ref", reference).end_object();
        json.begin_object().member("type", "null").end_object();
        json.end_array().end_object();
    } else {
        json.begin_object().member("$ref", reference).end_object();
    }
}

void write_named_schemas(JsonWriter& json, const RouteTable& routes)
{
    NamedSchemas named;
    for (const auto& route : routes.routes()) {
        if (!route->documented) {
            continue;
        }
        collect(route->request, named);
        for (const auto& answer : route->answers) {
            collect(answer.schema, named);
        }
    }
    json.key("schemas").begin_object();
    write_problem_schema(json);
    for (const auto& [name, schema] : named) {
        json.key(name).raw(definition_text(*schema));
    }
    json.end_object();
}

} // namespace keystead::http

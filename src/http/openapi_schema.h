// http/openapi_schema.h
//
// Schemas as JSON Schema 2020-12, the dialect of OpenAPI 3.1.
#pragma once

#include "core/json.h"
#include "http/route_table.h"
#include "http/schema.h"

namespace keystead::http {

/// In place, or as a reference where the schema is a named component.
void write_schema(JsonWriter& json, const Schema& schema);

/// "schemas": every named schema that documented routes reach, and Problem. Two different schemas
/// of one name break an invariant.
void write_named_schemas(JsonWriter& json, const RouteTable& routes);

} // namespace keystead::http

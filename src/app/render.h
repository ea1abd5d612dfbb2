// app/render.h
//
// Answers of commands as people read them: an object as lines "name: value", a list as a table.
#pragma once

#include "core/json.h"
#include "core/result.h"

#include <string>

namespace keystead::app {

/// Control characters are escaped: what an account calls itself does not move a terminal's cursor.
std::string render_text(const JsonValue& answer);
/// The member "fields" of an error, into an object that is open: which member is wrong, and how.
void write_fields(JsonWriter& out, const Error& error);

} // namespace keystead::app

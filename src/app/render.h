// app/render.h
//
// Answers of commands as people read them: an object as lines "name: value", a list as a table.
#pragma once

#include "core/json.h"

#include <string>

namespace keystead::app {

/// Control characters are escaped: what an account calls itself does not move a terminal's cursor.
std::string render_text(const JsonValue& answer);

} // namespace keystead::app

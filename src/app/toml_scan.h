// app/toml_scan.h
//
// A look at a text before toml++ reads it. toml++ 3.3 takes some things for granted that it does
// not look at, and does anything at all with a text that has them: a section that no name follows,
// letters beyond ASCII where white space or a name may stand, and characters that it takes for the
// ends of lines. TOML 1.0 allows none of them outside of strings and comments, and almost none
// inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keystead::app {

/// The first thing that toml++ must not be given, as "line 3: what"; nothing: there is none.
std::optional<std::string> find_toml_fault(std::string_view text);

} // namespace keystead::app

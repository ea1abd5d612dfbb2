// app/presets.h
//
// The presets that ship with the binary: presets/*.toml, embedded by the build. Data only; no code
// knows their names.
#pragma once

#include <span>
#include <string_view>

namespace keystead::app {

struct Preset {
    std::string_view name;
    std::string_view toml;
};

std::span<const Preset> presets();
/// The one in effect when nobody names one (presets/default).
std::string_view default_preset();

} // namespace keystead::app

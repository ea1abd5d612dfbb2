// app/toml_reader.h
//
// TOML text as a flat list of dotted names and values. The only user of toml++.
#pragma once

#include "app/setting_keys.h"
#include "core/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {

/// Errors: settings/invalid with line and column: not TOML, nested deeper than section and key, or
/// a value of a kind that no setting has (floats, dates, mixed arrays).
Result<std::vector<std::pair<std::string, SettingValue>>> read_toml(std::string_view text);

} // namespace keystead::app

// app/setting_keys.h
//
// Every setting there is, declared once: name, type, bounds, what it is for, and where it lives in
// Settings. Reading, checking, `config show`, docs/settings.md and the suggestion for a mistyped
// key all come from this table.
#pragma once

#include "core/result.h"
#include "core/settings.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::app {

/// A value as a file or the environment has it. From the environment all are text.
using SettingValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

enum class Sensitivity : std::uint8_t { Plain, Secret };

struct SettingKey {
    std::string_view name;  // "session.idle_timeout"
    std::string type;       // "duration or \"none\", at least 1m"
    std::string_view words; // one sentence for docs/settings.md
    Sensitivity sensitivity = Sensitivity::Plain;
    /// Puts a value into place. The text says what was wrong with it; empty: nothing.
    std::function<std::string(Settings&, const SettingValue&)> apply;
    /// The value in effect as a TOML literal.
    std::function<std::string(const Settings&)> show;
};

std::span<const SettingKey> setting_keys();
const SettingKey* find_setting_key(std::string_view name);
/// The key that was probably meant, or empty.
std::string_view nearest_setting_key(std::string_view name);

} // namespace keystead::app

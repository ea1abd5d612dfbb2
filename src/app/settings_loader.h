// app/settings_loader.h
//
// From preset, file and environment to Settings in effect: preset < file < environment < command
// line. Every fault is told at once, unknown keys with the one that was probably meant. The
// environment is handed in; files are read here.
//
// Environment: KEYSTEAD__SECTION__KEY; for secrets also KEYSTEAD__SECTION__KEY_FILE, the path of a
// file with the value.
#pragma once

#include "app/setting_keys.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct SettingsSources {
    std::string
        preset; // by --preset; empty: as the environment or the file says, or the default one
    std::string config_path; // by --config; empty: no file
    Environment environment;
};

struct LoadedSettings {
    Settings settings;
    /// Where each value came from, by key: "preset saas", "/etc/keystead.toml",
    /// "KEYSTEAD__SERVER__PORT". Absent: built in.
    std::map<std::string, std::string, std::less<>> origins;
    /// The text of the root key when the environment gave it (KEYSTEAD__STORAGE__ROOT_KEY or
    /// …_FILE).
    std::optional<Secret> root_key_text;
};

/// Errors: settings/invalid (InvalidInput; `fields` has every fault, `detail` all of them as
/// lines), settings/unreadable.
Result<LoadedSettings> load_settings(const SettingsSources& sources);

/// One TOML text over what `loaded` holds; faults are added to `faults`. `origin` is remembered for
/// each key.
void apply_toml(LoadedSettings& loaded, std::string_view toml, const std::string& origin,
                std::vector<FieldError>& faults);

/// What no single key can tell: pairs that belong together, clear text beyond loopback, addresses
/// and URLs.
std::vector<FieldError> check_settings(const Settings& settings);

} // namespace keystead::app

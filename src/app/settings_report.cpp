#include "app/settings_report.h"

#include "app/presets.h"
#include "core/json.h"

#include <algorithm>

namespace keystead::app {
namespace {

std::string shown_value(const SettingKey& key, const Settings& settings)
{
    std::string value = key.show(settings);
    const bool hidden = key.sensitivity == Sensitivity::Secret && value != "\"\"";
    return hidden ? "\"(hidden)\"" : value;
}

std::string origin_of(const LoadedSettings& loaded, std::string_view name)
{
    const auto found = loaded.origins.find(name);
    return found == loaded.origins.end() ? "built in" : found->second;
}

std::string_view section_of(std::string_view name)
{
    return name.substr(0, name.find('.'));
}
std::string_view key_of(std::string_view name)
{
    return name.substr(name.find('.') + 1);
}

/// "saas: "none"; devops: "8h"" for a key whose value a preset changes.
std::string preset_values(const SettingKey& key)
{
    std::string out;
    for (const auto& preset : presets()) {
        LoadedSettings loaded;
        std::vector<FieldError> faults;
        apply_toml(loaded, preset.toml, "preset", faults);
        if (key.show(loaded.settings) != key.show(Settings{}) && key.name != "product.preset") {
            out += (out.empty() ? "" : "; ") + std::string(preset.name) + ": `" +
                   key.show(loaded.settings) + "`";
        }
    }
    return out;
}

std::string escaped_cell(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        out += c == '|' ? std::string("\\|") : std::string(1, c);
    }
    return out;
}

} // namespace

std::string settings_as_toml(const LoadedSettings& loaded)
{
    std::string out;
    std::string_view section;
    for (const auto& key : setting_keys()) {
        if (section_of(key.name) != section) {
            out += (out.empty() ? "[" : "\n[") + std::string(section_of(key.name)) + "]\n";
            section = section_of(key.name);
        }
        out += std::string(key_of(key.name)) + " = " + shown_value(key, loaded.settings) + " # " +
               origin_of(loaded, key.name) + "\n";
    }
    return out;
}

std::string settings_as_json(const LoadedSettings& loaded)
{
    JsonWriter out;
    out.begin_array();
    for (const auto& key : setting_keys()) {
        out.begin_object()
            .member("key", key.name)
            .member("value", shown_value(key, loaded.settings))
            .member("origin", origin_of(loaded, key.name))
            .member("secret", key.sensitivity == Sensitivity::Secret)
            .end_object();
    }
    out.end_array();
    return std::move(out).take();
}

std::string settings_reference()
{
    std::string out = R"(# Settings

Made by `keystead config reference`; a test holds this file against the binary.

What is in effect comes from four places, the later over the earlier: a preset (`--preset`, `presets/*.toml`), a TOML file
(`--config`), the environment (`KEYSTEAD__SECTION__KEY`; for secrets also `KEYSTEAD__SECTION__KEY_FILE`, the path of a file
with the value) and the command line. A key that does not exist is refused, as is a value out of its bounds. `keystead config
show` prints every value and where it came from; `keystead config check` only checks. Durations are written `30m`, `14d`.

The root key is no setting: it comes from the systemd credential `keystead-root-key`, from `KEYSTEAD__STORAGE__ROOT_KEY`, or
from the file that `storage.root_key_file` names, in this order.
)";
    std::string_view section;
    for (const auto& key : setting_keys()) {
        if (section_of(key.name) != section) {
            section = section_of(key.name);
            out += "\n## " + std::string(section) +
                   "\n\n| key | value | default | in presets | what it does |\n| --- | --- | --- | "
                   "--- | --- |\n";
        }
        out += "| `" + std::string(key_of(key.name)) + "` | " + escaped_cell(key.type) +
               (key.sensitivity == Sensitivity::Secret ? ", secret" : "") + " | `" +
               key.show(Settings{}) + "` | " + preset_values(key) + " | " +
               escaped_cell(key.words) + " |\n";
    }
    return out;
}

} // namespace keystead::app

#include "app/settings_loader.h"

#include "app/presets.h"
#include "app/setting_types.h"
#include "app/toml_reader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

namespace keystead::app {
namespace {

constexpr std::string_view kEnvironmentPrefix = "KEYSTEAD__";
constexpr std::string_view kRootKeyName =
    "storage.root_key"; // a secret that never stands in Settings
constexpr std::size_t kFileBytesMax = 1 << 20;
using Faults = std::vector<FieldError>;

void add_fault(Faults& faults, std::string_view key, std::string words)
{
    faults.push_back({std::string(key), "settings/invalid", std::move(words)});
}

Error invalid(Faults faults)
{
    std::string detail;
    for (const auto& fault : faults) {
        detail += (detail.empty() ? "" : "\n") + fault.pointer + ": " + fault.detail;
    }
    Error error{ErrorKind::InvalidInput, "settings/invalid", std::move(detail)};
    error.fields = std::move(faults);
    return error;
}

/// A whole file, at most 1 MiB.
Result<std::string> read_file(const std::string& path)
{
    const auto closing = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(closing)> file(std::fopen(path.c_str(), "re"),
                                                             closing);
    std::string text(kFileBytesMax + 1, '\0');
    const std::size_t size = file ? std::fread(text.data(), 1, text.size(), file.get()) : 0;
    if (!file || std::ferror(file.get()) != 0 || size > kFileBytesMax) {
        return Error{ErrorKind::Unavailable, "settings/unreadable", path + " cannot be read."};
    }
    text.resize(size);
    return text;
}

void apply_value(LoadedSettings& loaded, std::string_view name, const SettingValue& value,
                 const std::string& origin, Faults& faults)
{
    const SettingKey* const key = find_setting_key(name);
    if (key == nullptr) {
        const std::string_view nearest = nearest_setting_key(name);
        add_fault(faults, name,
                  "unknown setting (" + origin + ")" +
                      (nearest.empty() ? "" : "; did you mean \"" + std::string(nearest) + "\"?"));
        return;
    }
    if (std::string words = key->apply(loaded.settings, value); !words.empty()) {
        add_fault(faults, name, std::move(words) + " (" + origin + ")");
        return;
    }
    loaded.origins.insert_or_assign(std::string(name), origin);
}

/// "SERVER__PORT" → "server.port".
std::string setting_name_of(std::string_view variable)
{
    std::string name;
    for (std::size_t i = 0; i < variable.size(); ++i) {
        if (variable.substr(i, 2) == "__" && name.find('.') == std::string::npos) {
            name.push_back('.');
            ++i;
        } else {
            const char c = variable[i];
            name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        }
    }
    return name;
}

bool is_secret(std::string_view name)
{
    const SettingKey* const key = find_setting_key(name);
    return name == kRootKeyName || (key != nullptr && key->sensitivity == Sensitivity::Secret);
}

void apply_variable(LoadedSettings& loaded, const std::string& variable, const std::string& given,
                    Faults& faults)
{
    constexpr std::string_view kFileSuffix = "_file";
    std::string name =
        setting_name_of(std::string_view(variable).substr(kEnvironmentPrefix.size()));
    std::string value = given;
    const std::string_view stem =
        std::string_view(name).substr(0, name.size() - std::min(name.size(), kFileSuffix.size()));
    if (name.ends_with(kFileSuffix) && find_setting_key(name) == nullptr && is_secret(stem)) {
        auto text = read_file(value);
        if (!text) {
            return add_fault(faults, name, text.error().detail);
        }
        value = *std::move(text);
        value.erase(std::min(value.find_last_not_of('\n') + 1, value.size())); // editors add one
        name = std::string(stem);
    }
    if (name == kRootKeyName) {
        loaded.root_key_text.emplace(Secret::copy_of(value));
    } else {
        apply_value(loaded, name, value, variable, faults);
    }
    explicit_bzero(value.data(), value.size());
}

/// The preset's name: command line, environment, file, then the default one.
std::string chosen_preset(const SettingsSources& sources, std::string_view file_text)
{
    if (!sources.preset.empty()) {
        return sources.preset;
    }
    for (const auto& [name, value] : sources.environment) {
        if (name == "KEYSTEAD__PRODUCT__PRESET") {
            return value;
        }
    }
    if (const auto values = read_toml(file_text)) {
        const auto found = std::ranges::find(*values, "product.preset",
                                             &std::pair<std::string, SettingValue>::first);
        const std::string* const text = found == values->end() ? nullptr : text_of(found->second);
        if (text != nullptr) {
            return *text;
        }
    }
    return std::string(default_preset());
}

void apply_preset(LoadedSettings& loaded, const std::string& name, Faults& faults)
{
    const auto found = std::ranges::find(presets(), name, &Preset::name);
    if (found != presets().end()) {
        return apply_toml(loaded, found->toml, "preset " + name, faults);
    }
    std::string known;
    for (const auto& preset : presets()) {
        known += (known.empty() ? "" : ", ") + std::string(preset.name);
    }
    add_fault(faults, "product.preset", "there is no preset \"" + name + "\"; there are " + known);
}

} // namespace

void apply_toml(LoadedSettings& loaded, std::string_view toml, const std::string& origin,
                std::vector<FieldError>& faults)
{
    const auto values = read_toml(toml);
    if (!values) {
        return add_fault(faults, origin, values.error().detail);
    }
    for (const auto& [name, value] : *values) {
        apply_value(loaded, name, value, origin, faults);
    }
}

Result<LoadedSettings> load_settings(const SettingsSources& sources)
{
    LoadedSettings loaded;
    Faults faults;
    std::string file_text;
    if (!sources.config_path.empty()) {
        KS_TRY(file_text, read_file(sources.config_path));
    }
    const std::string preset = chosen_preset(sources, file_text);
    apply_preset(loaded, preset, faults);
    apply_toml(loaded, file_text, sources.config_path, faults);
    for (const auto& [name, value] : sources.environment) {
        if (name.starts_with(kEnvironmentPrefix)) {
            apply_variable(loaded, name, value, faults);
        }
    }
    loaded.settings.product.preset = preset;
    if (faults.empty()) {
        faults = check_settings(loaded.settings);
    }
    if (!faults.empty()) {
        return invalid(std::move(faults));
    }
    return loaded;
}

} // namespace keystead::app

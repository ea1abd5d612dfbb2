// Whatever a settings file holds: it is refused with a reason, or what it came to prints as TOML
// that reads back the same.
#include "app/settings_loader.h"
#include "app/settings_report.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace keystead;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    app::LoadedSettings loaded;
    std::vector<FieldError> faults;
    app::apply_toml(loaded, input, "input", faults);
    (void)app::check_settings(loaded.settings);
    if (!loaded.settings.storage.postgres.empty()) {
        return 0; // A secret, which is not printed.
    }
    const std::string printed = app::settings_as_toml(loaded);
    app::LoadedSettings again;
    faults.clear();
    app::apply_toml(again, printed, "input", faults);
    again.origins = loaded.origins;
    if (!faults.empty() || app::settings_as_toml(again) != printed) {
        std::abort();
    }
    return 0;
}

// app/settings_report.h
//
// The settings as people read them: what is in effect and why, and the reference of all there are.
#pragma once

#include "app/settings_loader.h"

#include <string>

namespace keystead::app {

/// TOML with the origin of each value beside it; secrets hidden. Reads back to the same settings
/// where nothing is secret.
std::string settings_as_toml(const LoadedSettings& loaded);
/// [{"key","value","origin","secret"}]; secrets hidden.
std::string settings_as_json(const LoadedSettings& loaded);
/// docs/settings.md, whole.
std::string settings_reference();

} // namespace keystead::app

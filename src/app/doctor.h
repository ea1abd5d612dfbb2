// app/doctor.h
//
// What an operator wants to know before and after a start: is everything there, private, and up to
// date?
#pragma once

#include "app/settings_loader.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

struct Finding {
    enum class State : std::uint8_t { Good, Warning, Failure };
    std::string_view check; // "root key"
    State state;
    std::string words; // what is so, and what to do
};

/// Looks only; makes nothing. The database is asked through the running server when there is one.
std::vector<Finding> examine_installation(const LoadedSettings& loaded,
                                          const std::string& credentials_directory);
std::string findings_as_json(const std::vector<Finding>& findings);
bool has_failure(const std::vector<Finding>& findings);

} // namespace keystead::app

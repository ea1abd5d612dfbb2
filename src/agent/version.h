// agent/version.h
//
// The version of this program, as Keystead is told and shows it.
#pragma once

#include <string_view>

namespace keystead::agent {

inline constexpr std::string_view kAgentVersion = "0.1.0";

} // namespace keystead::agent

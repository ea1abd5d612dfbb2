// app/product_version.h
//
// The version of this build, as `keystead --version` prints it and a back-up notes it.
#pragma once

#include <string_view>

namespace keystead::app {

inline constexpr std::string_view kProductVersion = "0.1.0";

} // namespace keystead::app

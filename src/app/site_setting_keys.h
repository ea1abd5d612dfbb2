// app/site_setting_keys.h
//
// The settings of security.txt. Part of setting_keys.h's table.
#pragma once

#include "app/setting_keys.h"

#include <vector>

namespace keystead::app {

std::vector<SettingKey> security_txt_keys();

} // namespace keystead::app

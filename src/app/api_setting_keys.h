// app/api_setting_keys.h
//
// The settings of those who call the API: limits, permissions, tokens, SSH keys. Part of
// setting_keys.h's table.
#pragma once

#include "app/setting_keys.h"

#include <vector>

namespace keystead::app {

std::vector<SettingKey> limits_keys();
std::vector<SettingKey> permission_keys();
std::vector<SettingKey> api_token_keys();
std::vector<SettingKey> ssh_key_keys();
std::vector<SettingKey> host_keys();

} // namespace keystead::app

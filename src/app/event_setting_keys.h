// app/event_setting_keys.h
//
// The settings of events that the product tells, and of notices. Part of setting_keys.h's table.
#pragma once

#include "app/setting_keys.h"

#include <string>
#include <string_view>
#include <vector>

namespace keystead::app {

std::vector<SettingKey> product_event_keys();
std::vector<SettingKey> notice_keys();

/// Why a word is none that types of product events may begin with; empty when it may. What
/// Keystead's own actions and webhooks begin with is refused.
std::string namespace_fault(std::string_view word);

} // namespace keystead::app

// features/password/common_passwords.h
//
// The 96,443 most common passwords, built into the binary as sorted text. Exact: no false
// positives, no false negatives.
#pragma once

#include <string_view>

namespace keystead::password {

/// Whether `folded`, which is lower-case, is one of them.
bool is_common_password(std::string_view folded);

} // namespace keystead::password

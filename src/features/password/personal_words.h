// features/password/personal_words.h
//
// Words that others would guess first: parts of the e-mail address, the name, the product's name.
// Found in a password in any case, backwards, and with the usual digits for letters.
#pragma once

#include "core/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace keystead::password {

constexpr std::size_t kPersonalWordMin =
    4; // letters; shorter ones stand in too many good passwords

/// The words of these texts, folded, each at least kPersonalWordMin letters, without the last label
/// of a domain.
std::vector<std::string> personal_words(std::string_view email, std::string_view name,
                                        std::string_view product_name);

/// Whether one of the words stands in the password, which is folded.
bool contains_personal_word(const Secret& folded_password, const std::vector<std::string>& words);

} // namespace keystead::password

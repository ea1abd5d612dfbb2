// features/password/unicode_text.h
//
// What the rules need to know of Unicode, by ICU: NFC, case folding, classes of characters. Nothing
// here knows a rule.
#pragma once

#include "core/secret.h"

#include <cstddef>
#include <string_view>

namespace keystead::password {

/// NFC of valid UTF-8.
Secret to_nfc(std::string_view text);

/// Lower-cased for comparison (full default case folding), each character then in one form: NFC.
Secret fold_case(std::string_view text);

struct CharacterCounts {
    std::size_t code_points = 0;
    std::size_t upper = 0;
    std::size_t lower = 0;
    std::size_t letters = 0; // of any script, with and without case
    std::size_t digits = 0;
    std::size_t special =
        0; // what is no letter, digit, mark or control character; a space is special
    std::size_t control = 0;
};
/// `text` is valid UTF-8.
CharacterCounts count_characters(std::string_view text);

} // namespace keystead::password

#include "features/password/personal_words.h"

#include "features/password/unicode_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace keystead::password {
namespace {

/// Letters that digits and signs stand for, and those that look alike, in one form: "P@$$w0rd"
/// reads as "password".
char32_t skeleton(char32_t character)
{
    switch (character) {
    case U'0': return U'o';
    case U'1':
    case U'!':
    case U'|':
    case U'l': return U'i';
    case U'3': return U'e';
    case U'4':
    case U'@': return U'a';
    case U'5':
    case U'$': return U's';
    case U'7':
    case U'+': return U't';
    default: return character;
    }
}

/// Code points in memory that is wiped.
class CodePoints {
public:
    explicit CodePoints(std::string_view text) : memory_((text.size() + 1) * sizeof(char32_t))
    {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
        const auto size = static_cast<std::int32_t>(text.size());
        for (std::int32_t at = 0; at < size;) {
            UChar32 character = 0;
            U8_NEXT(bytes, at, size, character);
            data()[count_++] = skeleton(static_cast<char32_t>(character));
        }
    }
    std::u32string_view view() const
    {
        return {reinterpret_cast<const char32_t*>(memory_.reveal().data()), count_};
    }
    void reverse() { std::reverse(data(), data() + count_); }

private:
    char32_t* data() { return reinterpret_cast<char32_t*>(memory_.writable().data()); }
    Secret memory_; // operator new aligns it for any scalar
    std::size_t count_ = 0;
};

void add_words(std::vector<std::string>& words, std::string_view text)
{
    const Secret folded = fold_case(text);
    const std::string_view whole = folded.reveal_text();
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(whole.data());
    const auto size = static_cast<std::int32_t>(whole.size());
    std::size_t letters = 0;
    std::string word;
    const auto finish = [&] {
        if (letters >= kPersonalWordMin) {
            words.push_back(word);
        }
        word.clear();
        letters = 0;
    };
    for (std::int32_t at = 0; at < size;) {
        const std::int32_t start = at;
        UChar32 character = 0;
        U8_NEXT(bytes, at, size, character);
        if (u_isalpha(character) == 0) {
            finish();
            continue;
        }
        word.append(whole, static_cast<std::size_t>(start), static_cast<std::size_t>(at - start));
        ++letters;
    }
    finish();
}

} // namespace

std::vector<std::string> personal_words(std::string_view email, std::string_view name,
                                        std::string_view product_name)
{
    std::vector<std::string> words;
    const std::size_t at = email.rfind('@');
    add_words(words, email.substr(0, at));
    if (at != std::string_view::npos) {
        const std::string_view domain = email.substr(at + 1);
        add_words(words,
                  domain.substr(0, domain.rfind('.'))); // "com" and "info" tell nothing of a person
    }
    add_words(words, name);
    add_words(words, product_name);
    return words;
}

bool contains_personal_word(const Secret& folded_password, const std::vector<std::string>& words)
{
    const CodePoints password(folded_password.reveal_text());
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        CodePoints pattern(word);
        if (password.view().find(pattern.view()) != std::u32string_view::npos) {
            return true;
        }
        pattern.reverse();
        return password.view().find(pattern.view()) != std::u32string_view::npos;
    });
}

} // namespace keystead::password

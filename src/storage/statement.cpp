#include "storage/statement.h"

#include <algorithm>

namespace keystead::storage {
namespace {

constexpr bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Takes the next word off `rest`; empty at the end. Whatever is no word is skipped.
std::string_view next_word(std::string_view& rest)
{
    const auto begin = std::find_if(rest.begin(), rest.end(), is_word_character);
    const auto end = std::find_if_not(begin, rest.end(), is_word_character);
    const std::string_view word(begin, end);
    rest = std::string_view(end, rest.end());
    return word;
}

bool is_keyword(std::string_view word, std::string_view keyword)
{
    return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(), [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b;
    });
}

bool changes_something(std::string_view rest)
{
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
        if (is_keyword(word, "INSERT") || is_keyword(word, "UPDATE") ||
            is_keyword(word, "DELETE")) {
            return true;
        }
    }
    return false;
}

} // namespace

StatementSummary summarize(std::string_view sql)
{
    using enum StatementKind;
    std::string_view rest = sql.substr(std::min(sql.find_first_not_of(" \t\r\n"), sql.size()));
    if (rest.empty() || !is_word_character(rest.front())) {
        return {};
    }
    const std::string_view verb = next_word(rest);
    if (is_keyword(verb, "SELECT") || is_keyword(verb, "VALUES")) {
        return {Select, {}};
    }
    if (is_keyword(verb, "WITH")) {
        return {changes_something(rest) ? Other : Select, {}};
    }
    if (is_keyword(verb, "INSERT") && is_keyword(next_word(rest), "INTO")) {
        return {Insert, next_word(rest)};
    }
    if (is_keyword(verb, "UPDATE")) {
        return {Update, next_word(rest)};
    }
    if (is_keyword(verb, "DELETE") && is_keyword(next_word(rest), "FROM")) {
        return {Delete, next_word(rest)};
    }
    return {};
}

} // namespace keystead::storage

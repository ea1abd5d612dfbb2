#include "agent/heard.h"

#include "agent/words.h"
#include "core/encoding.h"

#include <algorithm>

namespace keystead::agent {

using std::chrono::microseconds;

std::string heard_text(const Heard& heard)
{
    return "heard " + heard.boot + " " + hex_encode(heard.content) + " " + rfc3339(heard.issued) +
           " " + std::to_string(heard.at.count()) + "\n";
}

std::optional<Heard> parse_heard(std::string_view text)
{
    LineReader lines(text);
    const auto words = split_words(lines.next().value_or(""));
    if (words.size() != 5 || words[0] != "heard" || !is_token_text(words[1])) {
        return std::nullopt;
    }
    const auto content = hex_decode(words[2]);
    const auto issued = parse_rfc3339(words[3]);
    const auto at = parse_number(words[4], INT64_MAX);
    Heard heard;
    if (!content || content->size() != heard.content.size() || !issued || !at) {
        return std::nullopt;
    }
    heard.boot = words[1];
    std::ranges::copy(*content, heard.content.begin());
    heard.issued = *issued;
    heard.at = microseconds(*at);
    return heard;
}

std::optional<Heard> read_heard(const Folder& run, std::string_view boot)
{
    constexpr std::size_t kBytesMax = 1024;
    const auto text = run.read(kHeardFile, kBytesMax);
    auto heard = text ? parse_heard(*text) : std::nullopt;
    return heard && heard->boot == boot ? heard : std::nullopt;
}

microseconds over_at(const Statement& statement, microseconds at)
{
    return at + std::min<microseconds>(statement.expires - statement.issued, kStatementAgeMax);
}

std::optional<microseconds> kept_over_at(const Statement& kept, const std::optional<Heard>& heard,
                                         const Clock& clock)
{
    const Instant now = clock.now();
    if (!holds_at(kept, now)) {
        return std::nullopt;
    }
    const microseconds since_boot = clock.since_boot();
    if (!heard) {
        return over_at(kept, since_boot) - std::max(microseconds{0}, now - kept.issued);
    }
#ifndef KEYSTEAD_WITHOUT_STATEMENT_HEARD
    if (kept.content != heard->content || kept.issued > heard->issued ||
        over_at(kept, heard->at) <= since_boot) {
        return std::nullopt;
    }
#endif
    return over_at(kept, heard->at);
}

} // namespace keystead::agent

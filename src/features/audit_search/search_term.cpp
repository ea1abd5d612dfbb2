#include "features/audit_search/search_term.h"

#include "core/bytes.h"
#include "crypto/hash.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace keystead::audit_search {

namespace {

constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kTextBytesMax = 1024; // of one plain fact; our own are far shorter

enum class TermKind : std::uint8_t { Actor = 1, Account, Action, Target, Ip, Outcome, Word };

Term make_term(TermKind kind, ByteView value)
{
    const std::array<std::byte, 1> head{static_cast<std::byte>(kind)};
    const Digest digest = crypto::sha256_of({head, value});
    std::uint64_t number = 0;
    for (std::size_t at = 0; at < sizeof number; ++at) {
        number = number << 8 | std::to_integer<std::uint64_t>(digest[at]);
    }
    return static_cast<Term>(number);
}

Term term_of_actor(const ActorFilter& actor)
{
    Bytes value{static_cast<std::byte>(actor.kind)};
    value.insert(value.end(), actor.id.begin(), actor.id.end());
    return make_term(TermKind::Actor, value);
}

Term term_of_outcome(audit::Outcome outcome)
{
    const std::array<std::byte, 1> value{static_cast<std::byte>(outcome)};
    return make_term(TermKind::Outcome, value);
}

bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

void collect_words(std::vector<std::string>& words, std::string_view text)
{
    std::string word;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at < text.size() && is_word_byte(text[at])) {
            const char c = text[at];
            if (word.size() < kWordBytesMax) {
                word.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
            }
        } else if (!word.empty()) {
            words.push_back(std::exchange(word, {}));
        }
    }
}

std::vector<std::string> each_once(std::vector<std::string> words)
{
    std::ranges::sort(words);
    words.erase(std::unique(words.begin(), words.end()), words.end());
    return words;
}

std::vector<std::string> words_of_event(const audit::CanonicalEvent& event)
{
    std::vector<std::string> words;
    collect_words(words, event.action);
    collect_words(words, event.target_kind);
    for (const audit::Fact& fact : event.facts) {
        if (const auto* plain = std::get_if<std::string>(&fact.value)) {
            collect_words(words, std::string_view(*plain).substr(0, kTextBytesMax));
        }
    }
    return each_once(std::move(words));
}

} // namespace

std::optional<ActorFilter> parse_actor(std::string_view text)
{
    constexpr std::array<std::pair<std::string_view, ActorKind>, 3> kKinds{{
        {"nobody", ActorKind::Nobody},
        {"operator", ActorKind::Operator},
        {"system", ActorKind::System},
    }};
    for (const auto& [name, kind] : kKinds) {
        if (text == name) {
            return ActorFilter{.kind = kind};
        }
    }
    if (const auto account = AccountId::parse(text)) {
        return ActorFilter{.kind = ActorKind::Account, .id = account->bytes()};
    }
    if (const auto client = ClientId::parse(text)) {
        return ActorFilter{.kind = ActorKind::ServiceClient, .id = client->bytes()};
    }
    return std::nullopt;
}

std::vector<std::string> words_of(std::string_view text)
{
    std::vector<std::string> words;
    collect_words(words, text);
    return each_once(std::move(words));
}

Term term_of_ip(const Digest& digest)
{
    return make_term(TermKind::Ip, digest);
}

std::vector<Term> terms_of(const audit::LogEvent& stored)
{
    const audit::CanonicalEvent& event = stored.event;
    std::vector<Term> terms{term_of_actor({.kind = event.actor_kind, .id = event.actor}),
                            make_term(TermKind::Action, as_bytes(event.action)),
                            term_of_outcome(event.outcome)};
    if (!event.account.is_nil()) {
        terms.push_back(make_term(TermKind::Account, event.account.bytes()));
    }
    if (!event.target_id.empty()) {
        terms.push_back(make_term(TermKind::Target, as_bytes(event.target_id)));
    }
    for (const Digest& digest : stored.ip_digests) {
        terms.push_back(term_of_ip(digest));
    }
    for (const std::string& word : words_of_event(event)) {
        terms.push_back(make_term(TermKind::Word, as_bytes(word)));
    }
    std::ranges::sort(terms);
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    return terms;
}

std::vector<Term> terms_of(const Filter& filter)
{
    std::vector<Term> terms;
    if (filter.actor) {
        terms.push_back(term_of_actor(*filter.actor));
    }
    if (filter.account) {
        terms.push_back(make_term(TermKind::Account, filter.account->bytes()));
    }
    if (!filter.action.empty()) {
        terms.push_back(make_term(TermKind::Action, as_bytes(filter.action)));
    }
    if (!filter.target.empty()) {
        terms.push_back(make_term(TermKind::Target, as_bytes(filter.target)));
    }
    if (filter.ip) {
        terms.push_back(term_of_ip(*filter.ip));
    }
    if (filter.outcome) {
        terms.push_back(term_of_outcome(*filter.outcome));
    }
    for (const std::string& word : filter.words) {
        terms.push_back(make_term(TermKind::Word, as_bytes(word)));
    }
    return terms;
}

bool matches(const Filter& filter, const audit::LogEvent& stored)
{
    const audit::CanonicalEvent& event = stored.event;
    if (filter.actor && *filter.actor != ActorFilter{.kind = event.actor_kind, .id = event.actor}) {
        return false;
    }
    if ((filter.account && *filter.account != event.account) ||
        (!filter.action.empty() && filter.action != event.action) ||
        (!filter.target.empty() && filter.target != event.target_id) ||
        (filter.outcome && *filter.outcome != event.outcome) ||
        (filter.from && event.at < *filter.from) || (filter.before && event.at >= *filter.before)) {
        return false;
    }
    if (filter.ip && std::ranges::find(stored.ip_digests, *filter.ip) == stored.ip_digests.end()) {
        return false;
    }
    return filter.words.empty() || std::ranges::includes(words_of_event(event), filter.words);
}

} // namespace keystead::audit_search

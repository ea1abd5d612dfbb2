#include "features/api_token/api_token.h"

#include "core/result.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace keystead::api_token {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 4> kKinds{{
    {"read-only", Kind::ReadOnly},
    {"deploy", Kind::Deploy},
    {"admin", Kind::Admin},
    {"custom", Kind::Custom},
}};

} // namespace

std::string_view kind_text(Kind kind)
{
    for (const auto& [text, each] : kKinds) {
        if (each == kind) {
            return text;
        }
    }
    std::abort();
}

std::optional<Kind> kind_from_text(std::string_view text)
{
    for (const auto& [each, kind] : kKinds) {
        if (each == text) {
            return kind;
        }
    }
    return std::nullopt;
}

std::string stored_ranges(const std::vector<IpRange>& ranges)
{
    std::string text;
    for (const auto& range : ranges) {
        text.append(text.empty() ? "" : ",").append(range.text());
    }
    return text;
}

std::vector<IpRange> ranges_from_stored(std::string_view text)
{
    std::vector<IpRange> ranges;
    while (!text.empty()) {
        const auto item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const auto range = IpRange::parse(item);
        KS_ASSERT(range.has_value()); // We wrote it: a list that lost an entry might become "any".
        ranges.push_back(*range);
    }
    return ranges;
}

std::int64_t day_of(Instant instant)
{
    return std::chrono::floor<std::chrono::days>(instant).time_since_epoch().count();
}

bool CachedToken::may_come_from([[maybe_unused]] const IpAddress& address) const
{
#ifndef KEYSTEAD_WITHOUT_TOKEN_ADDRESS
    return addresses.empty() || std::ranges::any_of(addresses, [&](const IpRange& range) {
               return range.contains(address);
           });
#else
    return true;
#endif
}

bool CachedToken::note(const Use& use)
{
    const bool refused = !may_come_from(use.from);
    const TokenUse kind = refused ? TokenUse::Refused : use.kind;
    if (!refused && (!noted.last_used_at || use.at > *noted.last_used_at)) {
        noted.last_used_at = use.at;
        noted.from = use.from;
    }
    const std::int64_t day = day_of(use.at);
    auto slot = std::ranges::find(noted.days, day, &DayUses::day);
    if (slot == noted.days.end()) {
        slot = std::ranges::min_element(noted.days, {}, &DayUses::day);
        if (slot->day != 0) { // Written behind too late to keep the day apart: counted on.
            slot = std::ranges::max_element(noted.days, {}, &DayUses::day);
        } else {
            slot->day = day;
        }
    }
    ++slot->uses[std::to_underlying(kind)];
    return true;
}

CachedToken::Activity CachedToken::take_activity()
{
    noted.token = token;
    return std::exchange(noted, {});
}

} // namespace keystead::api_token

#include "app/limit_tally.h"

#include <cstdlib>
#include <string>
#include <utility>

namespace keystead::app {
namespace {

std::string_view action_of(LimitTally::Refusal refusal)
{
    switch (refusal) {
    case LimitTally::Refusal::Limit: return "limit.refuse";
    case LimitTally::Refusal::Link: return "link.refuse";
    }
    std::abort(); // No default label: the compiler names the refusal that someone forgot.
}

} // namespace

void LimitTally::note(Refusal refusal, const IpAddress& client)
{
    const std::pair source{client.source_prefix(), refusal};
    const std::lock_guard lock(mutex_);
    if (const auto found = refusals_.find(source); found != refusals_.end()) {
        ++found->second;
    } else if (refusals_.size() < kSourcesMax) {
        refusals_.emplace(source, 1);
    } else {
        ++others_;
    }
}

Result<void> LimitTally::run_once(Instant)
{
    const auto counted = [this] {
        const std::lock_guard lock(mutex_);
        return std::pair{std::exchange(refusals_, {}), std::exchange(others_, std::uint64_t{0})};
    }();
    const auto& refusals = counted.first;
    const std::uint64_t others = counted.second;
    if (refusals.empty()) {
        return {};
    }
    auto recorded = database_.write([&](WriteTx& tx) -> Result<void> {
        for (const auto& [source, count] : refusals) {
            const auto& [address, refusal] = source;
            const Actor actor{.ip = address};
            KS_CHECK(audit_.append(tx, {.actor = actor,
                                        .action = action_of(refusal),
                                        .outcome = audit::Outcome::Refused,
                                        .details = {{"count", std::to_string(count)}}}));
        }
        if (others > 0) {
            const Actor several;
            KS_CHECK(audit_.append(tx, {.actor = several,
                                        .action = "limit.refuse",
                                        .outcome = audit::Outcome::Refused,
                                        .details = {{"count", std::to_string(others)}}}));
        }
        return {};
    });
    if (!recorded) {
        const std::lock_guard lock(mutex_);
        for (const auto& [source, count] : refusals) {
            refusals_[source] += count;
        }
        others_ += others;
    }
    return recorded;
}

} // namespace keystead::app

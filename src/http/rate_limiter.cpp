// http/rate_limiter.cpp
#include "http/rate_limiter.h"

#include "crypto/hash.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>

namespace keystead::http {
namespace {

using std::chrono::microseconds;

constexpr microseconds kWindow = std::chrono::minutes{1};

// What a server does is ours to say, not the operator's: it asks every two seconds, and at most
// four times a second while people log in, with a report each time.
constexpr Quotas kOfHost{
    .sensitive_per_minute = 60, .write_per_minute = 300, .read_per_minute = 600};
/// From one address with tokens of servers that have to be looked up: each once after a restart.
constexpr std::uint32_t kUnknownHosts = 6000;

std::chrono::seconds round_up(microseconds duration)
{
    return std::chrono::ceil<std::chrono::seconds>(duration);
}

Secret random_secret(Random& random)
{
    Secret secret(32);
    random.fill(secret.writable());
    return secret;
}

std::string_view name_of(LimitGroup group)
{
    switch (group) {
    case LimitGroup::None: return {};
    case LimitGroup::Sensitive: return "sensitive";
    case LimitGroup::Write: return "write";
    case LimitGroup::Read: return "read";
    }
    std::abort();
}

} // namespace

RateLimiter::RateLimiter(const LimitSettings& settings, const Clock& clock, Random& random,
                         std::size_t entries_max)
    : settings_(settings), clock_(clock), secret_(random_secret(random))
{
    const std::size_t sets = std::max<std::size_t>(1, entries_max / kShards / kWays);
    for (auto& shard : shards_) {
        shard.sets.resize(sets);
    }
}

std::uint32_t RateLimiter::quota_of(LimitGroup group, Principal::Kind kind) const
{
    const auto in = [group](const Quotas& quotas) -> std::uint32_t {
        switch (group) {
        case LimitGroup::None: return 0;
        case LimitGroup::Sensitive: return quotas.sensitive_per_minute;
        case LimitGroup::Write: return quotas.write_per_minute;
        case LimitGroup::Read: return quotas.read_per_minute;
        }
        std::abort();
    };
    switch (kind) {
    case Principal::Kind::Nobody:
    case Principal::Kind::Enrolment:
    case Principal::Kind::HalfSignedIn: return in(settings_.address);
    case Principal::Kind::Token: return in(settings_.token);
    case Principal::Kind::Host: return in(kOfHost);
    case Principal::Kind::Session:
    case Principal::Kind::ServiceClient: return in(settings_.account);
    }
    std::abort();
}

std::uint64_t RateLimiter::key_of(LimitGroup group, Of of, ByteView whose) const
{
    std::array<std::byte, 18> text{static_cast<std::byte>(group), static_cast<std::byte>(of)};
    KS_ASSERT(whose.size() <= text.size() - 2);
    std::ranges::copy(whose, text.begin() + 2);
    const Digest digest = crypto::hmac_sha256(secret_, text);
    std::uint64_t key = 0;
    std::memcpy(&key, digest.data(), sizeof key);
    return key == 0 ? 1 : key;
}

RateLimiter::Meter RateLimiter::address_meter(LimitGroup group, const Principal& principal,
                                              const IpAddress& address) const
{
    // IPv4 is kept as a mapped IPv6 address: the two kinds never meet.
    const auto prefix = address.source_prefix();
    const auto whose = std::as_bytes(std::span(prefix.bytes()));
    const std::uint32_t quota = quota_of(group, Principal::Kind::Nobody);
    switch (principal.kind) {
    case Principal::Kind::Nobody:
    case Principal::Kind::Enrolment:
    case Principal::Kind::HalfSignedIn:
        // Also with the password alone: it must not use up the quota with which the owner would
        // change it.
        return {key_of(group, Of::Stranger, whose), quota};
    case Principal::Kind::Session:
    case Principal::Kind::Token:
    case Principal::Kind::ServiceClient:
        return {key_of(group, Of::SharedAddress, whose), quota * kSharedFactor};
    case Principal::Kind::Host: return {key_of(group, Of::Host, whose), kUnknownHosts};
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

std::optional<RateLimiter::Meter> RateLimiter::principal_meter(LimitGroup group,
                                                               const Principal& principal) const
{
    const std::uint32_t quota = quota_of(group, principal.kind);
    switch (principal.kind) {
    case Principal::Kind::Nobody:
    case Principal::Kind::Enrolment:
    case Principal::Kind::HalfSignedIn: return std::nullopt;
    case Principal::Kind::Session: // One account, one quota, however it is signed in.
        return Meter{key_of(group, Of::Account, principal.account.bytes()), quota};
    case Principal::Kind::Token:
        return Meter{key_of(group, Of::Token, principal.token.bytes()), quota};
    case Principal::Kind::ServiceClient:
        return Meter{key_of(group, Of::Client, principal.client.bytes()), quota};
    case Principal::Kind::Host:
        if (principal.host == HostId{}) {
            return std::nullopt;
        }
        return Meter{key_of(group, Of::Host, principal.host.bytes()), quota};
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

RateLimiter::Entry& RateLimiter::entry_of(Shard& shard, const Meter& meter, microseconds now)
{
    Set& set = shard.sets[meter.key / kShards % shard.sets.size()];
    auto entry = std::ranges::find(set, meter.key, &Entry::key);
    if (entry == set.end()) {
        entry = std::ranges::min_element(set, {},
                                         &Entry::idle_at); // free, idle, or the one that owes least
        *entry = {.key = meter.key, .idle_at = now};
    }
    return *entry;
}

namespace {

struct Charge {
    microseconds idle_at; // after it
    LimitVerdict verdict;
};

Charge charge_of(microseconds idle_at, microseconds now, std::uint32_t quota)
{
    const microseconds interval = kWindow / quota;
    Charge charge{.idle_at = std::max(idle_at, now) + interval, .verdict = {.quota = quota}};
    const microseconds debt = charge.idle_at - now;
    LimitVerdict& verdict = charge.verdict;
    if (debt > kWindow) {
        verdict.allowed = false;
        verdict.retry_after = round_up(debt - kWindow);
        verdict.reset = verdict.retry_after;
        return charge;
    }
    verdict.remaining = static_cast<std::uint32_t>((kWindow - debt) / interval);
    verdict.reset = round_up(interval - (kWindow - debt) % interval);
    return charge;
}

/// The one that a client has to heed: it waits longer, or has less left.
const LimitVerdict& tighter(const LimitVerdict& one, const LimitVerdict& other)
{
    if (one.allowed && other.allowed) {
        return other.remaining < one.remaining ? other : one;
    }
    return other.retry_after > one.retry_after ? other : one;
}

} // namespace

LimitVerdict RateLimiter::charge(LimitGroup group, const Principal& principal,
                                 const IpAddress& address)
{
    if (quota_of(group, principal.kind) == 0) {
        return {};
    }
    const microseconds now = clock_.since_boot();
    const auto own = principal_meter(group, principal);
    const bool is_known_host = own && principal.kind == Principal::Kind::Host;
    const Meter address_limit = is_known_host ? *own : address_meter(group, principal, address);
    const Meter own_limit = own.value_or(address_limit);
    const bool is_one = own_limit.key == address_limit.key;
    Shard& address_shard = shard_of(address_limit);
    Shard& own_shard = shard_of(own_limit);

    // Both or neither: a refusal costs nothing, so that who waits as told is not refused again.
    std::unique_lock first(address_shard.mutex, std::defer_lock);
    std::unique_lock second(own_shard.mutex, std::defer_lock);
    if (&address_shard == &own_shard) {
        first.lock();
    } else {
        std::lock(first, second);
    }
    Entry& by_address = entry_of(address_shard, address_limit, now);
    const Charge address_charge = charge_of(by_address.idle_at, now, address_limit.quota);
    LimitVerdict verdict = address_charge.verdict;
    if (is_one) {
        if (verdict.allowed) {
            by_address.idle_at = address_charge.idle_at;
        }
    } else {
        // By value: taking its entry may move what shares the set.
        const microseconds owed = entry_of(own_shard, own_limit, now).idle_at;
        const Charge own_charge = charge_of(owed, now, own_limit.quota);
        if (verdict.allowed && own_charge.verdict.allowed) {
            entry_of(address_shard, address_limit, now).idle_at = address_charge.idle_at;
            entry_of(own_shard, own_limit, now).idle_at = own_charge.idle_at;
        }
        verdict = tighter(own_charge.verdict, verdict);
    }
    verdict.policy = name_of(group);
    return verdict;
}

void append_rate_limit_fields(std::string& out, const LimitVerdict& verdict)
{
    if (verdict.policy.empty()) {
        return;
    }
    out.append("RateLimit-Policy: \"")
        .append(verdict.policy)
        .append("\";q=")
        .append(std::to_string(verdict.quota));
    out.append(";w=60\r\nRateLimit: \"").append(verdict.policy).append("\";r=");
    out.append(std::to_string(verdict.remaining))
        .append(";t=")
        .append(std::to_string(verdict.reset.count()));
    out.append("\r\n");
}

} // namespace keystead::http

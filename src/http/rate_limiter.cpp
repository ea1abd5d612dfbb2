// http/rate_limiter.cpp
#include "http/rate_limiter.h"

#include "crypto/hash.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace keystead::http {
namespace {

using std::chrono::microseconds;

constexpr microseconds kWindow = std::chrono::minutes{1};

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
    case Principal::Kind::HalfSignedIn: return in(settings_.address);
    case Principal::Kind::Token: return in(settings_.token);
    case Principal::Kind::Session:
    case Principal::Kind::ServiceClient: return in(settings_.account);
    }
    std::abort();
}

std::uint64_t RateLimiter::key_of(LimitGroup group, const Principal& principal,
                                  const IpAddress& address) const
{
    std::array<std::byte, 18> text{};
    text[0] = static_cast<std::byte>(group);
    const auto put = [&](const auto& bytes) {
        std::memcpy(text.data() + 2, bytes.data(), bytes.size());
    };
    switch (principal.kind) {
    case Principal::Kind::Nobody:
        text[1] = address.is_v4() ? std::byte{4} : std::byte{6};
        put(address.source_prefix().bytes());
        break;
    case Principal::Kind::HalfSignedIn:
        // By source still: whoever has the password alone must not use up the quota with which the
        // owner would change it.
        text[1] = address.is_v4() ? std::byte{5} : std::byte{7};
        put(address.source_prefix().bytes());
        break;
    case Principal::Kind::Session:
        text[1] = std::byte{1}; // One account, one quota, however it is signed in.
        put(principal.account.bytes());
        break;
    case Principal::Kind::Token:
        text[1] = std::byte{3};
        put(principal.token.bytes());
        break;
    case Principal::Kind::ServiceClient:
        text[1] = std::byte{2};
        put(principal.client.bytes());
        break;
    }
    const Digest digest = crypto::hmac_sha256(secret_, text);
    std::uint64_t key = 0;
    std::memcpy(&key, digest.data(), sizeof key);
    return key == 0 ? 1 : key;
}

LimitVerdict RateLimiter::charge(LimitGroup group, const Principal& principal,
                                 const IpAddress& address)
{
    const std::uint32_t quota = quota_of(group, principal.kind);
    if (quota == 0) {
        return {};
    }
    const std::uint64_t key = key_of(group, principal, address);
    const microseconds now = clock_.since_boot();
    const microseconds interval = kWindow / quota;

    Shard& shard = shards_[key % kShards];
    const std::scoped_lock lock(shard.mutex);
    Set& set = shard.sets[key / kShards % shard.sets.size()];
    auto entry = std::ranges::find(set, key, &Entry::key);
    if (entry == set.end()) {
        entry = std::ranges::min_element(set, {},
                                         &Entry::idle_at); // free, idle, or the one that owes least
        *entry = {.key = key, .idle_at = now};
    }
    const microseconds idle_at = std::max(entry->idle_at, now) + interval;
    const microseconds debt = idle_at - now;
    LimitVerdict verdict{.policy = name_of(group), .quota = quota};
    if (debt > kWindow) {
        verdict.allowed = false;
        verdict.retry_after = round_up(debt - kWindow);
        verdict.reset = verdict.retry_after;
        return verdict;
    }
    entry->idle_at = idle_at;
    verdict.remaining = static_cast<std::uint32_t>((kWindow - debt) / interval);
    verdict.reset = round_up(interval - (kWindow - debt) % interval);
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

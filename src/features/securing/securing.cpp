#include "features/securing/securing.h"

#include <algorithm>
#include <cstdlib>

namespace keystead::securing {
namespace {

// In one list, so that either kind and both together are a part of it.
constexpr std::array<std::string_view, 36> kNotGrave{
    "account.rename",
    "audit.prove-event",
    "audit.view",
    "host.rename",
    "limit.refuse",
    "link.refuse",
    "product_event.record",
    "recovery.request",
    "session.create",
    "session.require-authentication",
    "session.revoke",
    "session.revoke-others",
    "ssh_key.apply",
    "ssh_key.rename",
    "ssh_key.use",
    "token.end-overlap",
    "webhook.end-secret",
    "webhook.repeat",
    "webhook.stop",
    "webhook.test",
    // Parts.
    "account.freeze-factors",
    "check-up.look",
    "password.attempt",
    "password.rehash",
    "recovery.code",
    "session.expire",
    "session.renew",
    "sign-in.attempt",
    "sign-in.code",
    "sign-in.half",
    "sign-in.refuse",
    "step-up.attempt",
    "step-up.refuse",
    "token.expire",
    "totp.verify",
    "ssh_key.remind",
};
constexpr std::size_t kUsual = 20;
static_assert(kNotGrave[kUsual - 1] == "webhook.test", "the usual ones stand before the parts");

} // namespace

std::string_view text_of(Step step)
{
    switch (step) {
    case Step::Password: return "password";
    case Step::SecondFactor: return "second-factor";
    case Step::Tokens: return "tokens";
    case Step::SshKeys: return "ssh-keys";
    case Step::Addresses: return "addresses";
    case Step::Activity: return "activity";
    }
    std::abort();
}

std::string_view text_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Me: return "me";
    case Verdict::NotMe: return "not-me";
    }
    std::abort();
}

std::optional<Step> Progress::current() const
{
    const auto open = std::ranges::find_if(kSteps, [this](Step step) { return left_in(step) > 0; });
    return open == kSteps.end() ? std::nullopt : std::optional(*open);
}

std::span<const std::string_view> names_of(LineKind kind)
{
    const std::span<const std::string_view> all(kNotGrave);
    switch (kind) {
    case LineKind::Grave: return all;
    case LineKind::Usual: return all.first(kUsual);
    case LineKind::Part: return all.subspan(kUsual);
    }
    std::abort();
}

LineKind kind_of(std::string_view action)
{
    for (const LineKind kind : {LineKind::Usual, LineKind::Part}) {
        if (std::ranges::find(names_of(kind), action) != names_of(kind).end()) {
            return kind;
        }
    }
    return LineKind::Grave;
}

std::string_view text_of(LineKind kind)
{
    switch (kind) {
    case LineKind::Grave: return "grave";
    case LineKind::Usual: return "usual";
    case LineKind::Part: return "part";
    }
    std::abort();
}

} // namespace keystead::securing

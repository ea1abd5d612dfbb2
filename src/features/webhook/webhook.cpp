#include "features/webhook/webhook.h"

#include "core/encoding.h"
#include "core/json.h"
#include "crypto/hash.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace keystead::webhook {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, kAttemptsMax - 1> kBackoff = {
    seconds{10}, minutes{5}, minutes{30}, hours{2}, hours{6}, hours{18}, hours{46}};

std::string_view actor_word(ActorKind kind)
{
    switch (kind) {
    case ActorKind::Nobody: return "nobody";
    case ActorKind::Account: return "account";
    case ActorKind::ServiceClient: return "service-client";
    case ActorKind::Operator: return "operator";
    case ActorKind::System: return "system";
    }
    return "other"; // A kind that came later.
}

std::optional<std::string> actor_id(const Actor& actor)
{
    if (actor.kind == ActorKind::ServiceClient) {
        return actor.client.text();
    }
    return actor.account.is_nil() ? std::nullopt : std::optional(actor.account.text());
}

} // namespace

std::string_view name_of(EndpointState state)
{
    switch (state) {
    case EndpointState::Enabled: return "enabled";
    case EndpointState::Disabled: return "disabled";
    case EndpointState::Failing: return "failing";
    case EndpointState::Gone: return "gone";
    case EndpointState::Suspended: return "suspended";
    }
    std::abort();
}

std::string_view name_of(DeliveryState state)
{
    switch (state) {
    case DeliveryState::Waiting: return "waiting";
    case DeliveryState::Delivered: return "delivered";
    case DeliveryState::GivenUp: return "given-up";
    case DeliveryState::Dropped: return "dropped";
    }
    std::abort();
}

std::string_view name_of(Cause cause)
{
    switch (cause) {
    case Cause::Event: return "event";
    case Cause::Test: return "test";
    case Cause::Repeat: return "repeat";
    }
    std::abort();
}

std::string message_body(const EventFacts& facts)
{
    JsonWriter json;
    json.begin_object().member("type", facts.type).member("timestamp", facts.at);
    json.key("data").begin_object();
    json.member("account_id", facts.account ? std::optional(facts.account->text()) : std::nullopt);
    json.key("actor")
        .begin_object()
        .member("kind", actor_word(facts.actor.kind))
        .member("id", actor_id(facts.actor))
        .end_object();
    json.member("session_id", facts.actor.session.is_nil()
                                  ? std::nullopt
                                  : std::optional(facts.actor.session.text()));
    json.member("request_id", facts.actor.request.is_nil()
                                  ? std::nullopt
                                  : std::optional(facts.actor.request.text()));
    json.key("target");
    if (facts.target_kind.empty()) {
        json.null();
    } else {
        json.begin_object()
            .member("kind", facts.target_kind)
            .member("id", facts.target_id)
            .end_object();
    }
    json.key("details").begin_object();
    for (const auto& [name, value] : facts.details) {
        json.member(name, value);
    }
    json.end_object().end_object().end_object();
    return std::move(json).take();
}

Secret secret_text(const Secret& secret)
{
    std::string encoded = base64_encode(secret.reveal());
    constexpr std::string_view kPrefix = "whsec_";
    Secret text(kPrefix.size() + encoded.size());
    std::ranges::copy(as_bytes(kPrefix), text.writable().begin());
    std::ranges::copy(as_bytes(encoded), text.writable().begin() + kPrefix.size());
    explicit_bzero(encoded.data(), encoded.size());
    return text;
}

std::string signature(const Secret& secret, std::string_view message_id, std::string_view timestamp,
                      std::string_view body)
{
    std::string signed_text;
    signed_text.reserve(message_id.size() + timestamp.size() + body.size() + 2);
    signed_text.append(message_id).append(".").append(timestamp).append(".").append(body);
    return "v1," + base64_encode(crypto::hmac_sha256(secret, as_bytes(signed_text)));
}

std::string timestamp_text(Instant at)
{
    return std::to_string(std::chrono::duration_cast<seconds>(at.time_since_epoch()).count());
}

seconds backoff(std::uint32_t attempts, Random& random)
{
    const auto base = kBackoff[std::clamp<std::size_t>(attempts, 1, kBackoff.size()) - 1];
    std::array<std::byte, 2> bytes{};
    random.fill(bytes);
    const auto draw = std::to_integer<std::int64_t>(bytes[0]) * 256 +
                      std::to_integer<std::int64_t>(bytes[1]); // 0…65535
    return seconds{base.count() * (900'000 + draw * 200'000 / 65'535) / 1'000'000};
}

Verdict judge(const Attempt& attempt, std::uint32_t attempts, Instant created_at, Instant now)
{
    if (attempt.status && *attempt.status >= 200 && *attempt.status < 300) {
        return Verdict::Delivered;
    }
    if (attempt.status == 410) {
        return Verdict::Gone;
    }
    return attempts >= kAttemptsMax || now > created_at + kGiveUpAfter ? Verdict::GiveUp
                                                                       : Verdict::Later;
}

std::string words_of_status(int status)
{
    std::string words = "The receiver answered " + std::to_string(status);
    if (status >= 300 && status < 400) {
        return words + ": redirects are not followed.";
    }
    return words + (status == 410 ? ": it wants no more." : "; only 2xx counts as delivered.");
}

} // namespace keystead::webhook

// features/webhook/webhook.h
//
// What an endpoint and a delivery are, the message that is sent, and when it is tried again. Pure.
//
//   endpoint:  enabled ◀──its owner──▶ disabled
//                 │└──the last retry failed, nothing got through since──▶ failing ─┐ its owner
//                 ├──answered 410──▶ gone ────────────────────────────────────────┤
//                 └──see suspend_of()──▶ suspended ───────────────────────────────┴──▶ enabled
//
//   delivery:  waiting ──2xx──▶ delivered
//                │ ▲ └──any other answer, or none: later──┘
//                │ └── the last attempt, or too old ──▶ given up
//                └── endpoint no longer enabled, or its queue full ──▶ dropped
//
// Sources: the Standard Webhooks specification (standardwebhooks.com), RFC 9110 §15.5.11 (410).
#pragma once

#include "core/actor.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/secret.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::webhook {

// clang-format off
struct EndpointTag { static constexpr std::string_view kPrefix = "whk_"; };
struct DeliveryTag { static constexpr std::string_view kPrefix = "dlv_"; };
// clang-format on
using EndpointId = Id<EndpointTag>;
using DeliveryId = Id<DeliveryTag>;

/// Stored: never renumber.
enum class EndpointState : std::uint8_t {
    Enabled = 1,
    Disabled = 2,
    Failing = 3,
    Gone = 4,
    Suspended = 5, // by a restore: it may have been deleted since the back-up was made
};
enum class DeliveryState : std::uint8_t { Waiting = 1, Delivered = 2, GivenUp = 3, Dropped = 4 };
enum class Cause : std::uint8_t { Event = 1, Test = 2, Repeat = 3 };

std::string_view name_of(EndpointState state);
std::string_view name_of(DeliveryState state);
std::string_view name_of(Cause cause);

struct Endpoint {
    EndpointId id;
    std::optional<AccountId> account; // nothing: of the instance
    std::string url;
    std::string description;
    std::string events; // filters with commas
    EndpointState state = EndpointState::Enabled;
    Bytes secret; // sealed
    std::optional<Bytes> previous_secret;
    std::optional<Instant> previous_until;
    Instant created_at{};
};

struct Delivery {
    DeliveryId id;
    EndpointId endpoint;
    MessageId message;
    std::optional<AccountId> account; // whom the event is about
    std::string type;
    std::string body;
    Cause cause = Cause::Event;
    DeliveryState state = DeliveryState::Waiting;
    Instant created_at{};
    Instant due_at{};
    std::uint32_t attempts = 0;
    std::optional<Instant> last_attempt_at = {};
    std::optional<int> last_status = {};
    std::optional<std::chrono::milliseconds> last_duration = {};
    std::string last_error = {};
};

/// What is told of an event. Ids, enumerations, numbers and words of ours alone: nothing that a
/// person typed, so that receivers hold nothing that an erasure would have to reach.
struct EventFacts {
    std::string_view type;
    Instant at{};
    const Actor& actor;
    std::optional<AccountId> account;
    std::string_view target_kind = {};
    std::string_view target_id = {};
    std::vector<std::pair<std::string_view, std::string_view>> details = {};
};
/// JSON, as docs/webhook-event.schema.json has it.
std::string message_body(const EventFacts& facts);

inline constexpr std::size_t kSecretBytes = 32;
/// "whsec_" and base64.
Secret secret_text(const Secret& secret);
/// One word of webhook-signature: "v1," and base64 of HMAC-SHA-256 over id.timestamp.body.
std::string signature(const Secret& secret, std::string_view message_id, std::string_view timestamp,
                      std::string_view body);
/// Whole seconds since 1970.
std::string timestamp_text(Instant at);

inline constexpr std::uint32_t kAttemptsMax = 8;
inline constexpr std::chrono::hours kGiveUpAfter{80}; // however few attempts there were
/// How long after the n-th attempt (from 1) the next one comes: some seconds, then hours, about
/// three days in all, a tenth earlier or later so that receivers are not met by all at once.
std::chrono::seconds backoff(std::uint32_t attempts, Random& random);

/// What an attempt came to.
struct Attempt {
    std::optional<int> status = {}; // nothing: there was no answer
    std::optional<std::chrono::seconds> retry_after = {};
    std::chrono::milliseconds duration{0};
    std::string error = {}; // for the owner; empty when delivered
};
enum class Verdict : std::uint8_t { Delivered, Later, GiveUp, Gone };
Verdict judge(const Attempt& attempt, std::uint32_t attempts, Instant created_at, Instant now);
/// "The receiver answered 302: redirects are not followed."
std::string words_of_status(int status);

} // namespace keystead::webhook

// features/audit/canonical_event.h
//
// The bytes that an audit event is committed to by, and the bytes that its personal values are kept
// in. One event has exactly one canonical form; decode() takes nothing else. Pure.
//
// Canonical event, all numbers big-endian:
//
//     offset  bytes  what
//          0      1  version of this form: 1
//          1     16  event id
//         17      8  time, microseconds since the Unix epoch, two's complement
//         25      1  kind of actor (ActorKind)
//         26     16  actor: account or service client; zero for the other kinds
//         42     16  session; zero without one
//         58     16  request; zero without one
//         74     16  account that the event concerns; zero without one
//         90      1  outcome (Outcome)
//         91         action, target kind, target id: each a text
//                 1  number of facts, at most 64; then each fact:
//                    name (text), then 1 byte: 0 and a text, or 1 and a commitment of 32 bytes
//
//     text: 2 bytes length, then as many bytes
//     commitment: SHA-256(salt ‖ value), the salt 32 random bytes used for no other value
//
// The log entry, of which the tree is made: SHA-256(nonce ‖ canonical event), the nonce 32 random
// bytes, so that an entry reveals nothing even of an event that could be guessed.
//
// Personal values of one event that belong to one person are kept together, and erased together:
//
//     1  version of this form: 1
//     then each: 1 byte position of the fact in the event, 32 bytes salt, value (text)
#pragma once

#include "core/actor.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/function_ref.h"
#include "core/id.h"
#include "features/audit/audit_log.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::audit {

using Salt = std::array<std::byte, 32>;
using Nonce = std::array<std::byte, 32>;

/// The event after which time is earlier than before (ADR 0028).
inline constexpr std::string_view kSetBackAction = "clock.set-back";
/// The event that says which events retention has removed: all of leaves before its fact
/// kKeptFrom. Verification misses no event before that.
inline constexpr std::string_view kRetentionAction = "audit.retention";
inline constexpr std::string_view kKeptFrom = "kept_from";

inline constexpr std::size_t kFactsMax = 64;
inline constexpr std::size_t kTextBytesMax =
    4096; // longer values are cut before they are committed to

/// A named fact of an event: one of our own words, or the commitment to a personal text.
struct Fact {
    std::string name;
    std::variant<std::string, Digest> value;
    bool operator==(const Fact&) const = default;
};

struct CanonicalEvent {
    EventId id;
    Instant at;
    ActorKind actor_kind = ActorKind::Nobody;
    IdBytes actor = {};
    SessionId session;
    RequestId request;
    AccountId account; // nil: on nobody's activity page
    Outcome outcome = Outcome::Ok;
    std::string action;
    std::string target_kind;
    std::string target_id;
    std::vector<Fact> facts;
    bool operator==(const CanonicalEvent&) const = default;
};

struct PersonalValue {
    std::uint8_t position = 0; // of the fact in the event
    Salt salt = {};
    std::string value;
    bool operator==(const PersonalValue&) const = default;
};

Bytes encode_event(const CanonicalEvent& event);
/// Nothing unless `bytes` is exactly what encode_event() makes of some event.
std::optional<CanonicalEvent> decode_event(ByteView bytes);
/// decode_event() into memory that is used again; `event` is of no use when it answers false.
bool decode_event(ByteView bytes, CanonicalEvent& event);

/// What a record of retention says: the first leaf whose event is kept. Nothing for other events,
/// and for one that not Keystead itself recorded.
std::optional<std::uint64_t> kept_from(const CanonicalEvent& event);

Bytes encode_values(const std::vector<PersonalValue>& values);
std::optional<std::vector<PersonalValue>> decode_values(ByteView bytes);
/// decode_values() for whoever keeps nothing of it: gives `take` each value as it is read. False
/// when `bytes` is not what encode_values() makes, which may turn out after some were taken.
bool read_values(
    ByteView bytes,
    function_ref<void(std::uint8_t position, const Salt& salt, std::string_view value)> take);

Digest commit_to(const Salt& salt, std::string_view value);
Digest log_entry(ByteView nonce, ByteView canonical_event);

} // namespace keystead::audit

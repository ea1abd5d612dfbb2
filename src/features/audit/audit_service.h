// features/audit/audit_service.h
//
// The audit log: appending, a person's own page, export and erasure. Its proofs are
// audit_verification.h, its numbering audit_sequencer.h. Safe from any thread.
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "crypto/keys.h"
#include "features/audit/audit_log.h"
#include "features/audit/audit_store.h"
#include "features/audit/canonical_event.h"
#include "storage/database.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace keystead {
class JsonWriter;
}

namespace keystead::audit {

struct ActivityQuery {
    std::string cursor = {}; // as the page before gave it; empty: from the newest
    std::uint32_t limit = 50;
    std::string action = {}; // empty: any
    std::optional<Outcome> outcome = std::nullopt;
    std::optional<Instant> from = std::nullopt;
    std::optional<Instant> before = std::nullopt;
    ActionSet actions = {};
};

/// One event as its owner sees it. Circumstances are theirs alone: of what others did to them they
/// see no address.
struct Activity {
    EventId id;
    Instant at;
    std::string action;
    Outcome outcome = Outcome::Ok;
    ActorKind actor_kind = ActorKind::Nobody;
    std::string actor_id; // text form, empty without one
    Target target;
    std::string ip;           // empty: not known, not theirs or erased
    ClientDescription client; // likewise
    std::vector<std::pair<std::string, std::string>> details;
};

struct ActivityPage {
    std::vector<Activity> items;
    std::optional<std::string> next_cursor;
};

/// An event in the same words, with the values given. Nothing when they do not belong together.
std::optional<Activity> activity_of(CanonicalEvent event, std::vector<PersonalValue> values);

class AuditService final : public AuditLog {
public:
    static constexpr std::uint32_t kPageMax = 100;

    AuditService(const Clock& clock, Random& random, const crypto::KeyRing& keys);

    /// Two statements at most for an event about the actor itself, three where it concerns another
    /// account.
    Result<void> append(WriteTx& tx, const Event& event) override;

    /// Newest first. Errors: request/invalid-cursor (InvalidInput), audit/event-damaged.
    Result<ActivityPage> list_for_account(ReadTx& tx, AccountId account,
                                          const ActivityQuery& query) const;
    /// How many, but those in `without`, whose order is that of ids; counting ends at `max`.
    /// `query`'s page does not matter.
    Result<std::uint32_t> count_for_account(ReadTx& tx, AccountId account,
                                            const ActivityQuery& query,
                                            std::span<const EventId> without,
                                            std::uint32_t max) const;
    /// Nothing when there is none of that id on the account's page. Without what is personal in it.
    Result<std::optional<Activity>> find_for_account(ReadTx& tx, AccountId account,
                                                     EventId id) const;
    /// Writes one JSON array of everything on the account's page, oldest last, addresses and
    /// clients included.
    Result<void> export_for_account(ReadTx& tx, AccountId account, JsonWriter& json) const;
    /// Deletes the personal values that belong to the account, with their salts. Events, entries
    /// and every proof stay. The caller appends the event that says so.
    Result<void> erase_account(WriteTx& tx, AccountId account);

    /// Deletes the events of the leaves before `end`, with their values, and records that: without
    /// the record verification would find them missing. Entries and every proof stay.
    Result<void> drop_events_before(WriteTx& tx, const Actor& actor, std::uint64_t end);

private:
    EventId next_id();

    const Clock& clock_;
    Random& random_;
    const crypto::KeyRing& keys_;
    mutable AuditStore store_;
    std::mutex last_id_mutex_;
    EventId last_id_;
};

} // namespace keystead::audit

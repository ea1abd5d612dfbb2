// features/audit/audit_reader_service.h
//
// The whole log as it is stored, for what searches, exports and thins it out: numbered events with
// everything that belongs to them. Decides nothing about who may see what. Safe from any thread.
#pragma once

#include "core/bytes.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/result.h"
#include "crypto/keys.h"
#include "features/audit/audit_store.h"
#include "features/audit/canonical_event.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace keystead::audit {

/// An event that has its place in the tree.
struct LogEvent {
    std::uint64_t leaf = 0;
    Bytes nonce;
    Bytes canonical;
    CanonicalEvent event;              // decoded from `canonical`
    std::vector<PersonalValue> values; // by position; those that were not erased
    std::vector<Digest> ip_digests;    // of addresses that were not erased
};

/// An address that stands in an event, as its keyed hash.
struct IpMark {
    std::uint64_t leaf = 0;
    Digest digest = {};
};

/// Errors of all: those of the statements; audit/event-damaged for an event that cannot be read.
class AuditReader {
public:
    static constexpr std::size_t kLeavesMax = 32;

    explicit AuditReader(const crypto::KeyRing& keys) : keys_(keys) {}

    /// How many entries the tree has: events with a greater leaf index have no number yet.
    Result<std::uint64_t> tree_size(ReadTx& tx) const;
    /// The least leaf whose event is kept; the tree's size when none is.
    Result<std::uint64_t> first_leaf(ReadTx& tx) const;
    /// Whether an event of that action waits for its number.
    Result<bool> has_unnumbered(ReadTx& tx, std::string_view action) const
    {
        return store_.has_unnumbered(tx, action);
    }
    /// The events of leaves first … first + count - 1 that are there, in the order of the tree.
    Result<std::vector<LogEvent>> list_range(ReadTx& tx, std::uint64_t first,
                                             std::uint64_t count) const;
    /// The events of these leaves, at most kLeavesMax, in the order of the tree.
    Result<std::vector<LogEvent>> list_leaves(ReadTx& tx,
                                              std::span<const std::uint64_t> leaves) const;
    /// Nothing too while the event has no number.
    Result<std::optional<LogEvent>> find(ReadTx& tx, EventId id) const;
    /// Numbered events whose stored address belongs to the account.
    Result<std::vector<IpMark>> list_ip_marks(ReadTx& tx, AccountId subject) const;

    /// What stands for the address in LogEvent::ip_digests.
    Digest digest_of(const IpAddress& ip) const;

private:
    const crypto::KeyRing& keys_;
    mutable AuditStore store_;
};

/// Keyed hash of an address: found by whoever knows it, told by nobody.
Digest ip_digest(const crypto::KeyRing& keys, const IpAddress& ip);

} // namespace keystead::audit

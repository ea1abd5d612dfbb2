// features/audit/audit_store.h
//
// SQL of the audit log: events, personal values, tiles. One method a statement; decides nothing.
#pragma once

#include "core/result.h"
#include "features/audit/canonical_event.h"
#include "features/audit/tiles.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::audit {

struct TreeHead {
    std::uint64_t size = 0;
    Digest root = {};
};

/// An event that has just been given its place in the tree.
struct NumberedEvent {
    std::uint64_t leaf_index = 0;
    Bytes nonce;
    Bytes canonical;
};

/// A row of audit_event as it is stored, for verification.
struct StoredEvent {
    std::optional<std::uint64_t> leaf_index;
    Bytes nonce;
    Bytes canonical;
    // What stands in the search columns.
    EventId id;
    Instant at;
    std::int64_t actor_kind = 0;
    std::optional<IdBytes> actor;
    std::optional<AccountId> account;
    std::string action;
    std::int64_t outcome = 0;
    std::string target_kind;
    std::string target_id;
};

/// An event on somebody's page, with the values of theirs that are still there.
struct AccountEvent {
    EventId id;
    Bytes canonical;
    std::optional<Bytes> values;
};

struct StoredValues {
    EventId event;
    Bytes contents;
};

class AuditStore {
public:
    Result<void> insert_event(ChangeTx& tx, const CanonicalEvent& event, ByteView nonce,
                              ByteView canonical);
    /// `ip_digest` empty: none.
    Result<void> insert_values(ChangeTx& tx, EventId event, int part,
                               std::optional<AccountId> subject, std::optional<Digest> ip_digest,
                               ByteView contents);
    Result<void> delete_values_of(ChangeTx& tx, AccountId subject);

    /// Newest first, older than `before`; of one action unless `action` is empty.
    Result<std::vector<AccountEvent>> list_of_account(ReadTx& tx, AccountId account,
                                                      std::optional<EventId> before,
                                                      std::string_view action, std::uint32_t limit);

    /// Makes the row when it is missing, and locks it until the end of the transaction.
    Result<TreeHead> lock_head(ChangeTx& tx);
    Result<TreeHead> load_head(ReadTx& tx);
    Result<void> update_head(ChangeTx& tx, const TreeHead& head);
    /// Gives up to `limit` events without a number the numbers from `first` on, oldest id first. In
    /// that order.
    Result<std::vector<NumberedEvent>> number_events(ChangeTx& tx, std::uint64_t first,
                                                     std::uint32_t limit);
    Result<std::optional<std::vector<Digest>>> find_tile(ReadTx& tx, TileAddress address);
    Result<void> put_tile(ChangeTx& tx, const Tile& tile);

    /// In the order of the tree, beginning with leaf `first`.
    Result<std::vector<StoredEvent>> list_from_leaf(ReadTx& tx, std::uint64_t first,
                                                    std::uint32_t limit);
    /// The personal values of the events of leaves `first` to `last`, the last one included.
    Result<std::vector<StoredValues>> list_values(ReadTx& tx, std::uint64_t first,
                                                  std::uint64_t last);
    Result<std::optional<StoredEvent>> find_event(ReadTx& tx, EventId id);
    /// The personal values of one event that are left: `subject`'s, or everyone's.
    Result<std::vector<Bytes>> list_values_of_event(ReadTx& tx, EventId id,
                                                    std::optional<AccountId> subject);
    /// The id of the oldest event without a number, and how many there are.
    struct Unnumbered {
        std::uint64_t count = 0;
        std::optional<Instant> oldest;
    };
    Result<Unnumbered> count_unnumbered(ReadTx& tx);
};

} // namespace keystead::audit

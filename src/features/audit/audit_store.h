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
#include <span>
#include <string_view>
#include <vector>

namespace keystead::audit {

struct TreeHead {
    std::uint64_t size = 0;
    Digest root = {};
};

/// Some actions, or all but some. At most kNamesMax names.
struct ActionSet {
    static constexpr std::size_t kNamesMax = 48;
    enum class Sense : std::uint8_t { Only, AllBut };
    std::span<const std::string_view> names = {};
    Sense sense = Sense::AllBut;
};

/// An event that has just been given its place in the tree.
struct NumberedEvent {
    std::uint64_t leaf_index = 0;
    Bytes nonce;
    Bytes canonical;
};

/// A row of audit_event as it is stored, with one row of its personal values, if it has any: for
/// verification. Views of the row that it was made of.
struct StoredEvent {
    std::uint64_t leaf_index = 0;
    ByteView nonce;
    ByteView canonical;
    // What stands in the search columns.
    EventId id;
    Instant at;
    std::int64_t actor_kind = 0;
    std::optional<EventId> actor; // any id type: its bytes are what is wanted
    std::optional<AccountId> account;
    std::string_view action;
    std::int64_t outcome = 0;
    std::string_view target_kind;
    std::string_view target_id;
};
/// Nothing where a column holds what Keystead never puts there.
std::optional<StoredEvent> stored_event_of(const RowView& row);

/// An event by its id.
struct FoundEvent {
    std::optional<std::uint64_t> leaf_index;
    Bytes nonce;
    Bytes canonical;
    std::optional<AccountId> account;
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
    std::optional<Digest> ip_digest;
};

struct StoredIpDigest {
    std::uint64_t leaf_index = 0;
    Digest digest = {};
};

/// Errors, beside those of the statements, where a column holds what Keystead never puts there:
/// audit/event-damaged, audit/tree-damaged.
class AuditStore {
public:
    Result<void> insert_event(ChangeTx& tx, const CanonicalEvent& event, ByteView nonce,
                              ByteView canonical);
    /// `ip_digest` empty: none.
    Result<void> insert_values(ChangeTx& tx, EventId event, int part,
                               std::optional<AccountId> subject, std::optional<Digest> ip_digest,
                               ByteView contents);
    Result<void> delete_values_of(ChangeTx& tx, AccountId subject);
    /// Nobody's values from an address of the subject's, older than the first of the subject's own.
    Result<void> delete_values_before(ChangeTx& tx, AccountId subject);

    /// What is set has to hold.
    struct AccountFilter {
        std::string_view action = {};
        std::optional<Outcome> outcome = std::nullopt;
        std::optional<Instant> from = std::nullopt;
        std::optional<Instant> before = std::nullopt;
        ActionSet actions = {};
    };
    /// Newest first, older than `before`.
    Result<std::vector<AccountEvent>> list_of_account(ReadTx& tx, AccountId account,
                                                      std::optional<EventId> before,
                                                      const AccountFilter& filter,
                                                      std::uint32_t limit);
    /// The same, their ids alone.
    Result<std::vector<EventId>> list_ids_of_account(ReadTx& tx, AccountId account,
                                                     std::optional<EventId> before,
                                                     const AccountFilter& filter,
                                                     std::uint32_t limit);

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

    /// Rows for stored_event_of(), the first column the leaf: first to end, that one left out, in
    /// the order of the tree.
    Result<void> for_each_stored(ReadTx& tx, std::uint64_t first, std::uint64_t end,
                                 ReadTx::TakeRow take);
    /// The personal values (read_values()) of all events from `first` to `last`, that one
    /// included, in the order of the events, `limit` rows at most: one an event and person. No
    /// contents: what is stored is no bytes.
    using TakeValues = function_ref<void(EventId event, std::optional<ByteView> contents)>;
    Result<void> for_each_values(ReadTx& tx, EventId first, EventId last, std::uint32_t limit,
                                 TakeValues take);
    Result<std::optional<FoundEvent>> find_event(ReadTx& tx, EventId id);
    /// The personal values of one event that are left: `subject`'s, or everyone's.
    Result<std::vector<Bytes>> list_values_of_event(ReadTx& tx, EventId id,
                                                    std::optional<AccountId> subject);
    /// Values of at most kAtOnceMax events; no event, no values.
    static constexpr std::size_t kAtOnceMax = 32;
    Result<std::vector<StoredValues>> list_values_of(ReadTx& tx, std::span<const EventId> events);
    /// Leaves first to end, that one left out, in the order of the tree.
    Result<std::vector<NumberedEvent>> list_numbered(ReadTx& tx, std::uint64_t first,
                                                     std::uint64_t end);
    /// At most kAtOnceMax leaves and at least one, in the order of the tree.
    Result<std::vector<NumberedEvent>> list_leaves(ReadTx& tx,
                                                   std::span<const std::uint64_t> leaves);
    /// One or none; none too while it has no number.
    Result<std::vector<NumberedEvent>> list_of_id(ReadTx& tx, EventId id);
    Result<std::vector<StoredIpDigest>> list_ip_digests_of(ReadTx& tx, AccountId subject);
    /// The least leaf whose event is there; nothing: none is.
    Result<std::optional<std::uint64_t>> find_first_leaf(ReadTx& tx);
    Result<std::optional<std::uint64_t>> find_last_leaf(ReadTx& tx);
    /// Leaves first to end, that one left out.
    Result<void> delete_values_of_leaves(ChangeTx& tx, std::uint64_t first, std::uint64_t end);
    Result<void> delete_events_before(ChangeTx& tx, std::uint64_t end);
    struct Unnumbered {
        std::uint64_t waiting = 0;     // have no number
        std::optional<Instant> oldest; // of those
        std::uint64_t misnumbered = 0; // have one that the tree never gives
    };
    Result<Unnumbered> count_unnumbered(ReadTx& tx);
    Result<bool> has_unnumbered(ReadTx& tx, std::string_view action);
};

} // namespace keystead::audit

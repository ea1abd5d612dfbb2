#include "features/audit/audit_store.h"

#include "features/audit/merkle.h"
#include "storage/careful_row.h"

#include <algorithm>
#include <utility>

namespace keystead::audit {

namespace {

Error tree_damaged(std::string_view what)
{
    return {.kind = ErrorKind::Internal, .code = "audit/tree-damaged", .cause = std::string(what)};
}

Error event_damaged()
{
    return {.kind = ErrorKind::Internal,
            .code = "audit/event-damaged",
            .cause = "a row of the audit log has values of another kind"};
}

std::optional<IdBytes> actor_of(const CanonicalEvent& event)
{
    return event.actor == IdBytes{} ? std::nullopt : std::optional(event.actor);
}

using Careful = storage::CarefulRow<Row>;

/// What `make(row)` makes of each row. Errors: audit/event-damaged.
template <class Make>
auto each_whole(const Rows& rows, Make make)
    -> Result<std::vector<std::invoke_result_t<Make, Careful&>>>
{
    std::vector<std::invoke_result_t<Make, Careful&>> made;
    made.reserve(rows.size());
    for (const Row& row : rows) {
        Careful careful(row);
        made.push_back(make(careful));
        if (!careful.is_whole()) {
            return event_damaged();
        }
    }
    return made;
}

Result<TreeHead> head_of(const Row& row)
{
    Careful careful(row);
    const TreeHead head{.size = careful.count(0), .root = careful.digest(1)};
    if (!careful.is_whole()) {
        return tree_damaged("the head of the audit tree cannot be read");
    }
    return head;
}

/// As many parameters as the statement has: the last one repeated means nothing more to an IN.
template <class T> std::vector<SqlParam> thirty_two(std::span<const T> values)
{
    KS_ASSERT(!values.empty() && values.size() <= AuditStore::kAtOnceMax);
    std::vector<SqlParam> params(values.begin(), values.end());
    params.resize(AuditStore::kAtOnceMax, SqlParam(values.back()));
    return params;
}

/// What a filter lets through of an account's events, for the lists of it.
const std::string kOfAccount =
    "WHERE e.account_id = $1 AND e.id < $2 AND ($4 = '' OR e.action = $4) "
    "AND ($5 = 0 OR e.outcome = $5) AND e.at >= $6 AND e.at < $7 AND (e.action IN ("
    "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, "
    "$23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, "
    "$37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, "
    "$51, $52, $53, $54, $55, $56)) = ($8 = 1) ORDER BY e.id DESC LIMIT $3";

/// Of a number that the tree can give. SQLite keeps what is no number, too, and holds a text for
/// greater than every number.
const std::string kIsNumber = "leaf_index >= 0 AND leaf_index <= 9223372036854775807";

EventId newest_or(std::optional<EventId> before)
{
    // No id is as great as this one, which is no UUIDv7.
    IdBytes newest;
    newest.fill(std::byte{0xff});
    return before.value_or(EventId{newest});
}

/// The parameters of kOfAccount. Views of what is given.
std::vector<SqlParam> of_account(const AccountId& account, const EventId& before,
                                 const AuditStore::AccountFilter& filter, std::uint32_t limit)
{
    KS_ASSERT(filter.actions.names.size() <= ActionSet::kNamesMax);
    std::vector<SqlParam> params{account,
                                 before,
                                 limit,
                                 filter.action,
                                 filter.outcome ? std::to_underlying(*filter.outcome) : 0,
                                 filter.from.value_or(Instant::min()),
                                 filter.before.value_or(Instant::max()),
                                 filter.actions.sense == ActionSet::Sense::Only ? 1 : 0};
    const std::size_t others = params.size();
    params.insert(params.end(), filter.actions.names.begin(), filter.actions.names.end());
    params.resize(others + ActionSet::kNamesMax, SqlParam("")); // No action is called that.
    return params;
}

Result<std::vector<NumberedEvent>> numbered_events(const Rows& rows)
{
    return each_whole(rows, [](Careful& row) {
        return NumberedEvent{row.count(0), row.copy(1), row.copy(2)};
    });
}

} // namespace

std::optional<StoredEvent> stored_event_of(const RowView& view)
{
    storage::CarefulRow row(view);
    const StoredEvent event{.leaf_index = row.count(0),
                            .nonce = row.bytes(1),
                            .canonical = row.bytes(2),
                            .id = row.id<EventId>(3),
                            .at = row.time(4),
                            .actor_kind = row.integer(5),
                            .actor = row.optional_id<EventId>(6),
                            .account = row.optional_id<AccountId>(7),
                            .action = row.text(8),
                            .outcome = row.integer(9),
                            .target_kind = row.text(10),
                            .target_id = row.text(11)};
    return row.is_whole() ? std::optional(event) : std::nullopt;
}

Result<void> AuditStore::insert_event(ChangeTx& tx, const CanonicalEvent& event, ByteView nonce,
                                      ByteView canonical)
{
    const auto account = event.account.is_nil() ? std::nullopt : std::optional(event.account);
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec(
               "INSERT INTO audit_event (id, at, actor_kind, actor_id, account_id, action, "
               "outcome, target_kind, "
               "target_id, nonce, canonical) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
               event.id, event.at, event.actor_kind, actor_of(event), account, event.action,
               event.outcome, event.target_kind, event.target_id, nonce, canonical));
    return {};
}

Result<void> AuditStore::insert_values(ChangeTx& tx, EventId event, int part,
                                       std::optional<AccountId> subject,
                                       std::optional<Digest> ip_digest, ByteView contents)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_value (event_id, part, subject_id, ip_digest, contents) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   event, part, subject, ip_digest, contents));
    return {};
}

Result<void> AuditStore::delete_values_before(ChangeTx& tx, AccountId subject)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM audit_value WHERE subject_id IS NULL AND event_id < "
                   "(SELECT event_id FROM audit_value WHERE subject_id = $1 "
                   "ORDER BY event_id LIMIT 1) AND ip_digest IN "
                   "(SELECT ip_digest FROM audit_value WHERE subject_id = $1)",
                   subject));
    return {};
}

Result<void> AuditStore::delete_values_of(ChangeTx& tx, AccountId subject)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM audit_value WHERE subject_id = $1", subject));
    return {};
}

Result<std::vector<AccountEvent>> AuditStore::list_of_account(ReadTx& tx, AccountId account,
                                                              std::optional<EventId> before,
                                                              const AccountFilter& filter,
                                                              std::uint32_t limit)
{
    static const std::string sql =
        "SELECT e.id, e.canonical, v.contents FROM audit_event e "
        "LEFT JOIN audit_value v ON v.event_id = e.id AND v.subject_id = $1 " +
        kOfAccount;
    const EventId bound = newest_or(before);
    KS_TRY(const Rows rows, tx.query_list(sql, of_account(account, bound, filter, limit)));
    return each_whole(rows, [](Careful& row) {
        return AccountEvent{row.id<EventId>(0), row.copy(1), row.optional(2, &Careful::copy)};
    });
}

Result<std::vector<EventId>> AuditStore::list_ids_of_account(ReadTx& tx, AccountId account,
                                                             std::optional<EventId> before,
                                                             const AccountFilter& filter,
                                                             std::uint32_t limit)
{
    static const std::string sql = "SELECT e.id FROM audit_event e " + kOfAccount;
    const EventId bound = newest_or(before);
    KS_TRY(const Rows rows, tx.query_list(sql, of_account(account, bound, filter, limit)));
    return each_whole(rows, [](Careful& row) { return row.id<EventId>(0); });
}

Result<TreeHead> AuditStore::lock_head(ChangeTx& tx)
{
    // One statement that makes the row, locks it and answers what it holds, on both engines.
    KS_TRY(
        const std::optional<Row> row,
        tx.query_one("INSERT INTO audit_tree (id, size, root) VALUES (1, 0, $1) "
                     "ON CONFLICT (id) DO UPDATE SET size = audit_tree.size RETURNING size, root",
                     merkle::empty_root()));
    if (!row) {
        return tree_damaged("the audit tree has no head");
    }
    return head_of(*row);
}

Result<TreeHead> AuditStore::load_head(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT size, root FROM audit_tree WHERE id = 1"));
    if (!row) {
        return TreeHead{.size = 0, .root = merkle::empty_root()};
    }
    return head_of(*row);
}

Result<void> AuditStore::update_head(ChangeTx& tx, const TreeHead& head)
{
    KS_TRY(
        [[maybe_unused]] const int rows,
        tx.exec("UPDATE audit_tree SET size = $1, root = $2 WHERE id = 1", head.size, head.root));
    return {};
}

Result<std::vector<NumberedEvent>> AuditStore::number_events(ChangeTx& tx, std::uint64_t first,
                                                             std::uint32_t limit)
{
    KS_TRY(
        const Rows rows,
        tx.query(
            "UPDATE audit_event SET leaf_index = $1 + fresh.place FROM "
            "(SELECT id AS fresh_id, row_number() OVER (ORDER BY id) - 1 AS place FROM audit_event "
            "WHERE leaf_index IS NULL AND id IS NOT NULL ORDER BY id LIMIT $2) AS fresh "
            "WHERE id = fresh.fresh_id RETURNING leaf_index, nonce, canonical",
            first, limit));
    KS_TRY(auto events, numbered_events(rows));
    std::ranges::sort(events, {}, &NumberedEvent::leaf_index); // RETURNING promises no order.
    return events;
}

Result<std::optional<std::vector<Digest>>> AuditStore::find_tile(ReadTx& tx, TileAddress address)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT hashes FROM audit_tile WHERE level = $1 AND tile_index = $2",
                        address.level, address.index));
    if (!row) {
        return std::optional<std::vector<Digest>>{};
    }
    Careful careful(*row);
    auto hashes = decode_tile(careful.bytes(0));
    if (!hashes || !careful.is_whole()) {
        return tree_damaged("a tile of the audit tree is not whole hashes");
    }
    return std::optional(*std::move(hashes));
}

Result<void> AuditStore::put_tile(ChangeTx& tx, const Tile& tile)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_tile (level, tile_index, hashes) VALUES ($1, $2, $3) "
                   "ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes",
                   tile.address.level, tile.address.index, encode_tile(tile.hashes)));
    return {};
}

Result<void> AuditStore::for_each_stored(ReadTx& tx, std::uint64_t first, std::uint64_t end,
                                         ReadTx::TakeRow take)
{
    return tx.for_each("SELECT leaf_index, nonce, canonical, id, at, actor_kind, actor_id, "
                       "account_id, action, outcome, target_kind, target_id FROM audit_event "
                       "WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index",
                       take, first, end);
}

Result<void> AuditStore::for_each_values(ReadTx& tx, EventId first, EventId last,
                                         std::uint32_t limit, TakeValues take)
{
    const auto hand_on = [&](const RowView& row) -> Result<void> {
        storage::CarefulRow careful(row);
        const auto event = careful.id<EventId>(0);
        if (careful.is_whole()) { // Else damage made it, and it is no event's.
            const ByteView contents = careful.bytes(1);
            take(event, careful.is_whole() ? std::optional(contents) : std::nullopt);
        }
        return {};
    };
    return tx.for_each("SELECT event_id, contents FROM audit_value WHERE event_id >= $1 AND "
                       "event_id <= $2 ORDER BY event_id, part LIMIT $3",
                       hand_on, first, last, limit);
}

Result<std::optional<FoundEvent>> AuditStore::find_event(ReadTx& tx, EventId id)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT leaf_index, nonce, canonical, account_id FROM audit_event "
                        "WHERE id = $1",
                        id));
    if (!row) {
        return std::optional<FoundEvent>{};
    }
    Careful careful(*row);
    FoundEvent found{.leaf_index = careful.optional(0, &Careful::count),
                     .nonce = careful.copy(1),
                     .canonical = careful.copy(2),
                     .account = careful.optional_id<AccountId>(3)};
    if (!careful.is_whole()) {
        return event_damaged();
    }
    return std::optional(std::move(found));
}

Result<std::vector<Bytes>> AuditStore::list_values_of_event(ReadTx& tx, EventId id,
                                                            std::optional<AccountId> subject)
{
    auto answer =
        subject
            ? tx.query("SELECT contents FROM audit_value WHERE event_id = $1 AND "
                       "subject_id = $2 ORDER BY part",
                       id, *subject)
            : tx.query("SELECT contents FROM audit_value WHERE event_id = $1 ORDER BY part", id);
    KS_TRY(const Rows rows, std::move(answer));
    return each_whole(rows, [](Careful& row) { return row.copy(0); });
}

Result<std::vector<StoredValues>> AuditStore::list_values_of(ReadTx& tx,
                                                             std::span<const EventId> events)
{
    KS_TRY(
        const Rows rows,
        tx.query_list("SELECT event_id, contents, ip_digest FROM audit_value "
                      "WHERE event_id IN ("
                      "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
                      "$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)",
                      thirty_two(events)));
    return each_whole(rows, [](Careful& row) {
        return StoredValues{row.id<EventId>(0), row.copy(1), row.optional(2, &Careful::digest)};
    });
}

Result<std::vector<NumberedEvent>> AuditStore::list_numbered(ReadTx& tx, std::uint64_t first,
                                                             std::uint64_t end)
{
    KS_TRY(const Rows rows, tx.query("SELECT leaf_index, nonce, canonical FROM audit_event "
                                     "WHERE leaf_index >= $1 AND leaf_index < $2 "
                                     "ORDER BY leaf_index",
                                     first, end));
    return numbered_events(rows);
}

Result<std::vector<NumberedEvent>> AuditStore::list_leaves(ReadTx& tx,
                                                           std::span<const std::uint64_t> leaves)
{
    KS_TRY(
        const Rows rows,
        tx.query_list("SELECT leaf_index, nonce, canonical FROM audit_event "
                      "WHERE leaf_index IN ("
                      "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
                      "$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32) "
                      "ORDER BY leaf_index",
                      thirty_two(leaves)));
    return numbered_events(rows);
}

Result<std::vector<NumberedEvent>> AuditStore::list_of_id(ReadTx& tx, EventId id)
{
    KS_TRY(const Rows rows, tx.query("SELECT leaf_index, nonce, canonical FROM audit_event "
                                     "WHERE id = $1 AND leaf_index IS NOT NULL",
                                     id));
    return numbered_events(rows);
}

Result<std::vector<StoredIpDigest>> AuditStore::list_ip_digests_of(ReadTx& tx, AccountId subject)
{
    KS_TRY(const Rows rows,
           tx.query("SELECT e.leaf_index, v.ip_digest FROM audit_value v "
                    "JOIN audit_event e ON e.id = v.event_id WHERE v.subject_id = $1 "
                    "AND v.ip_digest IS NOT NULL AND e.leaf_index IS NOT NULL",
                    subject));
    return each_whole(rows, [](Careful& row) {
        return StoredIpDigest{row.count(0), row.digest(1)};
    });
}

Result<std::optional<std::uint64_t>> AuditStore::find_first_leaf(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT CAST(leaf_index AS BIGINT) FROM audit_event WHERE " + kIsNumber +
                        " ORDER BY leaf_index LIMIT 1"));
    return row ? std::optional(static_cast<std::uint64_t>(row->integer(0))) : std::nullopt;
}

Result<std::optional<std::uint64_t>> AuditStore::find_last_leaf(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT CAST(leaf_index AS BIGINT) FROM audit_event WHERE " + kIsNumber +
                        " ORDER BY leaf_index DESC LIMIT 1"));
    return row ? std::optional(static_cast<std::uint64_t>(row->integer(0))) : std::nullopt;
}

Result<void> AuditStore::delete_values_of_leaves(ChangeTx& tx, std::uint64_t first,
                                                 std::uint64_t end)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM audit_value WHERE event_id IN (SELECT id FROM audit_event "
                   "WHERE leaf_index >= $1 AND leaf_index < $2)",
                   first, end));
    return {};
}

Result<void> AuditStore::delete_events_before(ChangeTx& tx, std::uint64_t end)
{
    // A trigger removes the events (0038_audit_kept.sql).
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_kept (id, first_leaf) VALUES (1, $1) ON CONFLICT (id) DO "
                   "UPDATE SET first_leaf = excluded.first_leaf",
                   end));
    return {};
}

Result<AuditStore::Unnumbered> AuditStore::count_unnumbered(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT (SELECT count(*) FROM audit_event WHERE leaf_index IS NULL), "
                        "(SELECT CAST(min(at) AS BIGINT) FROM audit_event WHERE leaf_index IS "
                        "NULL), (SELECT count(*) FROM audit_event WHERE leaf_index < 0 OR "
                        "leaf_index > 9223372036854775807)"));
    if (!row) {
        return Unnumbered{};
    }
    return Unnumbered{static_cast<std::uint64_t>(row->integer(0)), row->optional_time(1),
                      static_cast<std::uint64_t>(row->integer(2))};
}

Result<bool> AuditStore::has_unnumbered(ReadTx& tx, std::string_view action)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT 1 FROM audit_event WHERE leaf_index IS NULL AND action = $1 "
                        "LIMIT 1",
                        action));
    return row.has_value();
}

} // namespace keystead::audit

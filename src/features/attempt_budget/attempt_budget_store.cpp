#include "features/attempt_budget/attempt_budget_store.h"

#include <limits>

namespace keystead::attempt_budget {
namespace {

using std::chrono::days;
using std::chrono::microseconds;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max() / 4;

/// Requests note the time before they wait for the writer: a little ahead is no jump.
constexpr std::chrono::minutes kClockTolerance{2};

std::int64_t limit_or_none(std::uint32_t limit)
{
    return limit == 0 ? kNoLimit : limit;
}

} // namespace

Result<bool> AttemptBudgetStore::charge(WriteTx& tx, const Digest& key, const Limits& limits,
                                        Instant now)
{
    // $1 key, $2 now, $3 window, $4 most in the window, $5 most without waiting, $6 longest wait,
    // $7 most in a row, $8 whether failures in a row are counted. A limit that does not apply is a
    // number that nothing reaches, so that one text serves all scopes. Right-hand sides see the row
    // as it was before; PostgreSQL wants to be told with the table's name. A concurrent attempt
    // waits for this one's row and then sees its charge: WHERE decides on the newest row.
    constexpr std::string_view kCharge =
        "INSERT INTO attempt_budget (key, failures, window_count, window_started, delay,"
        " charged_at)"
        " VALUES ($1, $8, 1, $2, 0, $2)"
        " ON CONFLICT (key) DO UPDATE SET"
        " failures = attempt_budget.failures + $8,"
        " window_count = CASE WHEN attempt_budget.window_started + $3 <= $2 THEN 1"
        "  ELSE attempt_budget.window_count + 1 END,"
        " window_started = CASE WHEN attempt_budget.window_started + $3 <= $2"
        "  OR attempt_budget.window_started > $2 THEN $2"
        "  ELSE attempt_budget.window_started END,"
        " delay = CASE WHEN attempt_budget.failures + 1 <= $5 THEN 0"
        "  WHEN attempt_budget.delay = 0 THEN 1000000"
        "  WHEN attempt_budget.delay * 2 > $6 THEN $6"
        "  ELSE attempt_budget.delay * 2 END,"
        " charged_at = $2"
        " WHERE attempt_budget.failures < $7"
        " AND (attempt_budget.delay = 0 OR attempt_budget.charged_at + attempt_budget.delay <= $2)"
        " AND (attempt_budget.window_count < $4 OR attempt_budget.window_started + $3 <= $2)"
        " RETURNING failures";
    const bool counts_in_a_row =
        limits.consecutive_max > 0 || limits.delay_max > std::chrono::seconds{0};
    KS_TRY(const Rows rows, tx.query(kCharge, key, now, microseconds{limits.window}.count(),
                                     limit_or_none(limits.in_window), limit_or_none(limits.free),
                                     microseconds{limits.delay_max}.count(),
                                     limit_or_none(limits.consecutive_max), counts_in_a_row));
    return !rows.empty();
}

Result<Spent> AttemptBudgetStore::settle_spent(WriteTx& tx, const Digest& key, Instant now)
{
    // A window that "began later" begins now, with its count, and a wait starts over: nothing is
    // gained by setting the clock back, and nobody waits until it has caught up.
    KS_TRY(
        const auto row,
        tx.query_one(
            "UPDATE attempt_budget SET"
            " window_started = CASE WHEN window_started > $2 THEN $2 ELSE window_started END,"
            " charged_at = CASE WHEN charged_at > $2 THEN $2 ELSE charged_at END"
            " WHERE key = $1 RETURNING failures, window_count, window_started, delay, charged_at",
            key, now));
    KS_ASSERT(row.has_value()); // The charge that was refused by this row has locked it.
    return Spent{.failures = row->integer(0),
                 .window_count = row->integer(1),
                 .window_started = row->time(2),
                 .delay = microseconds{row->integer(3)},
                 .charged_at = row->time(4)};
}

Result<std::int64_t> AttemptBudgetStore::count_failures(ReadTx& tx, const Digest& key)
{
    KS_TRY(const auto row, tx.query_one("SELECT failures FROM attempt_budget WHERE key = $1", key));
    return row ? row->integer(0) : 0;
}

Result<void> AttemptBudgetStore::refund(WriteTx& tx, const Digest& key)
{
    KS_CHECK(tx.exec("UPDATE attempt_budget SET"
                     " failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END,"
                     " window_count = CASE WHEN window_count > 0 THEN window_count - 1 ELSE 0 END,"
                     " delay = CASE WHEN delay <= 1000000 THEN 0 ELSE delay / 2 END"
                     " WHERE key = $1",
                     key));
    return {};
}

Result<void> AttemptBudgetStore::clear(WriteTx& tx, const Digest& key)
{
    KS_CHECK(tx.exec("DELETE FROM attempt_budget WHERE key = $1", key));
    return {};
}

Result<int> AttemptBudgetStore::rebase(WriteTx& tx, Instant now)
{
    // A window never begins after the last attempt, so the index on charged_at finds both.
    return tx.exec("UPDATE attempt_budget SET charged_at = $1,"
                   " window_started = CASE WHEN window_started > $1 THEN $1 ELSE window_started END"
                   " WHERE charged_at > $2",
                   now, now + kClockTolerance);
}

Result<int> AttemptBudgetStore::sweep(WriteTx& tx, Instant now)
{
    return tx.exec("DELETE FROM attempt_budget WHERE key IN (SELECT key FROM attempt_budget"
                   " WHERE (failures = 0 AND charged_at < $1) OR (failures < 10 AND charged_at < "
                   "$2) OR charged_at < $3"
                   " ORDER BY charged_at LIMIT 1000)",
                   now - days{1}, now - days{30}, now - days{365});
}

} // namespace keystead::attempt_budget

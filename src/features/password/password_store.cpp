#include "features/password/password_store.h"

#include <utility>

namespace keystead::password {
namespace {

/// One of the two numbers that the column knows; anything else was not written by us.
Result<Satisfies> satisfies_from(std::int64_t stored)
{
    switch (static_cast<Satisfies>(stored)) {
    case Satisfies::Alone:
    case Satisfies::WithSecondFactor: return static_cast<Satisfies>(stored);
    }
    return Error{.kind = ErrorKind::Internal,
                 .code = "storage/internal",
                 .cause = "password.satisfies is out of range"};
}

} // namespace

Result<std::optional<StoredPassword>> PasswordStore::find(ReadTx& tx, AccountId account)
{
    KS_TRY(
        const auto row,
        tx.query_one("SELECT sealed, satisfies, changed_at, must_change, assessment FROM password "
                     "WHERE account_id = $1",
                     account));
    if (!row) {
        return std::optional<StoredPassword>{};
    }
    KS_TRY(const Satisfies satisfies, satisfies_from(row->integer(1)));
    return std::optional(StoredPassword{.account = account,
                                        .sealed = row->bytes(0),
                                        .satisfies = satisfies,
                                        .changed_at = row->time(2),
                                        .must_change = row->flag(3),
                                        .assessment = row->is_null(4) ? Bytes{} : row->bytes(4)});
}

Result<void> PasswordStore::upsert(WriteTx& tx, const HashedPassword& hashed, Instant changed_at)
{
    KS_CHECK(tx.exec("INSERT INTO password (account_id, sealed, satisfies, memory_kib, passes, "
                     "changed_at, must_change)"
                     " VALUES ($1, $2, $3, $4, $5, $6, 0)"
                     " ON CONFLICT (account_id) DO UPDATE SET sealed = $2, satisfies = $3, "
                     "memory_kib = $4, passes = $5,"
                     " changed_at = $6, must_change = 0, assessment = NULL",
                     hashed.account, hashed.sealed, hashed.satisfies, hashed.cost.memory_kib,
                     hashed.cost.passes, changed_at));
    return {};
}

Result<bool> PasswordStore::replace(WriteTx& tx, const HashedPassword& hashed, ByteView expected,
                                    Instant changed_at)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE password SET sealed = $2, satisfies = $3, memory_kib = $4, passes = $5, "
                   "changed_at = $6,"
                   " must_change = 0, assessment = NULL WHERE account_id = $1 AND sealed = $7",
                   hashed.account, hashed.sealed, hashed.satisfies, hashed.cost.memory_kib,
                   hashed.cost.passes, changed_at, expected));
    return rows == 1;
}

Result<bool> PasswordStore::replace_hash(WriteTx& tx, const HashedPassword& hashed,
                                         ByteView expected)
{
    KS_TRY(const int rows, tx.exec("UPDATE password SET sealed = $2, memory_kib = $3, passes = $4"
                                   " WHERE account_id = $1 AND sealed = $5",
                                   hashed.account, hashed.sealed, hashed.cost.memory_kib,
                                   hashed.cost.passes, expected));
    return rows == 1;
}

Result<void> PasswordStore::set_assessment(WriteTx& tx, const StoredPassword& checked,
                                           ByteView assessment)
{
    KS_CHECK(tx.exec("UPDATE password SET assessment = $2 WHERE account_id = $1 AND sealed = $3",
                     checked.account, assessment, checked.sealed));
    return {};
}

Result<bool> PasswordStore::mark_must_change(WriteTx& tx, AccountId account)
{
    KS_TRY(const int rows,
           tx.exec("UPDATE password SET must_change = 1 WHERE account_id = $1", account));
    return rows == 1;
}

Result<void> PasswordStore::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(tx.exec("DELETE FROM password WHERE account_id = $1", account));
    return {};
}

Result<std::optional<HashCost>> PasswordStore::find_dearest_cost(ReadTx& tx)
{
    KS_TRY(
        const auto row,
        tx.query_one(
            "SELECT memory_kib, passes FROM password ORDER BY memory_kib * passes DESC LIMIT 1"));
    if (!row) {
        return std::optional<HashCost>{};
    }
    return std::optional(HashCost{.memory_kib = static_cast<std::uint32_t>(row->integer(0)),
                                  .passes = static_cast<std::uint32_t>(row->integer(1))});
}

} // namespace keystead::password

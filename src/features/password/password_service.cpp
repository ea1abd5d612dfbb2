#include "features/password/password_service.h"

#include <cstdlib>
#include <string>
#include <string_view>

namespace keystead::password {
namespace {

std::string_view text_of(SetReason reason)
{
    switch (reason) {
    case SetReason::SignUp: return "sign-up";
    case SetReason::Recovery: return "recovery";
    }
    std::abort(); // No default label: the compiler names the reason that someone forgot.
}

audit::Target target_of(AccountId account)
{
    return {.kind = "account", .id = account.text()};
}

} // namespace

Result<std::optional<StoredPassword>> PasswordService::find(ReadTx& tx, AccountId account)
{
    return store_.find(tx, account);
}

Result<void> PasswordService::set(WriteTx& tx, const Actor& actor, const HashedPassword& hashed,
                                  SetReason reason)
{
    KS_CHECK(store_.upsert(tx, hashed, clock_.now()));
    return audit_.append(tx, {.actor = actor,
                              .action = "password.set",
                              .account = hashed.account,
                              .target = target_of(hashed.account),
                              .details = {{"reason", std::string(text_of(reason))}}});
}

Result<void> PasswordService::replace(WriteTx& tx, const Actor& actor,
                                      const StoredPassword& checked, const HashedPassword& hashed)
{
    KS_ASSERT(checked.account == hashed.account);
    KS_TRY(const bool replaced, store_.replace(tx, hashed, checked.sealed, clock_.now()));
    if (!replaced) {
        return Error{.kind = ErrorKind::Conflict,
                     .code = "password/changed-meanwhile",
                     .detail = "The password was changed by someone else at the same time."};
    }
    return audit_.append(tx, {.actor = actor,
                              .action = "password.change",
                              .account = hashed.account,
                              .target = target_of(hashed.account)});
}

Result<void> PasswordService::store_rehash(WriteTx& tx, const Actor& actor,
                                           const StoredPassword& checked,
                                           const HashedPassword& hashed)
{
    KS_ASSERT(checked.account == hashed.account);
    KS_TRY(const bool replaced, store_.replace_hash(tx, hashed, checked.sealed));
    if (!replaced) {
        return {}; // Changed or re-hashed meanwhile: nothing is left to do.
    }
    return audit_.append(tx, {.actor = actor,
                              .action = "password.rehash",
                              .account = hashed.account,
                              .target = target_of(hashed.account),
                              .details = {{"memory_kib", std::to_string(hashed.cost.memory_kib)},
                                          {"passes", std::to_string(hashed.cost.passes)}}});
}

Result<bool> PasswordService::require_change(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const bool marked, store_.mark_must_change(tx, account));
    if (marked) {
        KS_CHECK(audit_.append(tx, {.actor = actor,
                                    .action = "password.require-change",
                                    .account = account,
                                    .target = target_of(account)}));
    }
    return marked;
}

Result<void> PasswordService::erase(WriteTx& tx, AccountId account)
{
    return store_.erase(tx, account);
}

Result<std::optional<HashCost>> PasswordService::find_dearest_cost(ReadTx& tx)
{
    return store_.find_dearest_cost(tx);
}

} // namespace keystead::password

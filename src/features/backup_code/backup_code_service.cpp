#include "features/backup_code/backup_code_service.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace keystead::backup_code {
namespace {

/// 80 random bits need no dear hash: the floor of Argon2id keeps an attempt, and a set of ten,
/// affordable.
constexpr password::HashCost kCost = crypto::kArgon2idFloor;

/// What a sealed hash is bound to: account, set and place. Moved anywhere else, it does not open.
std::string bound_to(AccountId account, const Salt& salt, std::int64_t position)
{
    return "backup-code/" + account.text() + '/' + hex_encode(salt) + '/' +
           std::to_string(position);
}

std::string word_of(CodeCheck check)
{
    switch (check) {
    case CodeCheck::Accepted: return "accepted";
    case CodeCheck::Wrong: return "wrong";
    case CodeCheck::AlreadyUsed: return "already-used";
    case CodeCheck::Suspended: return "suspended";
    }
    std::abort(); // No default label: the compiler names the outcome that someone forgot.
}

audit::Target target_of(AccountId account)
{
    return {.kind = "account", .id = account.text()};
}

notify::Facts use_facts(std::int64_t remaining)
{
    notify::Facts facts{{"remaining", std::to_string(remaining)}};
    if (remaining <= static_cast<std::int64_t>(kWarnAtLeft)) {
        facts.emplace_back("advice",
                           "Few codes are left. Make new ones in your security settings.");
    }
    return facts;
}

} // namespace

BackupCodeService::BackupCodeService(password::PasswordHasher& hasher, const crypto::KeyRing& keys,
                                     Random& random, audit::AuditLog& audit, const Clock& clock,
                                     TellOwner tell_owner, HasSecondFactor has_second_factor)
    : hasher_(hasher), keys_(keys), random_(random), audit_(audit), clock_(clock),
      tell_owner_(std::move(tell_owner)), has_second_factor_(std::move(has_second_factor))
{
}

Result<void> BackupCodeService::check_second_factor(ReadTx& tx, AccountId account)
{
    KS_TRY(const bool has_one, has_second_factor_(tx, account));
    if (!has_one) {
        return Error{.kind = ErrorKind::Conflict,
                     .code = "backup-code/second-factor-missing",
                     .detail = "Backup codes stand in for a second factor. Set one up first."};
    }
    return {};
}

Result<PreparedSet> BackupCodeService::prepare(AccountId account)
{
    PreparedSet prepared{.account = account,
                         .codes = {},
                         .set = {.salt = random_bytes<kSaltBytes>(random_),
                                 .cost = kCost,
                                 .created_at = clock_.now()},
                         .sealed = {}};
    for (std::size_t position = 0; position < kCodesInSet; ++position) {
        auto bytes = random_bytes<kCodeBytes>(random_);
        const Secret digits = digits_of(bytes);
        explicit_bzero(bytes.data(), bytes.size());
        KS_TRY(const Secret hash, hasher_.derive(digits, prepared.set.salt, prepared.set.cost,
                                                 password::QueuePlace::Kept));
        const auto number = static_cast<std::int64_t>(position);
        prepared.sealed.push_back(
            {.position = number,
             .sealed_hash =
                 keys_.seal(crypto::KeyPurpose::BackupCodeSeal,
                            bound_to(account, prepared.set.salt, number), hash.reveal())});
        prepared.codes.push_back(grouped(digits));
    }
    return prepared;
}

Result<void> BackupCodeService::replace(WriteTx& tx, const Actor& actor,
                                        const PreparedSet& prepared)
{
    KS_CHECK(tx.lock(
        prepared.account)); // One set at a time, and the second factor stays until the commit.
    KS_CHECK(check_second_factor(tx, prepared.account));
    KS_CHECK(store_.erase(tx, prepared.account));
    for (const SealedCode& code : prepared.sealed) {
        KS_CHECK(store_.insert(tx, prepared.account, prepared.set, code));
    }
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "backup_code.make",
                                .account = prepared.account,
                                .target = target_of(prepared.account),
                                .details = {{"count", std::to_string(prepared.sealed.size())}}}));
    return tell_owner_(tx, actor, prepared.account, notify::Purpose::BackupCodesMade, {});
}

Result<std::optional<CodeSet>> BackupCodeService::find_set(ReadTx& tx, AccountId account)
{
    return store_.find_set(tx, account);
}

Result<HashedAttempt> BackupCodeService::hash_attempt(AccountId account,
                                                      const std::optional<CodeSet>& set,
                                                      std::string_view typed,
                                                      password::QueuePlace place)
{
    const auto digits = normalize(typed);
    const Secret nothing(kCodeDigits);
    const CodeSet decoy{.salt = {}, .cost = kCost, .created_at = {}};
    const CodeSet& used = set ? *set : decoy;
    KS_TRY(Secret hash, hasher_.derive(digits ? *digits : nothing, used.salt, used.cost, place));
    HashedAttempt attempt{.account = account, .set = set, .hash = std::nullopt};
    if (digits && set) {
        attempt.hash.emplace(std::move(hash));
    }
    return attempt;
}

Result<std::optional<SealedCode>> BackupCodeService::find_match(
    const std::vector<SealedCode>& codes, const HashedAttempt& attempt) const
{
    std::optional<SealedCode> found;
    for (const SealedCode& code : codes) { // All of them, whichever fits: the time tells nothing.
        KS_TRY(const Secret hash,
               keys_.open(crypto::KeyPurpose::BackupCodeSeal,
                          bound_to(attempt.account, attempt.set->salt, code.position),
                          code.sealed_hash));
        if (crypto::constant_time_equal(hash.reveal(), attempt.hash->reveal())) {
            found = code;
        }
    }
    return found;
}

Result<CodeCheck> BackupCodeService::spend(WriteTx& tx, const Actor& actor,
                                           const HashedAttempt& attempt)
{
    CodeCheck check = CodeCheck::Wrong;
    if (attempt.hash) {
        KS_TRY(const auto codes, store_.list_codes(tx, attempt.account, attempt.set->salt));
        KS_TRY(const auto match, find_match(codes, attempt));
        if (match) {
            KS_TRY(const bool first, store_.mark_used(tx, attempt.account, attempt.set->salt,
                                                      match->position, clock_.now()));
            check = first                              ? CodeCheck::Accepted
                    : match->suspended && !match->used ? CodeCheck::Suspended
                                                       : CodeCheck::AlreadyUsed;
        }
    }
    KS_TRY(const auto remaining, store_.count_unused(tx, attempt.account));
    KS_CHECK(audit_.append(
        tx, {.actor = actor,
             .action = "backup_code.use",
             .outcome = check == CodeCheck::Accepted ? audit::Outcome::Ok : audit::Outcome::Refused,
             .account = attempt.account,
             .target = target_of(attempt.account),
             .details = {{"result", word_of(check)}, {"remaining", std::to_string(remaining)}}}));
    if (check == CodeCheck::Accepted) {
        KS_CHECK(tell_owner_(tx, actor, attempt.account, notify::Purpose::BackupCodeUsed,
                             use_facts(remaining)));
    }
    return check;
}

Result<Status> BackupCodeService::status(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto set, store_.find_set(tx, account));
    KS_TRY(const auto remaining, store_.count_unused(tx, account));
    KS_TRY(const auto suspended, store_.count_suspended(tx, account));
    return Status{.remaining = remaining,
                  .suspended = suspended > 0,
                  .created_at = set ? std::optional(set->created_at) : std::nullopt};
}

Result<int> BackupCodeService::set_back(WriteTx& tx, const SetBack& clock)
{
    return store_.bound_created(tx, clock.wall);
}

Result<int> BackupCodeService::suspend_all(WriteTx& tx, const Actor& actor)
{
    KS_TRY(const int count, store_.suspend_all(tx, clock_.now()));
    KS_CHECK(audit_.append(tx, {.actor = actor,
                                .action = "backup_code.suspend-all",
                                .details = {{"count", std::to_string(count)}}}));
    return count;
}

Result<void> BackupCodeService::confirm(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const int count, store_.confirm(tx, account));
    if (count == 0) {
        return Error{.kind = ErrorKind::Conflict,
                     .code = "backup-code/not-suspended",
                     .detail = "There are no backup codes to confirm."};
    }
    KS_CHECK(tell_owner_(tx, actor, account, notify::Purpose::BackupCodesConfirmed, {}));
    return audit_.append(tx, {.actor = actor,
                              .action = "backup_code.confirm",
                              .account = account,
                              .target = target_of(account),
                              .details = {{"count", std::to_string(count)}}});
}

Result<std::vector<AccountId>> BackupCodeService::list_suspended_accounts(ReadTx& tx,
                                                                          AccountId after,
                                                                          int limit)
{
    return store_.list_suspended_accounts(tx, after, limit);
}

Result<void> BackupCodeService::remove_all(WriteTx& tx, const Actor& actor, AccountId account)
{
    KS_TRY(const int removed, store_.erase(tx, account));
    if (removed == 0) {
        return {};
    }
    return audit_.append(tx, {.actor = actor,
                              .action = "backup_code.remove-all",
                              .account = account,
                              .target = target_of(account),
                              .details = {{"count", std::to_string(removed)}}});
}

} // namespace keystead::backup_code

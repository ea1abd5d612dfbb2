#include "features/backup_code/backup_code_service.h"

#include "test/support/failing_database.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace keystead::backup_code {
namespace {

PasswordSettings cheap_settings()
{
    PasswordSettings settings;
    settings.argon2_memory_kib = 64;
    settings.argon2_passes = 1;
    return settings;
}

class BackupCodes : public testing::TestWithParam<Database::Engine> {
protected:
    PreparedSet make()
    {
        auto prepared = service_.prepare(account_);
        KS_ASSERT(prepared.has_value());
        EXPECT_TRUE(store(*database_, *prepared));
        return std::move(*prepared);
    }
    Result<void> store(Database& db, const PreparedSet& prepared)
    {
        return db.write([&](WriteTx& tx) { return service_.replace(tx, actor_, prepared); });
    }
    HashedAttempt hash(std::string_view typed)
    {
        const auto set =
            *database_->read([&](ReadTx& tx) { return service_.find_set(tx, account_); });
        return *service_.hash_attempt(account_, set, typed, password::QueuePlace::Open);
    }
    Result<CodeCheck> spend(Database& db, const HashedAttempt& attempt)
    {
        return db.write([&](WriteTx& tx) { return service_.spend(tx, actor_, attempt); });
    }
    CodeCheck attempt(std::string_view typed) { return *spend(*database_, hash(typed)); }
    Status status()
    {
        return *database_->read([&](ReadTx& tx) { return service_.status(tx, account_); });
    }

    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    test::RecordingAudit audit_;
    crypto::RootKeyRing keys_{Secret::copy_of("0123456789abcdef0123456789abcdef"), random_};
    std::unique_ptr<password::PasswordHasher> hasher_ =
        *password::PasswordHasher::make(cheap_settings(), 2, keys_, random_);
    AccountId account_ = AccountId::make(clock_.now(), random_);
    Actor actor_{.kind = ActorKind::Account, .account = account_};
    bool has_factor_ = true;
    std::mutex mutex_;
    std::vector<notify::Facts> told_;
    BackupCodeService service_{*hasher_,
                               keys_,
                               random_,
                               audit_,
                               clock_,
                               [this](WriteTx& tx, const Actor&, AccountId, notify::Purpose purpose,
                                      const notify::Facts& facts) -> Result<void> {
                                   tx.after_commit([this, purpose, facts] {
                                       const std::lock_guard lock(mutex_);
                                       if (purpose == notify::Purpose::BackupCodeUsed) {
                                           told_.push_back(facts);
                                       }
                                   });
                                   return {};
                               },
                               [this](ReadTx&, AccountId) -> Result<bool> { return has_factor_; }};
};

// guards: ten different codes, each of which works once (M-06)
TEST_P(BackupCodes, WorkOnceEach)
{
    const auto set = make();
    ASSERT_EQ(set.codes.size(), kCodesInSet);
    std::set<std::string_view> different;
    for (const Secret& code : set.codes) {
        different.insert(code.reveal_text());
    }
    EXPECT_EQ(different.size(), kCodesInSet);
    EXPECT_EQ(status().remaining, 10);
    EXPECT_EQ(status().created_at, clock_.now());
    EXPECT_EQ(attempt(set.codes[3].reveal_text()), CodeCheck::Accepted);
    EXPECT_EQ(attempt(set.codes[3].reveal_text()), CodeCheck::AlreadyUsed);
    EXPECT_EQ(attempt(set.codes[9].reveal_text()), CodeCheck::Accepted);
    EXPECT_EQ(attempt("0000-0000-0000-0000"), CodeCheck::Wrong);
    EXPECT_EQ(attempt("not a code"), CodeCheck::Wrong);
    EXPECT_EQ(attempt(""), CodeCheck::Wrong);
    EXPECT_EQ(status().remaining, 8);
    EXPECT_EQ(audit_.count("backup_code.use"), 2);
    EXPECT_EQ(audit_.count("backup_code.use", audit::Outcome::Refused), 4);
}

// guards: after a restore no code works until its owner says that none was used since
TEST_P(BackupCodes, WaitForConfirmationAfterARestore)
{
    const auto set = make();
    EXPECT_EQ(attempt(set.codes[0].reveal_text()), CodeCheck::Accepted);
    const auto confirm = [&](WriteTx& tx) { return service_.confirm(tx, actor_, account_); };
    EXPECT_EQ(database_->write(confirm).error().code, "backup-code/not-suspended");
    EXPECT_EQ(*database_->write([&](WriteTx& tx) { return service_.suspend_all(tx, actor_); }), 9);
    EXPECT_TRUE(status().suspended);
    EXPECT_EQ(attempt(set.codes[1].reveal_text()), CodeCheck::Suspended);
    EXPECT_EQ(attempt(set.codes[0].reveal_text()), CodeCheck::AlreadyUsed);
    EXPECT_EQ(*database_->read([&](ReadTx& tx) {
        return service_.list_suspended_accounts(tx, AccountId{}, 10);
    }),
              std::vector{account_});
    ASSERT_TRUE(database_->write(confirm));
    EXPECT_FALSE(status().suspended);
    EXPECT_EQ(attempt(set.codes[1].reveal_text()), CodeCheck::Accepted);
    EXPECT_EQ(*database_->write([&](WriteTx& tx) { return service_.suspend_all(tx, actor_); }), 8);
    const auto next = make();
    EXPECT_EQ(attempt(next.codes[1].reveal_text()), CodeCheck::Accepted) << "new ones need nothing";
}

// guards: of many that race with one code exactly one is let in (V6.5.1)
TEST_P(BackupCodes, LetOneOfARaceIn)
{
    const auto set = make();
    for (int round = 0; round < 3; ++round) {
        const HashedAttempt racing = hash(set.codes[static_cast<std::size_t>(round)].reveal_text());
        std::atomic<int> accepted = 0;
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 8; ++thread) {
                threads.emplace_back(
                    [&] { accepted += *spend(*database_, racing) == CodeCheck::Accepted ? 1 : 0; });
            }
        }
        EXPECT_EQ(accepted, 1);
    }
    EXPECT_EQ(status().remaining, 7);
}

// guards: new codes end the old, also an old one that was hashed before the change
TEST_P(BackupCodes, AreReplacedWhole)
{
    const auto old = make();
    const HashedAttempt late = hash(old.codes[0].reveal_text());
    const auto next = make();
    EXPECT_EQ(*spend(*database_, late), CodeCheck::Wrong);
    EXPECT_EQ(attempt(old.codes[1].reveal_text()), CodeCheck::Wrong);
    EXPECT_EQ(attempt(next.codes[1].reveal_text()), CodeCheck::Accepted);
    EXPECT_EQ(status().remaining, 9);
}

// guards: sets that are made at the same time leave one whole set behind
TEST_P(BackupCodes, LeaveOneSetAfterARace)
{
    const auto first = *service_.prepare(account_);
    const auto second = *service_.prepare(account_);
    {
        std::jthread one([&] { (void)store(*database_, first); });
        std::jthread two([&] { (void)store(*database_, second); });
    }
    EXPECT_EQ(status().remaining, 10);
    const bool first_holds = attempt(first.codes[0].reveal_text()) == CodeCheck::Accepted;
    const bool second_holds = attempt(second.codes[0].reveal_text()) == CodeCheck::Accepted;
    EXPECT_NE(first_holds, second_holds);
}

// guards: no set without a second factor that it stands in for
TEST_P(BackupCodes, NeedASecondFactor)
{
    has_factor_ = false;
    const auto refused = store(*database_, *service_.prepare(account_));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "backup-code/second-factor-missing");
    EXPECT_EQ(status().remaining, 0);
    EXPECT_EQ(attempt("0000-0000-0000-0000"), CodeCheck::Wrong)
        << "an account without a set costs a hash, and is refused";
}

// guards: the owner is told of each use, and warned at three left
TEST_P(BackupCodes, WarnAtThreeLeft)
{
    const auto set = make();
    for (const Secret& code : set.codes) {
        ASSERT_EQ(attempt(code.reveal_text()), CodeCheck::Accepted);
    }
    ASSERT_EQ(told_.size(), 10U);
    EXPECT_EQ(told_[0], (notify::Facts{{"remaining", "9"}}));
    for (std::size_t use = 0; use < told_.size(); ++use) {
        EXPECT_EQ(told_[use].size() == 2, use >= 6) << use;
    }
}

// guards: codes of one account are nothing to another, also when rows are copied over
TEST_P(BackupCodes, BelongToTheirAccount)
{
    const auto set = make();
    const AccountId thief = AccountId::make(clock_.now(), random_);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        KS_CHECK(tx.exec("INSERT INTO backup_code (account_id, position, salt, memory_kib, passes, "
                         "sealed_hash, created_at)"
                         " SELECT $1, position, salt, memory_kib, passes, sealed_hash, created_at "
                         "FROM backup_code"
                         " WHERE account_id = $2",
                         thief, account_));
        return {};
    }));
    const auto stolen = *service_.hash_attempt(thief, set.set, set.codes[0].reveal_text(),
                                               password::QueuePlace::Open);
    EXPECT_EQ(spend(*database_, stolen).error().code, "crypto/does-not-open");
}

TEST_P(BackupCodes, EndWithTheSecondFactor)
{
    const auto set = make();
    for (int times = 0; times < 2; ++times) {
        ASSERT_TRUE(database_->write(
            [&](WriteTx& tx) { return service_.remove_all(tx, actor_, account_); }));
    }
    EXPECT_EQ(status().remaining, 0);
    EXPECT_FALSE(status().created_at);
    EXPECT_EQ(attempt(set.codes[0].reveal_text()), CodeCheck::Wrong);
    EXPECT_EQ(audit_.count("backup_code.remove-all"), 1);
}

// guards: a set is replaced wholly or not at all, a code spent wholly or not at all
TEST_P(BackupCodes, ChangeWhollyOrNotAtAll)
{
    const auto old = make();
    const auto next = *service_.prepare(account_);
    test::FailingDatabase failing(*database_);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = store(failing, next);
        if (!failing.has_failed()) {
            EXPECT_TRUE(outcome);
            break;
        }
        EXPECT_FALSE(outcome);
        EXPECT_EQ(status().remaining, 10);
    }
    EXPECT_EQ(attempt(old.codes[0].reveal_text()), CodeCheck::Wrong);
    const HashedAttempt good = hash(next.codes[0].reveal_text());
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = spend(failing, good);
        if (!failing.has_failed()) {
            EXPECT_EQ(*outcome, CodeCheck::Accepted);
            break;
        }
        EXPECT_FALSE(outcome);
    }
    EXPECT_EQ(status().remaining, 9);
}

INSTANTIATE_TEST_SUITE_P(Engines, BackupCodes, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::backup_code

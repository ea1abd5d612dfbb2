#include "features/totp/totp_service.h"

#include "test/support/failing_database.h"
#include "test/support/fake_clock.h"
#include "test/support/recorders.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace keystead::totp {
namespace {

using namespace std::chrono_literals;

class Authenticators : public testing::TestWithParam<Database::Engine> {
protected:
    NewAuthenticator begin(std::string_view name = "phone")
    {
        return *database_->write(
            [&](WriteTx& tx) { return service_.begin_enrollment(tx, actor_, account_, name); });
    }
    std::string code(const Secret& secret, int steps_away = 0) const
    {
        const auto step =
            std::to_underlying(step_of(clock_.now())) + static_cast<std::uint64_t>(steps_away);
        std::string digits = std::to_string(hotp(secret, TimeStep{step}, 6));
        return digits.insert(0, 6 - digits.size(), '0');
    }
    Result<Confirmation> confirm(AuthenticatorId id, const std::string& typed)
    {
        return database_->write(
            [&](WriteTx& tx) { return service_.confirm(tx, actor_, account_, id, typed); });
    }
    /// An authenticator that counts; its confirming step lies in the past afterwards.
    NewAuthenticator enroll(std::string_view name = "phone")
    {
        auto added = begin(name);
        EXPECT_EQ(confirm(added.authenticator.id, code(added.secret))->check, CodeCheck::Accepted);
        clock_.advance(90s);
        return added;
    }
    Result<CodeCheck> verify(Database& db, const std::string& typed)
    {
        return db.write([&](WriteTx& tx) { return service_.verify(tx, actor_, account_, typed); });
    }
    CodeCheck verify(const std::string& typed) { return *verify(*database_, typed); }
    Result<Removal> remove(AuthenticatorId id, const std::string& typed)
    {
        return database_->write(
            [&](WriteTx& tx) { return service_.remove(tx, actor_, account_, id, typed); });
    }
    std::vector<Authenticator> list()
    {
        return *database_->read([&](ReadTx& tx) { return service_.list(tx, account_); });
    }
    int told(notify::Purpose purpose)
    {
        const std::lock_guard lock(mutex_);
        return static_cast<int>(std::ranges::count(told_, purpose));
    }

    test::TestDatabase database_{GetParam()};
    test::FakeClock clock_;
    test::SeededRandom random_;
    test::RecordingAudit audit_;
    crypto::RootKeyRing keys_{Secret::copy_of("0123456789abcdef0123456789abcdef"), random_};
    AccountId account_ = AccountId::make(clock_.now(), random_);
    Actor actor_{.kind = ActorKind::Account, .account = account_};
    std::mutex mutex_;
    std::vector<notify::Purpose> told_;
    password::PasswordService passwords_{audit_, clock_};
    TotpService service_{keys_,
                         random_,
                         audit_,
                         clock_,
                         passwords_,
                         [this](WriteTx& tx, const Actor&, AccountId, notify::Purpose purpose,
                                const notify::Facts&) -> Result<void> {
                             tx.after_commit([this, purpose] {
                                 const std::lock_guard lock(mutex_);
                                 told_.push_back(purpose);
                             });
                             return {};
                         }};
};

// guards: an authenticator counts once a code has proved it, and its owner is told
TEST_P(Authenticators, CountOnceConfirmed)
{
    const auto added = begin();
    EXPECT_FALSE(
        *database_->read([&](ReadTx& tx) { return service_.has_confirmed(tx, account_); }));
    EXPECT_EQ(verify(code(added.secret)), CodeCheck::Wrong)
        << "unconfirmed: its codes are nobody's";
    EXPECT_EQ(confirm(added.authenticator.id, "000000")->check, CodeCheck::Wrong);
    EXPECT_EQ(confirm(added.authenticator.id, "nonsense")->check, CodeCheck::Wrong);
    const auto confirmation = *confirm(added.authenticator.id, code(added.secret));
    EXPECT_EQ(confirmation.check, CodeCheck::Accepted);
    EXPECT_TRUE(confirmation.is_first);
    EXPECT_TRUE(*database_->read([&](ReadTx& tx) { return service_.has_confirmed(tx, account_); }));
    EXPECT_EQ(confirm(added.authenticator.id, code(added.secret)).error().code,
              "totp/already-confirmed");
    EXPECT_EQ(told(notify::Purpose::SecondFactorEnabled), 1);
    EXPECT_EQ(audit_.count("totp.confirm", audit::Outcome::Refused), 2);
}

// guards: a code counts once, the confirming one included, older ones never again (K-01, RFC 6238
// §5.2)
TEST_P(Authenticators, AcceptACodeOnceOnly)
{
    auto added = begin();
    const std::string confirming = code(added.secret);
    ASSERT_EQ(confirm(added.authenticator.id, confirming)->check, CodeCheck::Accepted);
    EXPECT_EQ(verify(confirming), CodeCheck::AlreadyUsed);
    EXPECT_EQ(verify(code(added.secret, 1)), CodeCheck::Accepted);
    EXPECT_EQ(verify(code(added.secret, 1)), CodeCheck::AlreadyUsed);
    EXPECT_EQ(verify(code(added.secret, -1)), CodeCheck::AlreadyUsed)
        << "older than the newest accepted";
    EXPECT_EQ(verify("123 45"), CodeCheck::Wrong);
    EXPECT_EQ(audit_.count("totp.verify", audit::Outcome::Refused), 4);
}

// guards: of many that race with one code exactly one is let in (K-01)
TEST_P(Authenticators, LetOneOfARaceIn)
{
    const auto added = enroll();
    for (int round = 0; round < 10; ++round) {
        clock_.advance(60s);
        const std::string racing = code(added.secret);
        std::atomic<int> accepted = 0;
        {
            std::vector<std::jthread> threads;
            for (int thread = 0; thread < 8; ++thread) {
                threads.emplace_back(
                    [&] { accepted += verify(racing) == CodeCheck::Accepted ? 1 : 0; });
            }
        }
        EXPECT_EQ(accepted, 1) << "round " << round;
    }
}

// guards: every confirmed authenticator serves, and each keeps its own steps
TEST_P(Authenticators, ServeSideBySide)
{
    const auto phone = enroll("phone");
    const auto tablet = enroll("tablet");
    EXPECT_EQ(told(notify::Purpose::AuthenticatorAdded), 1);
    EXPECT_EQ(verify(code(phone.secret)), CodeCheck::Accepted);
    EXPECT_EQ(verify(code(tablet.secret)), CodeCheck::Accepted);
    EXPECT_EQ(verify(code(phone.secret)), CodeCheck::AlreadyUsed);
    EXPECT_EQ(list().size(), 2U);
    EXPECT_EQ(list().front().name, "phone");
    EXPECT_EQ(list().front().last_used_at, clock_.now());
}

// guards: at most five, whatever races; a new enrollment ends the one under way
TEST_P(Authenticators, AreFiveAtMost)
{
    for (int number = 0; number < 4; ++number) {
        enroll();
    }
    const auto first = begin();
    const auto second = begin();
    EXPECT_EQ(confirm(first.authenticator.id, code(first.secret)).error().code, "totp/not-found");
    EXPECT_EQ(list().size(), 5U);
    ASSERT_EQ(confirm(second.authenticator.id, code(second.secret))->check, CodeCheck::Accepted);
    const auto sixth = database_->write(
        [&](WriteTx& tx) { return service_.begin_enrollment(tx, actor_, account_, "sixth"); });
    ASSERT_FALSE(sixth);
    EXPECT_EQ(sixth.error().code, "totp/limit-reached");
    EXPECT_EQ(list().size(), 5U);
}

// guards: an enrollment that was left open is over after 15 minutes, and swept
TEST_P(Authenticators, ForgetWhatIsNotConfirmed)
{
    const auto added = begin();
    clock_.advance(15min);
    EXPECT_EQ(confirm(added.authenticator.id, code(added.secret)).error().code, "totp/not-found");
    EXPECT_TRUE(list().empty());
    const auto kept = enroll();
    begin();
    clock_.advance(16min);
    TotpSweep sweep(*database_, audit_);
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    EXPECT_EQ(audit_.count("totp.sweep"), 1);
    ASSERT_TRUE(sweep.run_once(clock_.now()));
    EXPECT_EQ(audit_.count("totp.sweep"), 1);
    EXPECT_EQ(list().front().id, kept.authenticator.id);
}

// guards: another account's authenticator is as unknown as none
TEST_P(Authenticators, BelongToTheirAccount)
{
    const auto added = enroll();
    const AccountId other = AccountId::make(clock_.now(), random_);
    const auto foreign = database_->write([&](WriteTx& tx) {
        return service_.remove(tx, actor_, other, added.authenticator.id, code(added.secret));
    });
    EXPECT_EQ(foreign.error().code, "totp/not-found");
    EXPECT_EQ(*database_->write([&](WriteTx& tx) {
        return service_.verify(tx, actor_, other, code(added.secret));
    }),
              CodeCheck::Wrong);
}

// guards: an authenticator is removed for a current code only, and the code is spent (M-07)
TEST_P(Authenticators, AreRemovedWithACode)
{
    const auto phone = enroll("phone");
    const auto tablet = enroll("tablet");
    EXPECT_EQ(remove(phone.authenticator.id, "000000")->check, CodeCheck::Wrong);
    EXPECT_EQ(list().size(), 2U);
    const std::string typed = code(tablet.secret);
    const auto removal = *remove(phone.authenticator.id, typed);
    EXPECT_EQ(removal.check, CodeCheck::Accepted);
    EXPECT_FALSE(removal.was_last);
    EXPECT_EQ(remove(tablet.authenticator.id, typed)->check, CodeCheck::AlreadyUsed);
    clock_.advance(30s);
    EXPECT_TRUE(remove(tablet.authenticator.id, code(tablet.secret))->was_last);
    EXPECT_EQ(told(notify::Purpose::AuthenticatorRemoved), 1);
    EXPECT_EQ(told(notify::Purpose::SecondFactorDisabled), 1);
    const auto unconfirmed = begin();
    EXPECT_EQ(remove(unconfirmed.authenticator.id, "")->check, CodeCheck::Accepted);
}

// guards: the last factor does not leave a password behind that is too weak alone (security.md
// section 4)
TEST_P(Authenticators, StayWhileThePasswordNeedsThem)
{
    const auto phone = enroll("phone");
    const auto set = [&](password::Satisfies satisfies) {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) {
            return passwords_.set(
                tx, actor_,
                {.account = account_, .sealed = Bytes(8), .satisfies = satisfies, .cost = {64, 1}},
                password::SetReason::SignUp);
        }));
    };
    set(password::Satisfies::WithSecondFactor);
    EXPECT_EQ(remove(phone.authenticator.id, code(phone.secret)).error().code,
              "totp/password-too-weak-alone");
    EXPECT_EQ(list().size(), 1U);
    set(password::Satisfies::Alone);
    EXPECT_EQ(remove(phone.authenticator.id, code(phone.secret))->check, CodeCheck::Accepted)
        << "the refusal has spent no code";
}

// guards: a clock that jumped back makes no old code good again (security.md item 8)
TEST_P(Authenticators, RefuseWhileTheClockIsBehind)
{
    const auto added = enroll();
    ASSERT_EQ(verify(code(added.secret)), CodeCheck::Accepted);
    clock_.set(clock_.now() - 10min);
    const auto refused = verify(*database_, code(added.secret));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "totp/clock-behind");
    EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
    clock_.set(clock_.now() + 10min + 30s);
    EXPECT_EQ(verify(code(added.secret)), CodeCheck::Accepted);
}

// guards: an authenticator that ran ahead keeps its own account waiting, and nobody else's
TEST_P(Authenticators, JudgeTheClockByTheirOwnAccount)
{
    const auto added = enroll();
    ASSERT_EQ(verify(code(added.secret)), CodeCheck::Accepted);
    clock_.advance(60s);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        const std::int64_t far = std::int64_t{1} << 40;
        KS_CHECK(tx.exec("INSERT INTO totp_authenticator (id, account_id, name, sealed_secret, "
                         "last_step, created_at, confirmed_at) VALUES ($1, $2, 'x', $1, $3, 0, 0)",
                         AuthenticatorId::make(clock_.now(), random_),
                         AccountId::make(clock_.now(), random_), far));
        return {};
    }));
    EXPECT_EQ(verify(code(added.secret)), CodeCheck::Accepted);
}

// guards: a secret in the database opens in its own row only
TEST_P(Authenticators, SealTheirSecrets)
{
    const auto phone = enroll("phone");
    const auto tablet = enroll("tablet");
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        KS_CHECK(tx.exec("UPDATE totp_authenticator SET sealed_secret = (SELECT sealed_secret FROM "
                         "totp_authenticator WHERE id = $1)"
                         " WHERE id = $2",
                         phone.authenticator.id, tablet.authenticator.id));
        return {};
    }));
    EXPECT_EQ(verify(*database_, code(phone.secret)).error().code, "crypto/does-not-open");
}

// guards: a database error is an error, never "accepted", and leaves nothing half done
TEST_P(Authenticators, AcceptNothingWhenTheDatabaseFails)
{
    const auto added = enroll();
    test::FailingDatabase failing(*database_);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = verify(failing, code(added.secret));
        if (!failing.has_failed()) {
            EXPECT_EQ(*outcome, CodeCheck::Accepted) << "no earlier try has spent the code";
            break;
        }
        EXPECT_FALSE(outcome);
    }
    EXPECT_EQ(audit_.count("totp.verify"), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, Authenticators, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::totp

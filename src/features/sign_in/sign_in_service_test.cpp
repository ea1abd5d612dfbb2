#include "features/sign_in/sign_in_service.h"

#include "storage/statistics.h"
#include "test/support/sign_in_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>

namespace keystead::sign_in {
namespace {

using namespace std::chrono_literals;

class SignInServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    static SessionSettings at_most(std::uint32_t sessions)
    {
        SessionSettings settings;
        settings.at_most = sessions;
        return settings;
    }
};

// guards: "not me" ends what the same thief began later, too, and leaves the owner's own browser
TEST_P(SignInServiceTest, EndsTheThiefsYoungerSessions)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    const auto browse = [&](const known_device::Device& device) {
        world.device = device;
        world.clock.advance(1s);
        auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
        return std::move(std::get<SignedIn>(*outcome));
    };
    const auto own = browse({});
    const auto own_device = world.devices.parse(own.device_cookie->reveal_text());
    const auto named = browse({});
    const auto thiefs_device = world.devices.parse(named.device_cookie->reveal_text());
    const auto again = browse(thiefs_device);
    const auto elsewhere = browse({});
    const auto own_again = browse(own_device);
    const auto end = [&](SessionId id) {
        return *world.database->write([&](WriteTx& tx) {
            return world.session_service.revoke_unfamiliar(tx, Actor{}, account, id);
        });
    };
    EXPECT_EQ(end(named.established.session.id).size(), 3U);
    EXPECT_FALSE(world.is_accepted(named.established.token));
    EXPECT_FALSE(world.is_accepted(again.established.token));
    EXPECT_FALSE(world.is_accepted(elsewhere.established.token));
    EXPECT_TRUE(world.is_accepted(own.established.token));
    EXPECT_TRUE(world.is_accepted(own_again.established.token));
    // Also when the thief has signed out of it meanwhile.
    const auto later = browse({});
    EXPECT_EQ(end(named.established.session.id).size(), 1U);
    EXPECT_FALSE(world.is_accepted(later.established.token));
    EXPECT_TRUE(world.is_accepted(own.established.token));
}

// guards: the owner hears of a sign-in that many refused attempts came before, in one mail
TEST_P(SignInServiceTest, TellsOfASignInAfterManyFailures)
{
    test::SignInWorld world(GetParam());
    world.register_account("ada@example.com");
    const auto sign_in = [&](std::string_view password) {
        world.clock.advance(2h); // Longer than any wait.
        return world.sign_in_with("ada@example.com", password);
    };
    const auto last_mail = [&] {
        const auto mails = world.mails.take();
        return mails.empty() ? std::optional<test::RecordedMail>{} : mails.back();
    };
    ASSERT_TRUE(sign_in(test::SignInWorld::kPassword));
    ASSERT_EQ(last_mail()->purpose, notify::Purpose::NewCountrySignIn);
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(sign_in("Wrong-Password-1"));
    }
    ASSERT_TRUE(sign_in(test::SignInWorld::kPassword));
    ASSERT_EQ(last_mail()->purpose, notify::Purpose::NewSignIn) << "four are not many";
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(sign_in("Wrong-Password-1"));
    }
    EXPECT_FALSE(last_mail()) << "attempts that fail are told to nobody";
    ASSERT_TRUE(sign_in(test::SignInWorld::kPassword));
    const auto mails = world.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::SignInAfterFailures);
    EXPECT_EQ(mails[0].link_path, "/not-me");
    EXPECT_NE(std::ranges::find(mails[0].facts,
                                std::pair<std::string, std::string>{"failed_attempts", "5"}),
              mails[0].facts.end());
}

// guards: unknown, known, disabled and passwordless accounts cost the same statements and leave the
// same mails (K-12)
TEST_P(SignInServiceTest, CostsTheSameForEveryKindOfAccount)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    const auto disabled = world.register_account("disabled@example.com");
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.accounts.set_state(tx, Actor{}, disabled, account::State::Disabled);
    }));
    ASSERT_TRUE(world.create("passwordless@example.com"));
    const auto cost_of = [&](std::string_view email) {
        const auto before = statement_count();
        const auto outcome = world.sign_in_with(email, "wrong-Password-1");
        EXPECT_TRUE(outcome && std::holds_alternative<WrongCredentials>(*outcome)) << email;
        EXPECT_TRUE(world.mails.take().empty()) << email;
        return statement_count() - before;
    };
    world.mails.take();
    const auto known = cost_of("known@example.com");
    EXPECT_EQ(cost_of("unknown@example.com"), known);
    EXPECT_EQ(cost_of("disabled@example.com"), known);
    EXPECT_EQ(cost_of("passwordless@example.com"), known);
    EXPECT_EQ(cost_of("no address at all"), known);
    // And the right password of a disabled account tells nothing either.
    const auto before = statement_count();
    const auto outcome = world.sign_in_with("disabled@example.com", test::SignInWorld::kPassword);
    EXPECT_TRUE(outcome && std::holds_alternative<WrongCredentials>(*outcome));
    EXPECT_EQ(statement_count() - before, known);
}

// guards: guessing from unknown devices is refused after a while, alike for accounts that do not
// exist (K-11)
TEST_P(SignInServiceTest, StopsGuessingWithoutTellingWhoExists)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    const auto attempts_until_refused = [&](std::string_view email) {
        for (int attempt = 1; attempt < 50; ++attempt) {
            const auto outcome = world.sign_in_with(email, "wrong-Password-1");
            if (!outcome) {
                EXPECT_EQ(outcome.error().kind, ErrorKind::RateLimited);
                EXPECT_GE(outcome.error().retry_after, 1s);
                return attempt;
            }
        }
        return 0;
    };
    const int known = attempts_until_refused("known@example.com");
    EXPECT_GT(known, 1);
    EXPECT_EQ(attempts_until_refused("unknown@example.com"), known);
    // The right password is refused, too, until the wait is over.
    EXPECT_FALSE(world.sign_in_with("known@example.com", test::SignInWorld::kPassword));
    world.clock.advance(1h);
    EXPECT_TRUE(world.sign_in_with("known@example.com", test::SignInWorld::kPassword));
}

// guards: who goes on guessing at a spent account uses up the attempts of the address it comes from
TEST_P(SignInServiceTest, ChargesTheSourceAlsoWhereTheAccountIsSpent)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    for (int guess = 0; guess < 60; ++guess) {
        static_cast<void>(world.sign_in_with("spent@example.com", "wrong-Password-1"));
    }
    const auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "sign-in/too-many-attempts");
    EXPECT_GE(world.audit.count("sign-in.attempt", audit::Outcome::Refused), 50);
}

// guards: a device that signed in before keeps its own budget while strangers guess (K-11)
TEST_P(SignInServiceTest, LetsTheKnownDeviceInWhileStrangersGuess)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    auto first = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_TRUE(first);
    const auto& cookie = std::get<SignedIn>(*first).device_cookie;
    ASSERT_TRUE(cookie.has_value());
    const auto own_device = world.devices.parse(cookie->reveal_text());
    for (int guess = 0; guess < 40; ++guess) {
        static_cast<void>(world.sign_in_with("known@example.com", "wrong-Password-1"));
    }
    EXPECT_FALSE(world.sign_in_with("known@example.com", test::SignInWorld::kPassword));
    world.device = own_device;
    world.clock.advance(10min); // The strangers' address has its own limit, of all guesses from it.
    const auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(std::holds_alternative<SignedIn>(*outcome));
}

// guards: a password marked as compromised opens nothing, however right it is
TEST_P(SignInServiceTest, RefusesAPasswordThatMustBeChanged)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    ASSERT_TRUE(world.database->write(
        [&](WriteTx& tx) { return world.passwords.require_change(tx, Actor{}, account); }));
    const auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(std::holds_alternative<ChangeRequired>(*outcome));
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM session"), 0);
}

// guards: at most N sessions, when many sign in at once (M-10)
TEST_P(SignInServiceTest, GivesTheLastSessionOnceOnly)
{
    test::SignInWorld world(GetParam(), at_most(3));
    const auto account = world.register_account("known@example.com");
    const auto loaded = world.load(account);
    std::atomic<int> established{0};
    std::atomic<int> full{0};
    test::race(12, [&](int) {
        const session::Evidence evidence{.account = account,
                                         .account_epoch = loaded->epoch,
                                         .methods = session::Method::Password};
        const auto outcome = world.database->write([&](WriteTx& tx) {
            return world.session_service.establish(tx, world.stranger(), evidence,
                                                   session::DeviceTrust::Own, {});
        });
        ASSERT_TRUE(outcome);
        established += std::holds_alternative<session::Established>(*outcome) ? 1 : 0;
        full += std::holds_alternative<session::SessionsFull>(*outcome) ? 1 : 0;
    });
    EXPECT_EQ(established, 3);
    EXPECT_EQ(full, 9);
}

// guards: the flow of a full account goes on once a session was chosen to end, and only once
TEST_P(SignInServiceTest, AsksWhichSessionEnds)
{
    test::SignInWorld world(GetParam(), at_most(1));
    world.register_account("known@example.com");
    const auto old = world.session_of("known@example.com");
    auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_TRUE(outcome);
    const auto& full = std::get<SessionsFull>(*outcome);
    ASSERT_EQ(full.sessions.size(), 1U);
    ASSERT_TRUE(full.flow.has_value());
    const auto end = [&] {
        return world.database->write([&](WriteTx& tx) {
            return world.sign_in.end_session(tx, world.stranger(), full.flow->flow.id,
                                             old.session.id, world.whence());
        });
    };
    const auto done = end();
    ASSERT_TRUE(done);
    EXPECT_TRUE(std::holds_alternative<SignedIn>(*done));
    EXPECT_FALSE(world.is_accepted(old.token));
    EXPECT_FALSE(end());
}

// guards: whoever half signed in with a password that was changed since ends no session and tries
// no code
TEST_P(SignInServiceTest, VoidsFlowsFromBeforeAChange)
{
    test::SignInWorld world(GetParam(), at_most(1));
    const auto account = world.register_account("known@example.com");
    const auto own = world.session_of("known@example.com");
    auto outcome = world.sign_in_with("known@example.com", test::SignInWorld::kPassword);
    ASSERT_TRUE(outcome);
    const auto& full = std::get<SessionsFull>(*outcome);
    ASSERT_TRUE(full.flow.has_value());
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const auto epoch, world.accounts.raise_epoch(tx, account));
        return world.audit.append(tx, {.actor = Actor{}, .action = "test"});
    }));
    const auto ended = world.database->write([&](WriteTx& tx) {
        return world.sign_in.end_session(tx, world.stranger(), full.flow->flow.id, own.session.id,
                                         world.whence());
    });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, "sign-in/flow-ended");
    EXPECT_TRUE(world.is_accepted(own.token));
    const auto tried = world.database->write([&](WriteTx& tx) {
        return world.sign_in.verify_totp(tx, world.stranger(), full.flow->flow.id, "000000",
                                         world.whence());
    });
    ASSERT_FALSE(tried);
    EXPECT_EQ(tried.error().code, "sign-in/flow-ended");
    EXPECT_EQ(world.audit.count("totp.verify", audit::Outcome::Refused), 0);
}

// guards: evidence gathered before a change of credentials makes no session after it
TEST_P(SignInServiceTest, RefusesEvidenceFromBeforeAChange)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    const auto from = world.whence();
    const auto begun = world.database->write([&](WriteTx& tx) {
        return world.sign_in.begin(tx, world.stranger(), "known@example.com", from);
    });
    ASSERT_TRUE(begun);
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.session_service.end_all(tx, Actor{}, account, "password-changed");
    }));
    const auto outcome = world.database->write([&](WriteTx& tx) {
        return world.sign_in.finish(tx, world.stranger(), std::get<Begun>(*begun),
                                    {.check = {.right = true}}, from);
    });
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(std::holds_alternative<WrongCredentials>(*outcome));
}

// guards: a revoked session is refused, from memory and from the database (S-06)
TEST_P(SignInServiceTest, RefusesARevokedSessionAtOnce)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    const auto session = world.session_of("known@example.com");
    EXPECT_TRUE(world.is_accepted(session.token)); // Now in memory.
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.session_service.revoke(tx, Actor{}, account, session.session.id, "test");
    }));
    EXPECT_FALSE(world.session_service.find_cached(session.token.reveal_text(),
                                                   [](const session::CachedSession&) {}));
    EXPECT_FALSE(world.is_accepted(session.token));
}

// guards: another account's session cannot be revoked, and the answer is that of an unknown one
TEST_P(SignInServiceTest, KeepsStrangersOffOthersSessions)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    const auto other = world.register_account("other@example.com");
    const auto session = world.session_of("known@example.com");
    const auto revoked = world.database->write([&](WriteTx& tx) {
        return world.session_service.revoke(tx, Actor{}, other, session.session.id, "test");
    });
    ASSERT_FALSE(revoked);
    EXPECT_EQ(revoked.error().code, "session/not-found");
    EXPECT_TRUE(world.is_accepted(session.token));
}

// guards: a renewed session's old token is dead (security.md item 20), and only one of two racing
// renewals wins a token
TEST_P(SignInServiceTest, KillsTheOldTokenOfARenewedSession)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    const auto session = world.session_of("known@example.com");
    EXPECT_TRUE(world.is_accepted(session.token));
    const auto renewed = world.database->write([&](WriteTx& tx) {
        return world.session_service.renew(tx, Actor{}, account, session.session.id,
                                           session::Method::Password, session::Proof::Strongest);
    });
    ASSERT_TRUE(renewed);
    EXPECT_FALSE(world.is_accepted(session.token));
    EXPECT_TRUE(world.is_accepted(renewed->token));
    EXPECT_TRUE(
        world.session_service.csrf_matches(renewed->token.reveal_text(), renewed->csrf_token));
    EXPECT_FALSE(
        world.session_service.csrf_matches(renewed->token.reveal_text(), session.csrf_token));
}

// guards: idle time counts from the last use, also after a restart
TEST_P(SignInServiceTest, EndsIdleSessionsAndKeepsUsedOnes)
{
    SessionSettings settings;
    settings.idle_timeout = 1h;
    test::SignInWorld world(GetParam(), settings);
    world.register_account("known@example.com");
    const auto used = world.session_of("known@example.com");
    const auto idle = world.session_of("known@example.com");
    world.clock.advance(50min);
    EXPECT_TRUE(world.is_accepted(used.token));
    ASSERT_TRUE(world.session_service.write_activity(*world.database,
                                                     session::SessionService::ActivityShare::All));
    world.clock.advance(30min);
    EXPECT_TRUE(world.is_accepted(used.token));
    EXPECT_FALSE(world.is_accepted(idle.token));
    ASSERT_TRUE(world.session_service.sweep(*world.database, world.clock.now()));
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM session"), 1);
    EXPECT_EQ(world.audit.count("session.expire"), 1);
    world.clock.advance(35min); // The row knows of the 50th minute alone, memory of the 80th.
    ASSERT_TRUE(world.session_service.sweep(*world.database, world.clock.now()));
    EXPECT_TRUE(world.is_accepted(used.token));
    world.clock.advance(2h);
    ASSERT_TRUE(world.session_service.sweep(*world.database, world.clock.now()));
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM session"), 0);
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM session_activity"), 0);
}

// guards: recovery costs the same for every kind of account, and mails each address once (K-12)
TEST_P(SignInServiceTest, RecoveryCostsTheSameForEveryKindOfAccount)
{
    test::SignInWorld world(GetParam());
    world.register_account("known@example.com");
    const auto disabled = world.register_account("disabled@example.com");
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.accounts.set_state(tx, Actor{}, disabled, account::State::Disabled);
    }));
    ASSERT_TRUE(world.create("passwordless@example.com"));
    world.mails.take();
    const auto cost_of = [&](std::string_view email) {
        const auto links = world.count_rows("SELECT COUNT(*) FROM link");
        const auto before = statement_count();
        EXPECT_TRUE(world.database->write([&](WriteTx& tx) {
            return world.recovery.request(tx, world.stranger(),
                                          *account::EmailAddress::parse(email));
        }));
        const auto cost = statement_count() - before;
        EXPECT_EQ(world.mails.take().size(), 1U) << email;
        EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM link") - links, 1) << email;
        return cost;
    };
    const auto known = cost_of("known@example.com");
    EXPECT_EQ(cost_of("unknown@example.com"), known);
    EXPECT_EQ(cost_of("disabled@example.com"), known);
    EXPECT_EQ(cost_of("passwordless@example.com"), known);
}

// guards: who spent an account's attempts at codes and step-up does not keep its owner out after a
// recovery
TEST_P(SignInServiceTest, RecoveryGivesTheOwnerAttemptsAgain)
{
    test::SignInWorld world(GetParam());
    const auto account = world.register_account("known@example.com");
    const auto charge = [&](attempt_budget::Scope scope) {
        const auto verdict = world.database->write([&](WriteTx& tx) {
            const Actor nobody;
            KS_ASSERT(world.audit.append(tx, {.actor = nobody, .action = "test"}).has_value());
            return world.budgets.charge(tx, scope, account, world.clock.now());
        });
        return verdict && verdict->allowed();
    };
    using attempt_budget::Scope;
    for (const auto scope : {Scope::SecondFactor, Scope::StepUp}) {
        for (int guess = 0; guess < 100; ++guess) {
            world.clock.advance(1h);
            ASSERT_TRUE(charge(scope));
        }
        world.clock.advance(1h);
        EXPECT_FALSE(charge(scope));
    }
    world.mails.take();
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.recovery.request(tx, world.stranger(),
                                      *account::EmailAddress::parse("known@example.com"));
    }));
    const auto mails = world.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    const auto accepted =
        world.policy.accept(Secret::copy_of("Another-Horse-9-Battery"),
                            {.email = "known@example.com"}, password::SecondFactor::NotEnforced);
    ASSERT_TRUE(accepted);
    const auto hashed = world.hasher->hash_new(account, *accepted, password::QueuePlace::Open);
    ASSERT_TRUE(hashed);
    ASSERT_TRUE(world.database->write([&](WriteTx& tx) {
        return world.recovery.confirm(tx, world.stranger(), mails[0].token, {}, *hashed);
    }));
    EXPECT_TRUE(charge(Scope::SecondFactor));
    EXPECT_TRUE(charge(Scope::StepUp));
}

INSTANTIATE_TEST_SUITE_P(Engines, SignInServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::sign_in

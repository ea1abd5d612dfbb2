#include "features/account/account_service.h"

#include "test/support/account_world.h"
#include "test/support/failing_database.h"

#include <gtest/gtest.h>

#include <atomic>

namespace keystead::account {
namespace {

using std::chrono::hours;

class AccountServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    test::AccountWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, AccountServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: what is created is found again, with a personal team and its record
TEST_P(AccountServiceTest, CreatesAnAccountWithItsTeam)
{
    const auto made = world_.create("Ada@Example.com");
    ASSERT_TRUE(made);
    const auto found = world_.database->read([&](ReadTx& tx) {
        return world_.accounts.find_by_email(tx, *EmailAddress::parse("ada@example.COM"));
    });
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->id, made->id);
    EXPECT_EQ((*found)->epoch, 1);
    EXPECT_TRUE((*found)->is_active());
    EXPECT_FALSE((*found)->is_operator());
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM team"), 1);
    EXPECT_EQ(world_.audit.count("account.create"), 1);
}

// guards: what was begun by a clock that ran ahead keeps nobody out for longer than it should
// (ADR 0028), and shortens nothing
TEST_P(AccountServiceTest, BoundsItsTimesWhenTheClockIsSetBack)
{
    const AccountSettings settings;
    const auto account = world_.create("ada@example.com")->id;
    const Instant wall = world_.clock.now();
    const auto write = [&](auto&& change) {
        return world_.database->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return change(tx);
        });
    };
    const auto begin_both = [&](Instant now) {
        ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(
                world_.accounts.freeze_factors(tx, Actor{}, account, now + settings.factor_freeze));
            KS_TRY([[maybe_unused]] const bool set,
                   world_.accounts.set_delete_at(tx, account, now + settings.deletion_wait));
            return {};
        }));
    };
    const auto set_back = [&](Instant seen) {
        return *write([&](WriteTx& tx) {
            return world_.accounts.set_back(tx, {.seen = seen, .wall = wall}, settings);
        });
    };
    begin_both(wall);
    EXPECT_EQ(set_back(wall + std::chrono::hours{1}), 0) << "begun before: as it was";
    ASSERT_TRUE(write([&](WriteTx& tx) { return world_.accounts.clear_delete_at(tx, account); }));
    const Instant ahead = wall + std::chrono::hours{24} * 400;
    begin_both(ahead);
    EXPECT_EQ(set_back(ahead), 1);
    const auto found =
        world_.database->read([&](ReadTx& tx) { return world_.accounts.load(tx, account); });
    EXPECT_EQ(found->factors_frozen_until, wall + settings.factor_freeze);
    EXPECT_EQ(found->delete_at, wall + settings.deletion_wait);
    EXPECT_EQ(write([&](WriteTx& tx) {
                  return world_.accounts.put_off_deletions(tx, *found->delete_at);
              })->size(),
              0U);
    const Instant later = *found->delete_at + std::chrono::hours{1};
    EXPECT_EQ(*write([&](WriteTx& tx) { return world_.accounts.put_off_deletions(tx, later); }),
              std::vector{account});
}

// guards: V2.3.4: of 50 sign-ups of one address at once, one makes the account
TEST_P(AccountServiceTest, CreatesOneAccountAnAddressInARace)
{
    std::atomic<int> made = 0;
    std::atomic<int> taken = 0;
    test::race(50, [&](int i) {
        const auto outcome = world_.create(i % 2 == 0 ? "ada@example.com" : "ADA@example.com");
        made += outcome ? 1 : 0;
        taken += !outcome && outcome.error().code == "account/email-taken" ? 1 : 0;
    });
    EXPECT_EQ(made, 1);
    EXPECT_EQ(taken, 49);
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM account"), 1);
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM team"), 1);
}

// guards: all or nothing, whichever statement fails
TEST_P(AccountServiceTest, CreatesNothingWhenAStatementFails)
{
    test::FailingDatabase failing(*world_.database);
    const Actor nobody;
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = failing.write([&](WriteTx& tx) {
            return world_.accounts.create(tx, nobody,
                                          {.email = *EmailAddress::parse("ada@example.com")});
        });
        if (!failing.has_failed()) {
            EXPECT_TRUE(outcome);
            break;
        }
        EXPECT_FALSE(outcome);
        EXPECT_EQ(
            world_.count_rows(
                "SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM email_claim) + "
                "(SELECT count(*) FROM team)"),
            0);
    }
}

// guards: a name is text that a page can show
TEST_P(AccountServiceTest, ChangesTheNameAndRefusesBadOnes)
{
    const AccountId id = world_.create("ada@example.com")->id;
    const Actor owner = world_.owner_of(id);
    const auto rename = [&](std::string_view name) {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.accounts.set_name(tx, owner, id, name); });
    };
    EXPECT_TRUE(rename("Ada \xC3\x89lan"));
    EXPECT_EQ(world_.load(id)->name, "Ada \xC3\x89lan");
    EXPECT_EQ(rename("a\nb").error().code, "account/name-invalid");
    EXPECT_EQ(rename("\xFF").error().code, "account/name-invalid");
    EXPECT_EQ(rename(std::string(101, 'a')).error().code, "account/name-invalid");
    EXPECT_TRUE(rename(std::string(100, 'a')));
}

// guards: a freeze is never shortened, and ends by itself
TEST_P(AccountServiceTest, FreezesFactors)
{
    const AccountId id = world_.create("ada@example.com")->id;
    const Actor owner = world_.owner_of(id);
    const auto freeze = [&](Instant until) {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.accounts.freeze_factors(tx, owner, id, until); });
    };
    const auto check = [&] {
        return world_.database->read(
            [&](ReadTx& tx) { return world_.accounts.check_factors_not_frozen(tx, id); });
    };
    EXPECT_TRUE(check());
    ASSERT_TRUE(freeze(world_.clock.now() + hours{24}));
    ASSERT_TRUE(freeze(world_.clock.now() + hours{1}));
    world_.clock.advance(hours{23});
    const auto refused = check();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "account/factors-frozen");
    EXPECT_EQ(refused.error().extension, "\"until\":\"2026-01-16T00:00:00.000000Z\"");
    world_.clock.advance(hours{1});
    EXPECT_TRUE(check());
}

// guards: every raise gives another epoch, racing ones too
TEST_P(AccountServiceTest, RaisesTheEpochEveryTime)
{
    const AccountId id = world_.create("ada@example.com")->id;
    test::race(20, [&](int) {
        EXPECT_TRUE(world_.database->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return world_.accounts.raise_epoch(tx, id);
        }));
    });
    EXPECT_EQ(world_.load(id)->epoch, 21);
}

// guards: V7.4.2: disabling ends the sessions and tells the owner, once; nobody disables themself
TEST_P(AccountServiceTest, DisablesAndEnables)
{
    const AccountId id = world_.create("ada@example.com")->id;
    const Actor boss = world_.owner_of(world_.create("boss@example.com")->id);
    const auto disable = [&](AccountId account) {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.admin.disable(tx, boss, account); });
    };
    ASSERT_TRUE(disable(id));
    ASSERT_TRUE(disable(id));
    EXPECT_FALSE(world_.load(id)->is_active());
    ASSERT_EQ(world_.sessions.ended.size(), 1U);
    EXPECT_EQ(world_.sessions.ended[0].first, id);
    EXPECT_EQ(world_.mails.take().size(), 1U);
    EXPECT_EQ(disable(boss.account).error().code, "account/self");
    EXPECT_EQ(disable(AccountId::make(world_.clock.now(), world_.random)).error().code,
              "account/not-found");
    ASSERT_TRUE(
        world_.database->write([&](WriteTx& tx) { return world_.admin.enable(tx, boss, id); }));
    EXPECT_TRUE(world_.load(id)->is_active());
}

// guards: what an operator types finds text, never a pattern
TEST_P(AccountServiceTest, ListsByPartOfEmailOrName)
{
    for (const auto* email :
         {"a@one.example", "b@one.example", "c_d@two.example", "cxd@two.example"}) {
        ASSERT_TRUE(world_.create(email));
        world_.clock.advance(std::chrono::milliseconds{2});
    }
    const auto list = [&](std::string_view part, std::optional<AccountId> after = {},
                          int at_most = 10) {
        return *world_.database->read(
            [&](ReadTx& tx) { return world_.accounts.list(tx, part, after, at_most); });
    };
    EXPECT_EQ(list("").size(), 4U);
    EXPECT_EQ(list("ONE").size(), 2U);
    EXPECT_EQ(list("tEsT").size(), 4U); // the name
    ASSERT_EQ(list("c_d").size(), 1U);
    EXPECT_EQ(list("%").size(), 0U);
    EXPECT_EQ(list("!").size(), 0U);
    const auto first = list("", {}, 3);
    ASSERT_EQ(first.size(), 3U);
    const auto rest = list("", first.back().id, 3);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].email.text(), "cxd@two.example");
}

// guards: K-12: an invitation does equal work for an address that has an account
TEST_P(AccountServiceTest, InvitesAlikeWhetherOrNotTheAddressIsKnown)
{
    const Actor boss = world_.owner_of(world_.create("boss@example.com")->id);
    const auto invite = [&](std::string_view email) {
        ASSERT_TRUE(world_.database->write([&](WriteTx& tx) {
            return world_.admin.invite(tx, boss, *EmailAddress::parse(email));
        }));
    };
    invite("new@example.com");
    invite("boss@example.com");
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM link"), 2);
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::Invitation);
    EXPECT_FALSE(mails[0].token.empty());
    EXPECT_EQ(mails[1].purpose, notify::Purpose::SignUpAccountExists);
    EXPECT_TRUE(mails[1].token.empty());
}

// guards: V6.3.7: a notice carries a link by which the session that made the change can be reported
TEST_P(AccountServiceTest, TellsTheOwnerWithALinkAgainstTheSession)
{
    const AccountId id = world_.create("ada@example.com")->id;
    const Actor owner = world_.owner_of(id);
    ASSERT_TRUE(world_.database->write([&](WriteTx& tx) {
        tx.audit_recorded();
        return world_.notices.tell_owner(tx, owner, id, notify::Purpose::PasswordChanged);
    }));
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].link_path, "/not-me");
    EXPECT_EQ(mails[0].facts[1], (std::pair<std::string, std::string>{"ip", "203.0.113.7"}));
    const auto bound = world_.database->read(
        [&](ReadTx& tx) { return world_.links.peek(tx, link::Purpose::NotMe, mails[0].token); });
    ASSERT_TRUE(bound && *bound);
    EXPECT_EQ((*bound)->reference, owner.session.text());
}

} // namespace
} // namespace keystead::account

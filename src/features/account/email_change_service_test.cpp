#include "features/account/email_change_service.h"

#include "test/support/account_world.h"
#include "test/support/failing_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace keystead::account {
namespace {

using notify::Purpose;

class EmailChangeTest : public testing::TestWithParam<Database::Engine> {
protected:
    void request(std::string_view email, AccountId account)
    {
        const Actor owner = world_.owner_of(account);
        ASSERT_TRUE(world_.database->write([&](WriteTx& tx) {
            return world_.email_change.request(tx, owner, *EmailAddress::parse(email));
        }));
    }
    Result<Spent> confirm(const std::string& token)
    {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.email_change.confirm(tx, nobody_, token); });
    }
    Result<Spent> undo(const std::string& token)
    {
        return world_.database->write(
            [&](WriteTx& tx) { return world_.email_change.undo(tx, nobody_, token); });
    }
    /// The whole change; answers the token of the undo link. Time passes, as it does.
    std::string change(std::string_view email)
    {
        world_.clock.advance(std::chrono::minutes{1});
        request(email, ada_);
        const auto asked = world_.mails.take();
        EXPECT_EQ(*confirm(asked.at(0).token), Spent::Done);
        const auto told = world_.mails.take();
        return told.at(0).token;
    }

    test::AccountWorld world_{GetParam()};
    Actor nobody_;
    AccountId ada_ = world_.create("ada@old.example")->id;
};
INSTANTIATE_TEST_SUITE_P(Engines, EmailChangeTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

// guards: K-16: nothing changes before the new address answers; then both are told, the undo link
// among it
TEST_P(EmailChangeTest, ChangesWhenTheNewAddressConfirms)
{
    request("ada@new.example", ada_);
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
    EXPECT_EQ(world_.load(ada_)->pending_email->text(), "ada@new.example");
    const auto asked = world_.mails.take();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].to, "ada@new.example");
    EXPECT_EQ(asked[0].link_path, "/email/confirm");
    ASSERT_EQ(*confirm(asked[0].token), Spent::Done);
    EXPECT_EQ(world_.email_of(ada_), "ada@new.example");
    EXPECT_FALSE(world_.load(ada_)->pending_email);
    const auto told = world_.mails.take();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].to, "ada@new.example");
    EXPECT_EQ(told[1].to, "ada@old.example");
    EXPECT_EQ(told[1].purpose, Purpose::EmailChanged);
    EXPECT_EQ(told[1].link_path, "/email/undo");
    EXPECT_EQ(*confirm(asked[0].token), Spent::LinkInvalid);
    EXPECT_EQ(world_.audit.count("account.email-change"), 1);
    EXPECT_EQ(world_.audit.count("account.email-change", audit::Outcome::Refused), 1);
}

// guards: an undo gives the old address back and ends every session
TEST_P(EmailChangeTest, UndoesForSevenDays)
{
    const std::string token = change("ada@new.example");
    world_.clock.advance(std::chrono::hours{7 * 24} - std::chrono::seconds{1});
    ASSERT_EQ(*undo(token), Spent::Done);
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
    ASSERT_EQ(world_.sessions.ended.size(), 1U);
    EXPECT_EQ(world_.sessions.ended[0].second, EndReason::EmailUndone);
    EXPECT_FALSE(world_.load(ada_)->email_undo_until);
    EXPECT_EQ(*undo(token), Spent::LinkInvalid);
    EXPECT_TRUE(world_.create("ada@new.example")); // free again
}

TEST_P(EmailChangeTest, IsFinalAfterSevenDays)
{
    const std::string token = change("ada@new.example");
    world_.clock.advance(std::chrono::hours{7 * 24});
    EXPECT_EQ(*undo(token), Spent::LinkInvalid);
    EXPECT_EQ(world_.email_of(ada_), "ada@new.example");
    EXPECT_TRUE(world_.create("ada@old.example"));
}

// guards: nobody takes an address that its owner may still return to
TEST_P(EmailChangeTest, KeepsTheOldAddressForAnUndo)
{
    const std::string token = change("ada@new.example");
    EXPECT_EQ(world_.create("ada@old.example").error().code, "account/email-taken");
    EXPECT_EQ(*undo(token), Spent::Done);
}

// guards: a thief who changes the address twice does not outrun the owner's link
TEST_P(EmailChangeTest, LetsTheOldestAddressWin)
{
    const std::string owners = change("thief@one.example");
    const std::string thiefs = change("thief@two.example");
    EXPECT_EQ(*undo(thiefs), Spent::Done); // back to the thief's first address
    EXPECT_EQ(world_.email_of(ada_), "thief@one.example");
    EXPECT_EQ(*undo(owners), Spent::Done);
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
    EXPECT_EQ(*undo(thiefs), Spent::LinkInvalid);
}

TEST_P(EmailChangeTest, EndsTheThiefsLinksWithTheOwnersUndo)
{
    const std::string owners = change("thief@one.example");
    const std::string thiefs = change("thief@two.example");
    EXPECT_EQ(*undo(owners), Spent::Done);
    EXPECT_EQ(*undo(thiefs), Spent::LinkInvalid);
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
}

// guards: going back by a change leaves the address in between no way to return
TEST_P(EmailChangeTest, ReturningGivesTheAddressInBetweenNoUndo)
{
    change("thief@one.example");
    EXPECT_EQ(change("ada@old.example"), ""); // told, without a link
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
    EXPECT_FALSE(world_.load(ada_)->email_undo_until);
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM email_claim"), 1);
}

// guards: K-12: the same statements, rows and mails whether or not someone has the address
TEST_P(EmailChangeTest, DoesNotTellWhetherAnAddressIsTaken)
{
    ASSERT_TRUE(world_.create("bob@example.com"));
    const auto rows = [&] {
        return world_.count_rows(
            "SELECT (SELECT count(*) FROM link) + (SELECT count(*) FROM email_claim) + "
            "(SELECT count(*) FROM account)");
    };
    const auto before = rows();
    request("bob@example.com", ada_);
    EXPECT_EQ(world_.load(ada_)->pending_email->text(), "bob@example.com");
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].to, "bob@example.com");
    EXPECT_EQ(mails[0].purpose, Purpose::SignUpAccountExists);
    EXPECT_EQ(mails[0].token, "");
    EXPECT_EQ(rows(), before + 1);
    request("free@example.com", ada_);
    EXPECT_EQ(rows(), before + 1); // one request an account: the row is taken over
}

// guards: two confirmations of one link at once change the address once
TEST_P(EmailChangeTest, ConfirmsOnceInARace)
{
    request("ada@new.example", ada_);
    const std::string token = world_.mails.take().at(0).token;
    std::atomic<int> done = 0;
    std::atomic<int> refused = 0;
    test::race(16, [&](int) {
        const auto outcome = confirm(token);
        done += outcome && *outcome == Spent::Done ? 1 : 0;
        refused += outcome && *outcome == Spent::LinkInvalid ? 1 : 0;
    });
    EXPECT_EQ(done, 1);
    EXPECT_EQ(refused, 15);
    EXPECT_EQ(world_.mails.take().size(), 2U);
}

// guards: of two accounts that confirm one address at once, one gets it
TEST_P(EmailChangeTest, GivesAnAddressToOneAccountInARace)
{
    const AccountId bob = world_.create("bob@example.com")->id;
    request("free@example.com", ada_);
    request("free@example.com", bob);
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 2U);
    std::atomic<int> done = 0;
    std::atomic<int> taken = 0;
    test::race(2, [&](int i) {
        const auto outcome = confirm(mails[static_cast<std::size_t>(i)].token);
        done += outcome ? 1 : 0;
        taken += !outcome && outcome.error().code == "account/email-taken" ? 1 : 0;
    });
    EXPECT_EQ(done, 1);
    EXPECT_EQ(taken, 1);
}

TEST_P(EmailChangeTest, RefusesTheSameAddressAndADisabledAccount)
{
    const Actor owner = world_.owner_of(ada_);
    const auto same = world_.database->write([&](WriteTx& tx) {
        return world_.email_change.request(tx, owner, *EmailAddress::parse("ADA@old.example"));
    });
    EXPECT_EQ(same.error().code, "account/email-unchanged");
    request("ada@new.example", ada_);
    const std::string token = world_.mails.take().at(0).token;
    ASSERT_TRUE(world_.database->write([&](WriteTx& tx) {
        return world_.accounts.set_state(tx, nobody_, ada_, State::Disabled);
    }));
    EXPECT_EQ(*confirm(token), Spent::LinkInvalid);
    EXPECT_EQ(world_.email_of(ada_), "ada@old.example");
}

// guards: a confirmation happens wholly or not at all, and the link survives a failure
TEST_P(EmailChangeTest, ChangesNothingWhenAStatementFails)
{
    request("ada@new.example", ada_);
    const std::string token = world_.mails.take().at(0).token;
    test::FailingDatabase failing(*world_.database);
    for (int n = 1;; ++n) {
        failing.fail_at(n);
        const auto outcome = failing.write(
            [&](WriteTx& tx) { return world_.email_change.confirm(tx, nobody_, token); });
        if (!failing.has_failed()) {
            EXPECT_EQ(*outcome, Spent::Done);
            break;
        }
        ASSERT_FALSE(outcome);
        ASSERT_EQ(world_.email_of(ada_), "ada@old.example");
        ASSERT_TRUE(world_.mails.take().empty());
    }
    EXPECT_EQ(world_.email_of(ada_), "ada@new.example");
}

} // namespace
} // namespace keystead::account

#include "features/ssh_key/ssh_key_service.h"

#include "crypto/ed25519.h"
#include "features/ssh_key/ssh_wire.h"
#include "test/support/account_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace keystead::ssh_key {
namespace {

using namespace std::chrono_literals;

class SshKeys : public testing::TestWithParam<Database::Engine> {
protected:
    SshKeys()
    {
        settings_.at_most = 3;
        ada_ = world_.create("ada@example.test")->id;
        bob_ = world_.create("bob@example.test")->id;
    }
    NewKey new_key(std::string name = "laptop")
    {
        world_.clock.advance(1ms); // Ids made in one millisecond have no order.
        Secret seed(32);
        world_.random.fill(seed.writable());
        Bytes blob;
        append_string(blob, as_bytes("ssh-ed25519"));
        append_string(blob, crypto::ed25519_public_key(seed));
        return {std::move(name), *parse_public_key_blob(blob)};
    }
    template <class Act> auto write(Act act)
    {
        return world_.database->write([&](WriteTx& tx) { return act(tx); });
    }
    Result<SshKey> add(AccountId account, const NewKey& wanted)
    {
        return write([&](WriteTx& tx) {
            return service_.add(tx, world_.owner_of(account), account, wanted);
        });
    }
    Result<SshKey> rotate(AccountId account, SshKeyId id, const NewKey& wanted,
                          std::chrono::seconds overlap = 1h)
    {
        return write([&](WriteTx& tx) {
            return service_.rotate(tx, world_.owner_of(account), account, id, wanted, overlap);
        });
    }
    Result<void> revoke(AccountId account, SshKeyId id, Reason reason = Reason::Unneeded)
    {
        return write([&](WriteTx& tx) {
            return service_.revoke(tx, world_.owner_of(account), account, id, reason);
        });
    }
    void report(const PublicKey& key)
    {
        ASSERT_TRUE(
            write([&](WriteTx& tx) { return service_.report_compromised(tx, Actor{}, key); }));
    }
    std::vector<SshKey> list(AccountId account)
    {
        return *world_.database->read([&](ReadTx& tx) { return service_.list(tx, account); });
    }
    void sweep() { ASSERT_TRUE(service_.sweep(*world_.database, world_.clock.now())); }

    test::AccountWorld world_{GetParam()};
    SshKeySettings settings_;
    SshKeyStore store_;
    SshKeyService service_{SshKeyParts{store_, world_.audit, world_.clock, world_.random, settings_,
                                       [this](WriteTx& tx, const Actor& actor, AccountId account,
                                              notify::Purpose purpose, const notify::Facts& facts) {
                                           return world_.notices.tell_owner(tx, actor, account,
                                                                            purpose, facts);
                                       }}};
    AccountId ada_;
    AccountId bob_;
};

TEST_P(SshKeys, AreAddedWithAName)
{
    const NewKey wanted = new_key();
    const auto added = add(ada_, wanted);
    ASSERT_TRUE(added);
    const auto listed = list(ada_);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].id, added->id);
    EXPECT_EQ(listed[0].name, "laptop");
    EXPECT_EQ(listed[0].key, wanted.key);
    EXPECT_EQ(listed[0].state(), State::Active);
    EXPECT_EQ(add(ada_, wanted).error().code, "ssh-key/already-there");
    EXPECT_EQ(world_.audit.count("ssh_key.add"), 1);
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::SshKeyAdded);
}

// guards: the old key of a rotation whose new one was revoked is one of so many again
TEST_P(SshKeys, CountWhatIsLeftOfARotation)
{
    const auto old = add(ada_, new_key());
    const auto next = rotate(ada_, old->id, new_key());
    ASSERT_TRUE(next) << next.error().cause;
    ASSERT_TRUE(add(ada_, new_key()));
    ASSERT_TRUE(add(ada_, new_key())) << "two that are valid for an hour count as one";
    EXPECT_EQ(add(ada_, new_key()).error().code, "ssh-key/limit-reached");
    ASSERT_TRUE(revoke(ada_, next->id));
    EXPECT_EQ(add(ada_, new_key()).error().code, "ssh-key/limit-reached");
    world_.clock.advance(1h);
    EXPECT_TRUE(add(ada_, new_key())) << "over, though no sweep has come";
}

// guards: the same key in another account is added as any other, and nobody is told
TEST_P(SshKeys, MayStandInSeveralAccounts)
{
    const NewKey wanted = new_key();
    ASSERT_TRUE(add(ada_, wanted));
    world_.mails.take();
    ASSERT_TRUE(add(bob_, wanted));
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].to, "bob@example.test");
    ASSERT_TRUE(revoke(bob_, list(bob_)[0].id, Reason::Compromised));
    EXPECT_EQ(list(ada_).size(), 1U) << "what bob says binds bob alone";
    EXPECT_EQ(add(bob_, wanted).error().code, "ssh-key/compromised");
}

// guards: at most so many an account, though fifty additions race
TEST_P(SshKeys, StayWithinTheLimitUnderARace)
{
    std::vector<NewKey> wanted;
    for (int i = 0; i < 50; ++i) {
        wanted.push_back(new_key(std::to_string(i)));
    }
    std::atomic<int> added{0};
    std::atomic<int> refused{0};
    test::race(50, [&](int i) {
        const auto key = add(ada_, wanted[static_cast<std::size_t>(i)]);
        added += key ? 1 : 0;
        refused += !key && key.error().code == "ssh-key/limit-reached" ? 1 : 0;
    });
    EXPECT_EQ(added, 3);
    EXPECT_EQ(refused, 47);
    EXPECT_EQ(list(ada_).size(), 3U);
    EXPECT_TRUE(add(bob_, new_key())) << "another account has its own limit";
    ASSERT_TRUE(revoke(ada_, list(ada_)[0].id));
    EXPECT_TRUE(add(ada_, new_key()));
}

// guards: fifty additions of one key add it once
TEST_P(SshKeys, AreAddedOnceInARace)
{
    const NewKey wanted = new_key();
    std::atomic<int> added{0};
    test::race(50, [&](int) { added += add(ada_, wanted) ? 1 : 0; });
    EXPECT_EQ(added, 1);
}

TEST_P(SshKeys, AreNobodyElsesBusiness)
{
    const auto key = add(ada_, new_key());
    const auto code = [](const auto& outcome) { return outcome.error().code; };
    EXPECT_EQ(code(revoke(bob_, key->id)), "ssh-key/not-found");
    EXPECT_EQ(code(rotate(bob_, key->id, new_key())), "ssh-key/not-found");
    EXPECT_EQ(code(write([&](WriteTx& tx) {
                  return service_.rename(tx, world_.owner_of(bob_), bob_, key->id, "mine");
              })),
              "ssh-key/not-found");
    EXPECT_EQ(code(write([&](WriteTx& tx) {
                  return service_.end_overlap(tx, world_.owner_of(bob_), bob_, key->id);
              })),
              "ssh-key/not-found");
    EXPECT_EQ(code(write([&](WriteTx& tx) {
                  return service_.confirm(tx, world_.owner_of(bob_), bob_, key->id);
              })),
              "ssh-key/not-found");
    EXPECT_EQ(list(ada_)[0].name, "laptop");
    EXPECT_TRUE(list(bob_).empty());
}

TEST_P(SshKeys, AreRenamed)
{
    const auto key = add(ada_, new_key());
    const auto renamed = write([&](WriteTx& tx) {
        return service_.rename(tx, world_.owner_of(ada_), ada_, key->id, "desktop");
    });
    EXPECT_EQ(renamed->name, "desktop");
    EXPECT_EQ(list(ada_)[0].name, "desktop");
    EXPECT_EQ(world_.audit.count("ssh_key.rename"), 1);
}

TEST_P(SshKeys, RotateWithAnOverlap)
{
    ASSERT_TRUE(add(ada_, new_key("one")));
    ASSERT_TRUE(add(ada_, new_key("two")));
    const auto old = add(ada_, new_key("three"));
    const auto next = rotate(ada_, old->id, new_key("new"));
    ASSERT_TRUE(next) << "a key that takes another's place needs none of its own";
    auto listed = list(ada_);
    ASSERT_EQ(listed.size(), 4U) << "both are valid";
    EXPECT_EQ(listed[1].id, old->id);
    EXPECT_EQ(listed[1].state(), State::Ending);
    EXPECT_EQ(listed[1].ends_at, world_.clock.now() + 1h);
    EXPECT_EQ(listed[1].replaced_by, next->id);
    EXPECT_EQ(add(ada_, new_key()).error().code, "ssh-key/limit-reached");
    EXPECT_EQ(rotate(ada_, old->id, new_key()).error().code, "ssh-key/rotation-pending");
    EXPECT_EQ(rotate(ada_, next->id, new_key()).error().code, "ssh-key/rotation-pending");
    world_.clock.advance(61min);
    EXPECT_EQ(list(ada_).size(), 3U) << "over at once, whenever it is swept";
    EXPECT_EQ(revoke(ada_, old->id).error().code, "ssh-key/not-found");
    EXPECT_TRUE(rotate(ada_, next->id, new_key()));
    sweep();
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM ssh_key"), 4);
    EXPECT_EQ(world_.audit.count("ssh_key.revoke"), 1);
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM ssh_key_revoked WHERE reason = 2"), 1);
}

// guards: fifty rotations put one key in the place of one
TEST_P(SshKeys, RotateOnceInARace)
{
    const auto old = add(ada_, new_key());
    std::vector<NewKey> wanted;
    for (int i = 0; i < 50; ++i) {
        wanted.push_back(new_key());
    }
    std::atomic<int> rotated{0};
    test::race(50, [&](int i) {
        rotated += rotate(ada_, old->id, wanted[static_cast<std::size_t>(i)]) ? 1 : 0;
    });
    EXPECT_EQ(rotated, 1);
    EXPECT_EQ(list(ada_).size(), 2U);
}

TEST_P(SshKeys, EndTheOlderOneOnWish)
{
    const auto old = add(ada_, new_key());
    const auto end_overlap = [&](SshKeyId id) {
        return write(
            [&](WriteTx& tx) { return service_.end_overlap(tx, world_.owner_of(ada_), ada_, id); });
    };
    EXPECT_EQ(end_overlap(old->id).error().code, "ssh-key/no-rotation");
    const auto next = rotate(ada_, old->id, new_key());
    ASSERT_TRUE(end_overlap(next->id));
    EXPECT_EQ(list(ada_).size(), 1U);
    EXPECT_EQ(end_overlap(next->id).error().code, "ssh-key/no-rotation");
    // No overlap at all.
    const auto third = rotate(ada_, next->id, new_key(), 0s);
    ASSERT_EQ(list(ada_).size(), 1U);
    EXPECT_EQ(list(ada_)[0].id, third->id);
}

// guards: a key that was revoked as compromised does not come back; one revoked otherwise may
TEST_P(SshKeys, AreNotAddedAgainWhenTheyWereCompromised)
{
    for (const Reason reason : {Reason::Unneeded, Reason::Rotated, Reason::Lost}) {
        const NewKey wanted = new_key();
        ASSERT_TRUE(revoke(ada_, add(ada_, wanted)->id, reason));
        ASSERT_TRUE(revoke(ada_, add(ada_, wanted)->id, Reason::Unneeded));
    }
    const NewKey wanted = new_key();
    ASSERT_TRUE(revoke(ada_, add(ada_, wanted)->id, Reason::Compromised));
    EXPECT_EQ(add(ada_, wanted).error().code, "ssh-key/compromised");
    const auto other = add(ada_, new_key());
    EXPECT_EQ(rotate(ada_, other->id, wanted).error().code, "ssh-key/compromised");
    EXPECT_TRUE(add(bob_, wanted)) << "what ada says binds ada alone";
}

// guards: what a key said of itself binds every account at once, and their owners hear of it
TEST_P(SshKeys, EndEverywhereWhenTheyWereProvenCompromised)
{
    const NewKey wanted = new_key();
    const NewKey other = new_key();
    ASSERT_TRUE(add(ada_, wanted));
    ASSERT_TRUE(add(bob_, wanted));
    ASSERT_TRUE(add(bob_, other));
    world_.mails.take();
    report(wanted.key);
    EXPECT_TRUE(list(ada_).empty());
    EXPECT_EQ(list(bob_).size(), 1U);
    EXPECT_EQ(add(ada_, wanted).error().code, "ssh-key/compromised");
    EXPECT_EQ(rotate(bob_, list(bob_)[0].id, wanted).error().code, "ssh-key/compromised");
    const auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 2U);
    EXPECT_TRUE(std::ranges::all_of(mails, [](const auto& mail) {
        return mail.purpose == notify::Purpose::SshKeyCompromised;
    }));
    report(wanted.key);
    EXPECT_EQ(world_.audit.count("ssh_key.prove-compromised"), 1);
    EXPECT_EQ(world_.audit.count("ssh_key.revoke"), 2);
    report(new_key().key);
    EXPECT_TRUE(world_.mails.take().empty()) << "a key of nobody's";
}

// guards: however many have it, none is valid once that was answered
TEST_P(SshKeys, EndEverywhereThoughManyHaveThem)
{
    constexpr int kAccounts = 60; // more than one transaction revokes
    const NewKey wanted = new_key();
    std::vector<AccountId> accounts;
    for (int i = 0; i < kAccounts; ++i) {
        accounts.push_back(world_.create("p" + std::to_string(i) + "@example.test")->id);
        ASSERT_TRUE(add(accounts.back(), wanted));
    }
    world_.mails.take();
    report(wanted.key);
    EXPECT_EQ(world_.mails.take().size(), 50U);
    for (const AccountId account : accounts) {
        EXPECT_TRUE(list(account).empty());
    }
    sweep();
    EXPECT_EQ(world_.mails.take().size(), 10U);
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM ssh_key"), 0);
}

// guards: after a restore no key is valid until its owner has confirmed it
TEST_P(SshKeys, WaitForTheirOwnerAfterARestore)
{
    const auto key = add(ada_, new_key());
    EXPECT_EQ(*write([&](WriteTx& tx) { return service_.suspend_all(tx, Actor{}); }), 1);
    EXPECT_EQ(list(ada_)[0].state(), State::Suspended);
    const auto told = world_.database->read(
        [&](ReadTx& tx) { return service_.list_suspended_accounts(tx, AccountId{}, 10); });
    EXPECT_EQ(*told, std::vector{ada_});
    const auto confirm = [&] {
        return write([&](WriteTx& tx) {
            return service_.confirm(tx, world_.owner_of(ada_), ada_, key->id);
        });
    };
    ASSERT_TRUE(confirm());
    EXPECT_EQ(list(ada_)[0].state(), State::Active);
    EXPECT_EQ(confirm().error().code, "ssh-key/not-suspended");
}

// guards: what was over stays over when the machine's clock goes back, and nothing lasts longer
TEST_P(SshKeys, StayOverWhenTheClockGoesBack)
{
    const auto over = add(ada_, new_key());
    ASSERT_TRUE(rotate(ada_, over->id, new_key("new"), 1h));
    const auto ending = add(bob_, new_key());
    ASSERT_TRUE(rotate(bob_, ending->id, new_key("new"), 48h));
    const Instant wall = world_.clock.now() - 24h * 365;
    world_.clock.advance(2h);
    const Instant seen = world_.clock.now();
    const auto ended = write(
        [&](WriteTx& tx) { return service_.set_back(tx, Actor{}, {.seen = seen, .wall = wall}); });
    EXPECT_EQ(*ended, 1);
    const auto find = [&](SshKeyId id) {
        return *world_.database->read([&](ReadTx& tx) { return store_.find(tx, id); });
    };
    EXPECT_FALSE(find(over->id));
    EXPECT_EQ(find(ending->id)->ends_at, wall + kOverlapMax);
}

TEST_P(SshKeys, EndWithTheSessionThatWasNotTheOwners)
{
    const auto own = add(ada_, new_key("own"));
    const auto foreign = rotate(ada_, own->id, new_key("foreign"));
    EXPECT_EQ(*write([&](WriteTx& tx) {
        return service_.revoke_made_in(tx, Actor{}, ada_, *foreign->created_in);
    }),
              1);
    const auto listed = list(ada_);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].id, own->id);
    EXPECT_EQ(listed[0].state(), State::Active) << "what the stranger replaced stays";
}

TEST_P(SshKeys, RemindTheirOwnerWhenTheyAreOld)
{
    ASSERT_TRUE(add(ada_, new_key()));
    world_.mails.take();
    world_.clock.advance(24h * 400);
    sweep();
    EXPECT_TRUE(world_.mails.take().empty()) << "only where it is wanted";
    settings_.reminder = 24h * 90;
    const auto rotated = add(bob_, new_key());
    world_.mails.take();
    sweep();
    sweep();
    auto mails = world_.mails.take();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].purpose, notify::Purpose::SshKeyOld);
    EXPECT_EQ(mails[0].to, "ada@example.test");
    world_.clock.advance(24h * 89);
    sweep();
    EXPECT_TRUE(world_.mails.take().empty());
    world_.clock.advance(24h);
    ASSERT_TRUE(rotate(bob_, rotated->id, new_key()));
    world_.mails.take();
    sweep();
    EXPECT_EQ(world_.mails.take().size(), 1U) << "again, and not for one that was rotated";
}

TEST_P(SshKeys, LeaveNothingWithTheirAccount)
{
    ASSERT_TRUE(add(ada_, new_key()));
    ASSERT_TRUE(revoke(ada_, add(ada_, new_key())->id, Reason::Compromised));
    ASSERT_TRUE(add(bob_, new_key()));
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        tx.audit_recorded();
        return service_.erase(tx, ada_);
    }));
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM ssh_key"), 1);
    EXPECT_EQ(world_.count_rows("SELECT COUNT(*) FROM ssh_key_revoked"), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, SshKeys, testing::ValuesIn(test::engines()), test::engine_name);

} // namespace
} // namespace keystead::ssh_key

// What happens to keys, login users and accounts, as servers hear of it.
#include "features/host/host_service.h"
#include "features/host/snapshot.h"
#include "test/support/host_world.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keystead::host {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class HostsFollow : public testing::TestWithParam<Database::Engine>, protected test::HostWorld {
protected:
    HostsFollow() : HostWorld(GetParam()) {}

    Result<Host> change(const Holder& holder, const HostChange& wanted)
    {
        return write([&](WriteTx& tx) {
            return hosts.change(tx, world.owner_of(holder.account), holder.account, holder.host,
                                wanted);
        });
    }
    void freeze(AccountId account)
    {
        ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
            KS_CHECK(world.audit.append(tx, {.actor = Actor{}, .action = "account.secure"}));
            KS_TRY([[maybe_unused]] const Instant since,
                   world.accounts.begin_securing(tx, account));
            return hosts.follow_account(tx, account);
        }));
    }
    void set_state(AccountId account, account::State state)
    {
        ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
            KS_TRY([[maybe_unused]] const bool changed,
                   world.accounts.set_state(tx, Actor{}, account, state));
            return hosts.follow_account(tx, account);
        }));
    }
};

// guards: a key that is rotated away is refused from the moment its overlap ends
TEST_P(HostsFollow, TheEndOfAnOverlapToTheMoment)
{
    const auto old = add_key(ada);
    const Holder holder = enrolled(ada);
    const auto wanted = new_key("next");
    const auto next = *write([&](WriteTx& tx) {
        return ssh_keys.rotate(tx, world.owner_of(ada), ada, old.id, wanted, 1h);
    });
    world.clock.advance(1h - 1us);
    EXPECT_EQ(listed(holder).size(), 2U);
    EXPECT_FALSE(refuses(holder, old));
    world.clock.advance(1us);
    EXPECT_EQ(listed(holder), Names{name_of(next)});
    EXPECT_TRUE(refuses(holder, old)) << "before any sweep";
    const std::string before = digest_of(holder);
    ASSERT_TRUE(ssh_keys.sweep(*world.database, world.clock.now()));
    EXPECT_EQ(digest_of(holder), before) << "the sweep changes nothing for the server";
    EXPECT_EQ(pending(holder), 1);
    report(holder, {.applied = before});
    EXPECT_EQ(pending(holder), 0);
}

// guards: a key that was never chosen for a server is not in its list when its overlap ends
TEST_P(HostsFollow, TheEndOfTheirOwnKeysAlone)
{
    const auto old = add_key(ada);
    const auto own = add_key(ada, "own");
    const Holder holder = enrolled(ada, std::vector{own.id});
    const auto wanted = new_key("next");
    ASSERT_TRUE(write([&](WriteTx& tx) {
        return ssh_keys.rotate(tx, world.owner_of(ada), ada, old.id, wanted, 1h);
    }));
    world.clock.advance(1h);
    EXPECT_FALSE(refuses(holder, old));
}

// guards: what is revoked while a server waits for its enrolment is in its first list
TEST_P(HostsFollow, AKeyThatIsRevokedBeforeTheyAreEnrolled)
{
    const auto key = add_key(ada);
    const auto made = create(ada);
    revoke(key);
    ASSERT_TRUE(enroll(*made));
    const Holder holder{made->host.id, ada};
    EXPECT_TRUE(refuses(holder, key)) << "its image, or its provider, may hold the key";
    EXPECT_EQ(pending(holder), 1);
}

// guards: what was asked for before a freeze does nothing after it
TEST_P(HostsFollow, NobodyOfAnAccountThatIsFrozen)
{
    add_key(ada);
    const Holder holder = enrolled(ada);
    const auto waiting = create(ada);
    ASSERT_TRUE(write([&](WriteTx& tx) { return hosts.suspend_all(tx, Actor{}); }));
    const auto anew = write([&](WriteTx& tx) {
        return hosts.renew_enrolment(tx, world.owner_of(ada), ada, waiting->host.id);
    });
    freeze(ada);
    constexpr std::string_view kRefused = "account/being-secured";
    EXPECT_EQ(create(ada).error().code, kRefused);
    EXPECT_EQ(change(holder, {.login_users = Names{"root", "eve"}}).error().code, kRefused);
    EXPECT_EQ(write([&](WriteTx& tx) {
                  return hosts.renew_enrolment(tx, world.owner_of(ada), ada, holder.host);
              })
                  .error()
                  .code,
              kRefused);
    EXPECT_EQ(
        write([&](WriteTx& tx) { return hosts.confirm(tx, world.owner_of(ada), ada, holder.host); })
            .error()
            .code,
        kRefused);
    EXPECT_EQ(enroll(*anew).error().code, "host/required") << "nor does a token made before it";
    EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM host WHERE enrolment_digest IS NOT NULL"), 0);
    EXPECT_EQ(create(AccountId::make(world.clock.now(), world.random)).error().code,
              "host/not-found")
        << "nor for an account that was erased";
    EXPECT_TRUE(write([&](WriteTx& tx) {
        return hosts.remove(tx, world.owner_of(ada), ada, holder.host);
    })) << "an end may always be put to one";
}

// guards: a login user who is dropped is pending until the server has said that it knows
TEST_P(HostsFollow, ALoginUserThatIsDropped)
{
    const auto key = add_key(ada);
    const auto made = create(ada, std::nullopt, {"root", "ubuntu"});
    ASSERT_TRUE(enroll(*made));
    const Holder holder{made->host.id, ada};
    const std::string before = digest_of(holder);
    ASSERT_TRUE(change(holder, {.login_users = Names{"ubuntu"}}));
    EXPECT_EQ(pending(holder), 1);
    EXPECT_FALSE(refuses(holder, key)) << "it opens the other one";
    report(holder, {.applied = before});
    EXPECT_EQ(pending(holder), 1);
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(pending(holder), 0);
    EXPECT_EQ(world.audit.count("ssh_key.apply"), 1);
    ASSERT_TRUE(change(holder, {.login_users = Names{"root"}}));
    ASSERT_TRUE(change(holder, {.login_users = Names{"root", "ubuntu"}}));
    EXPECT_EQ(pending(holder), 0) << "it was let in again";
    ASSERT_TRUE(change(holder, {.name = "another"}));
    EXPECT_EQ(pending(holder), 0) << "a name is nothing to confirm";
}

// guards: a person's key that is dropped from a server is pending there, and nowhere else
TEST_P(HostsFollow, AKeyThatIsNoLongerChosen)
{
    const auto kept = add_key(ada, "kept");
    const auto dropped = add_key(ada, "dropped");
    const Holder holder = enrolled(ada);
    const Holder other = enrolled(ada);
    const HostChange to_one{.keys = HostChange::Keys::Chosen, .chosen = {kept.id}};
    ASSERT_TRUE(change(holder, to_one));
    EXPECT_EQ(pending(holder), 1);
    EXPECT_EQ(pending(other), 0);
    const auto servers = *read([&](ReadTx& tx) { return reports.servers_of(tx, ada, dropped.id); });
    ASSERT_EQ(servers.removals.size(), 1U);
    EXPECT_FALSE(servers.removals[0].confirmed_at);
    ASSERT_TRUE(change(holder, to_one));
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(pending(holder), 0);
    ASSERT_TRUE(change(holder, to_one));
    EXPECT_EQ(pending(holder), 0) << "what was confirmed stays so";
}

// guards: a disabled account's list is read once, not at each of its servers' requests
TEST_P(HostsFollow, AnAccountThatIsDisabledAndEnabled)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada);
    EXPECT_EQ(listed(holder).size(), 1U);
    set_state(ada, account::State::Disabled);
    EXPECT_TRUE(listed(holder).empty());
    EXPECT_TRUE(refuses(holder, key));
    EXPECT_EQ(pending(holder), 1);
    EXPECT_EQ(content(holder)->get(), content(holder)->get());
    set_state(ada, account::State::Active);
    EXPECT_EQ(listed(holder).size(), 1U);
    EXPECT_FALSE(refuses(holder, key));
}

// guards: the new key of an account that is proved compromised makes no other's servers wait
TEST_P(HostsFollow, TheProofOfNobodysKeyWithoutForgetting)
{
    add_key(ada);
    const auto proved = add_key(bob);
    const Holder holder = enrolled(ada);
    const Holder other = enrolled(bob);
    const auto known = *content(holder);
    const auto prove = [&](const ssh_key::PublicKey& key) {
        ASSERT_TRUE(
            write([&](WriteTx& tx) { return ssh_keys.report_compromised(tx, Actor{}, key); }));
    };
    prove(new_key().key);
    EXPECT_EQ(known.get(), content(holder)->get());
    EXPECT_FALSE(refuses(other, proved));
    prove(proved.key);
    EXPECT_EQ(known.get(), content(holder)->get());
    EXPECT_TRUE(refuses(other, proved));
}

// guards: what a server was told, and what it never confirmed, does not grow for ever
TEST_P(HostsFollow, SoManyRemovalsAndNoMore)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada);
    const auto fill = [&](SshKeyId of, int count) {
        return write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                Digest digest{};
                world.random.fill(digest);
                KS_CHECK(records.add_removal(tx, holder.host, ada, of, digest,
                                             Instant{std::chrono::seconds(i)}));
            }
            return world.audit.append(tx, {.actor = Actor{}, .action = "ssh_key.revoke"});
        });
    };
    ASSERT_TRUE(fill(kNoKey, kUserRemovalsMax + 50));
    ASSERT_TRUE(fill(SshKeyId::make(world.clock.now(), world.random), kRefusedMax + 50));
    ASSERT_TRUE(change(holder, {.login_users = Names{"ubuntu"}}));
    const auto all = [&] { return world.count_rows("SELECT COUNT(*) FROM host_removal"); };
    EXPECT_EQ(all(), kUserRemovalsMax + kRefusedMax);
    revoke(key);
    EXPECT_EQ(all(), kUserRemovalsMax + kRefusedMax);
    EXPECT_TRUE(refuses(holder, key));
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(all(), kRefusedMax) << "of a login user nothing is needed any more";
    EXPECT_EQ(pending(holder), 0);
}

// guards: however many keys there are, what was revoked is refused, and its refusal confirmed
TEST_P(HostsFollow, RevocationsThoughThereAreTooManyKeys)
{
    const auto lost = add_key(ada);
    const auto kept = add_key(ada, "kept");
    const Holder holder = enrolled(ada);
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(world.audit.append(tx, {.actor = Actor{}, .action = "ssh_key.add"}));
        KS_TRY([[maybe_unused]] const int rows,
               tx.exec("UPDATE ssh_key SET blob = $2 WHERE id = $1", kept.id, Bytes(800'000)));
        return {};
    }));
    revoke(lost);
    const auto told = *content(holder);
    EXPECT_TRUE(told->is_too_much);
    EXPECT_TRUE(told->index.empty());
    EXPECT_LT(told->text.size(), 1000U);
    EXPECT_TRUE(told->text.ends_with(kTooManyKeys));
    EXPECT_TRUE(refuses(holder, lost));
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(pending(holder), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, HostsFollow, testing::ValuesIn(keystead::test::engines()),
                         keystead::test::engine_name);

} // namespace
} // namespace keystead::host

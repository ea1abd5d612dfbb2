#include "features/host/host_service.h"

#include "features/host/enrolment_words.h"
#include "features/host/snapshot.h"
#include "test/support/host_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace keystead::host {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

class Hosts : public testing::TestWithParam<Database::Engine>, protected test::HostWorld {
protected:
    Hosts() : HostWorld(GetParam()) {}

    Result<void> remove(AccountId account, HostId id)
    {
        return write(
            [&](WriteTx& tx) { return hosts.remove(tx, world.owner_of(account), account, id); });
    }
    Result<Host> change(AccountId account, HostId id, const HostChange& wanted)
    {
        return write([&](WriteTx& tx) {
            return hosts.change(tx, world.owner_of(account), account, id, wanted);
        });
    }
    State state_of(const Holder& holder)
    {
        return read([&](ReadTx& tx) { return hosts.load_one(tx, holder.account, holder.host); })
            ->host.state(world.clock.now());
    }
};

// guards: whoever may change servers cannot fill their owner's activity with changes that are none,
// and a name stands apart from who may log in
TEST_P(Hosts, RecordAChangeOnlyWhenThereIsOne)
{
    const auto made = create(ada, std::nullopt, {"root", "ubuntu"});
    ASSERT_TRUE(made);
    const HostId id = made->host.id;
    const auto name = made->host.name;
    const auto recorded = [&](const HostChange& wanted) {
        const int changed = world.audit.count("host.change");
        const int renamed = world.audit.count("host.rename");
        EXPECT_TRUE(change(ada, id, wanted));
        return std::pair(world.audit.count("host.change") - changed,
                         world.audit.count("host.rename") - renamed);
    };
    using Keys = HostChange::Keys;
    EXPECT_EQ(recorded({.name = name, .login_users = Names{"ubuntu", "root"}, .keys = Keys::All}),
              std::pair(0, 0));
    EXPECT_EQ(recorded({.name = "db"}), std::pair(0, 1));
    EXPECT_EQ(recorded({.name = "db", .login_users = Names{"root"}}), std::pair(1, 0));
    EXPECT_EQ(recorded({.keys = Keys::Chosen}), std::pair(1, 0));
    EXPECT_EQ(recorded({.keys = Keys::Chosen}), std::pair(0, 0));
}

TEST_P(Hosts, AreRegisteredEnrolledAndHeardOf)
{
    const auto made = create(ada, std::nullopt, {"root", "ubuntu"});
    ASSERT_TRUE(made) << made.error().cause;
    const Holder holder{made->host.id, ada};
    EXPECT_EQ(state_of(holder), State::Waiting);
    const auto enrolled = enroll(*made);
    ASSERT_TRUE(enrolled) << enrolled.error().cause;
    EXPECT_EQ(state_of(holder), State::Enrolled);
    EXPECT_EQ(enrolled->answer_key, made->answer_key);
    const auto token = hosts.parse(enrolled->token.reveal_text());
    ASSERT_TRUE(token);
    EXPECT_FALSE(hosts.find_cached(*token));
    EXPECT_EQ((*hosts.load(*world.database, *token))->host, holder.host);
    world.clock.advance(61s);
    EXPECT_EQ(state_of(holder), State::Silent);
    EXPECT_EQ(hosts.find_cached(*token)->account, ada);
    EXPECT_EQ(state_of(holder), State::Enrolled);
    ASSERT_TRUE(hosts.write_seen(*world.database));
    const auto view = *read([&](ReadTx& tx) { return hosts.load_one(tx, ada, holder.host); });
    EXPECT_EQ(view.host.seen_at, world.clock.now());
    EXPECT_EQ(view.cache_ends_at, world.clock.now() + 15min);
    EXPECT_EQ(view.host.login_users, (Names{"root", "ubuntu"}));
}

// guards: of fifty servers with one enrolment token, one is enrolled
TEST_P(Hosts, AreEnrolledOnceWhateverRaces)
{
    const auto made = create(ada);
    ASSERT_TRUE(made);
    std::atomic<int> won{0};
    keystead::test::race(50, [&](int) { won += enroll(*made) ? 1 : 0; });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(enroll(*made).error().code, "host/required");
    EXPECT_EQ(world.audit.count("host.enroll"), 1);
}

TEST_P(Hosts, AreNotEnrolledAfterTheTokensTime)
{
    const auto made = create(ada);
    const auto token = hosts.parse_enrolment(made->enrolment.reveal_text());
    world.clock.advance(24h);
    EXPECT_EQ(*hosts.load_enrolment(*world.database, *token), std::nullopt);
    EXPECT_EQ(enroll(*made).error().code, "host/required");
}

// guards: at most so many servers an account, though fifty are registered at once
TEST_P(Hosts, StayWithinTheLimitUnderARace)
{
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    keystead::test::race(50, [&](int) {
        const auto host = create(ada);
        made += host ? 1 : 0;
        refused += !host && host.error().code == "host/limit-reached" ? 1 : 0;
    });
    EXPECT_EQ(made, 3);
    EXPECT_EQ(refused, 47);
    EXPECT_TRUE(create(bob)) << "another account has its own limit";
}

// guards: another's server is as one that is not there
TEST_P(Hosts, AreNobodyElsesBusiness)
{
    const Holder holder = enrolled(ada);
    EXPECT_EQ(remove(bob, holder.host).error().code, "host/not-found");
    EXPECT_EQ(change(bob, holder.host, {.name = "mine"}).error().code, "host/not-found");
    EXPECT_EQ(read([&](ReadTx& tx) { return hosts.load_one(tx, bob, holder.host); }).error().code,
              "host/not-found");
    EXPECT_EQ(write([&](WriteTx& tx) {
                  return hosts.renew_enrolment(tx, world.owner_of(bob), bob, holder.host);
              })
                  .error()
                  .code,
              "host/not-found");
    const auto key = add_key(bob);
    EXPECT_EQ(create(ada, std::vector{key.id}).error().code, "host/unknown-key");
    EXPECT_TRUE(listed(holder).empty()) << "bob's key opens nothing of ada's";
}

TEST_P(Hosts, TakeLoginUsersOfPosix)
{
    for (const char* const name : {"root", "_apt", "a.b", "User1", "x-"}) {
        EXPECT_TRUE(is_login_user(name)) << name;
    }
    for (const char* const name : {"", "-x", "a b", "a:b", "é", "a\n", "*", "../x"}) {
        EXPECT_FALSE(is_login_user(name)) << name;
    }
    EXPECT_FALSE(is_login_user(std::string(33, 'a')));
    EXPECT_EQ(create(ada, {}, {"root", "no good"}).error().code, "host/login-user");
    EXPECT_EQ(split_users(join_users({"a", "b"})), (Names{"a", "b"}));
}

TEST_P(Hosts, HaveEachLoginUserOnce)
{
    const auto made = create(ada, std::nullopt, {"ubuntu", "root", "ubuntu"});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->host.login_users, (Names{"ubuntu", "root"}));
    const auto changed = change(ada, made->host.id, {.login_users = Names{"root", "root"}});
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->login_users, Names{"root"});
}

// guards: a revoked key is gone from the next answer, refused, and pending until the server has it
TEST_P(Hosts, HearOfARevokedKeyAndConfirmIt)
{
    const auto kept = add_key(ada, "kept");
    const auto lost = add_key(ada, "lost");
    const Holder holder = enrolled(ada);
    EXPECT_EQ(listed(holder).size(), 2U);
    const std::string before = digest_of(holder);
    revoke(lost);
    EXPECT_EQ(listed(holder), Names{name_of(kept)});
    EXPECT_TRUE(refuses(holder, lost));
    EXPECT_FALSE(refuses(holder, kept));
    EXPECT_EQ(pending(holder), 1);
    report(holder, {.applied = before});
    EXPECT_EQ(pending(holder), 1) << "what it had before confirms nothing";
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(pending(holder), 0);
    EXPECT_EQ(world.audit.count("ssh_key.apply"), 1);
    report(holder, {.applied = digest_of(holder)});
    EXPECT_EQ(world.audit.count("ssh_key.apply"), 1) << "once";
    const auto servers = *read([&](ReadTx& tx) { return reports.servers_of(tx, ada, lost.id); });
    ASSERT_EQ(servers.removals.size(), 1U);
    EXPECT_TRUE(servers.removals[0].confirmed_at);
    EXPECT_EQ(read([&](ReadTx& tx) { return reports.servers_of(tx, bob, lost.id); }).error().code,
              "ssh-key/not-found");
}

// guards: what may log in again is not refused; what is proved compromised stays refused
TEST_P(Hosts, RefuseWhatMayNotLogInNow)
{
    const Holder holder = enrolled(ada);
    const auto wanted = new_key();
    const auto add = [&] {
        return *write(
            [&](WriteTx& tx) { return ssh_keys.add(tx, world.owner_of(ada), ada, wanted); });
    };
    const auto first = add();
    revoke(first);
    EXPECT_TRUE(refuses(holder, first));
    const auto again = add();
    EXPECT_FALSE(refuses(holder, again));
    EXPECT_EQ(listed(holder), Names{name_of(again)});
    ASSERT_TRUE(
        write([&](WriteTx& tx) { return ssh_keys.report_compromised(tx, Actor{}, wanted.key); }));
    EXPECT_TRUE(refuses(holder, again));
    EXPECT_TRUE(listed(holder).empty());
}

TEST_P(Hosts, ChooseTheirKeysAndFollowRotations)
{
    const auto key = add_key(ada);
    const auto other = add_key(ada, "other");
    const Holder holder = enrolled(ada, std::vector{key.id});
    EXPECT_EQ(listed(holder), Names{name_of(key)});
    const auto wanted = new_key("next");
    const auto next = *write([&](WriteTx& tx) {
        return ssh_keys.rotate(tx, world.owner_of(ada), ada, key.id, wanted, 1h);
    });
    EXPECT_EQ(listed(holder).size(), 2U);
    world.clock.advance(1h);
    EXPECT_EQ(listed(holder), Names{name_of(next)}) << "by its time, not by the sweep's";
    ASSERT_TRUE(ssh_keys.sweep(*world.database, world.clock.now()));
    EXPECT_EQ(pending(holder), 1);
    const HostChange to_other{.keys = HostChange::Keys::Chosen, .chosen = {other.id}};
    ASSERT_TRUE(change(ada, holder.host, to_other));
    EXPECT_EQ(listed(holder), Names{name_of(other)});
    EXPECT_TRUE(refuses(holder, next)) << "it opened the server before";
    ASSERT_TRUE(change(ada, holder.host, {.keys = HostChange::Keys::All}));
    EXPECT_FALSE(refuses(holder, next));
    revoke(other);
    ASSERT_TRUE(change(ada, holder.host, {.keys = HostChange::Keys::Chosen, .chosen = {next.id}}));
    revoke(next);
    EXPECT_TRUE(listed(holder).empty()) << "no key left does not mean all keys";
}

TEST_P(Hosts, EndWithTheirTokens)
{
    const auto made = create(ada);
    const auto enrolled = enroll(*made);
    const auto token = *hosts.parse(enrolled->token.reveal_text());
    ASSERT_TRUE(*hosts.load(*world.database, token));
    const auto anew = write([&](WriteTx& tx) {
        return hosts.renew_enrolment(tx, world.owner_of(ada), ada, made->host.id);
    });
    ASSERT_TRUE(anew);
    EXPECT_FALSE(hosts.find_cached(token));
    EXPECT_EQ(*hosts.load(*world.database, token), std::nullopt);
    EXPECT_FALSE(enroll(*made)) << "the enrolment token before is dead, too";
    const auto second = *hosts.parse(enroll(*anew)->token.reveal_text());
    ASSERT_TRUE(*hosts.load(*world.database, second));
    ASSERT_TRUE(remove(ada, made->host.id));
    EXPECT_FALSE(hosts.find_cached(second));
    EXPECT_EQ(*hosts.load(*world.database, second), std::nullopt);
    EXPECT_EQ(content({made->host.id, ada}).error().code, "host/required");
    for (const char* const table : {"host", "host_key", "host_seen", "host_removal"}) {
        EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM " + std::string(table)), 0) << table;
    }
}

// guards: what was over or used before a restore does not come back with it
TEST_P(Hosts, HearNothingAfterARestoreBeforeTheirOwnerConfirmsThem)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada);
    const auto waiting = create(ada);
    EXPECT_EQ(*write([&](WriteTx& tx) -> Result<int> {
        KS_CHECK(ssh_keys.suspend_all(tx, Actor{}));
        return hosts.suspend_all(tx, Actor{});
    }),
              1);
    EXPECT_EQ(content(holder).error().code, "host/suspended");
    EXPECT_FALSE(enroll(*waiting));
    EXPECT_EQ(state_of(holder), State::Suspended);
    EXPECT_EQ(pending(holder), 1);
    const auto confirm = [&] {
        return write(
            [&](WriteTx& tx) { return hosts.confirm(tx, world.owner_of(ada), ada, holder.host); });
    };
    ASSERT_TRUE(confirm());
    EXPECT_EQ(confirm().error().code, "host/not-suspended");
    EXPECT_TRUE(listed(holder).empty());
    EXPECT_TRUE(refuses(holder, key));
    ASSERT_TRUE(
        write([&](WriteTx& tx) { return ssh_keys.confirm(tx, world.owner_of(ada), ada, key.id); }));
    EXPECT_EQ(listed(holder).size(), 1U);
    EXPECT_FALSE(refuses(holder, key));
}

// guards: what is told to be over was ended here, and is not what a back-up does not know
TEST_P(Hosts, HearThatTheyAreOverWhenTheyAreAlone)
{
    const auto prove = [&](const Secret& token) {
        return hosts.prove_end(*world.database, token.reveal_text());
    };
    const auto load = [&](const Secret& token) {
        return hosts.load(*world.database, *hosts.parse(token.reveal_text()));
    };
    const auto ended = create(ada);
    const Secret ended_token = std::move(enroll(*ended)->token);
    EXPECT_EQ(prove(ended_token).error().code, "host/not-ended");
    EXPECT_EQ(prove(Secret::copy_of("ks_host_made-up")).error().code, "host/required");
    ASSERT_TRUE(remove(ada, ended->host.id));
    const auto proof = prove(ended_token);
    ASSERT_TRUE(proof) << proof.error().cause;
    const auto digest = hosts.parse(ended_token.reveal_text())->digest;
    EXPECT_TRUE(proof->starts_with("keystead-end/v1\nhost " + ended->host.id.text() + "\ntoken " +
                                   hex_encode(digest) + "\nissued "));

    const auto kept = create(ada);
    const Secret kept_token = std::move(enroll(*kept)->token);
    const auto anew = write([&](WriteTx& tx) {
        return hosts.renew_enrolment(tx, world.owner_of(ada), ada, kept->host.id);
    });
    ASSERT_TRUE(anew);
    EXPECT_TRUE(prove(kept_token)) << "the machine that it was before is to forget its keys";

    // A back-up of three minutes ago, in which the second server has not come yet, is restored.
    const auto since = create(ada);
    const Secret since_token = std::move(enroll(*since)->token);
    world.clock.advance(3min);
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int count, hosts.suspend_all(tx, Actor{}));
        KS_TRY([[maybe_unused]] const bool gone, store.remove(tx, since->host.id));
        return hosts.note_restore(tx, since->host.created_at - 1ms);
    }));
    EXPECT_EQ(load(since_token).error().code, "host/suspended");
    EXPECT_EQ(prove(since_token).error().code, "host/suspended");
    EXPECT_EQ(load(kept_token).error().code, "host/suspended")
        << "it may have been enrolled since the back-up";
    world.clock.advance(1ms);
    const auto after = create(ada);
    const Secret after_token = std::move(enroll(*after)->token);
    ASSERT_TRUE(remove(ada, after->host.id));
    EXPECT_TRUE(prove(after_token)) << "it was registered after the restore";
}

// guards: an enrolment token whose time was over stays so when the clock goes back
TEST_P(Hosts, ForgetEnrolmentsThatWereOverWhenTheClockGoesBack)
{
    const auto over = create(ada);
    world.clock.advance(24h);
    const Instant seen = world.clock.now();
    world.clock.advance(-48h);
    EXPECT_EQ(*write([&](WriteTx& tx) -> Result<int> {
        KS_CHECK(world.audit.append(tx, {.actor = Actor{}, .action = "clock.set-back"}));
        return hosts.set_back(tx, Actor{}, {.seen = seen, .wall = world.clock.now()});
    }),
              1);
    EXPECT_FALSE(enroll(*over));
}

TEST_P(Hosts, GoWithTheirAccount)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada, std::vector{key.id});
    revoke(key);
    report(holder, {.logins = {{"a", "root", name_of(key), "192.0.2.1", world.clock.now()}}});
    ASSERT_TRUE(write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(world.audit.append(tx, {.actor = Actor{}, .action = "account.erase"}));
        return hosts.erase(tx, ada);
    }));
    for (const char* const table :
         {"host", "host_key", "host_identity", "host_seen", "host_removal", "host_login"}) {
        EXPECT_EQ(world.count_rows("SELECT COUNT(*) FROM " + std::string(table)), 0) << table;
    }
}

// guards: logins are told once, of the account's own keys alone
TEST_P(Hosts, TellOfLoginsOnce)
{
    const auto key = add_key(ada);
    const auto foreign = add_key(bob);
    const Holder holder = enrolled(ada);
    const NewLogin login{"a", "root", name_of(key), "192.0.2.1", world.clock.now() + 1h};
    for (int i = 0; i < 2; ++i) {
        report(holder, {.logins = {login, {"b", "root", name_of(foreign), "", world.clock.now()}}});
    }
    EXPECT_EQ(world.audit.count("ssh_key.use"), 2);
    const auto list = [&] {
        return *read(
            [&](ReadTx& tx) { return reports.list_logins(tx, holder.host, std::nullopt, 10); });
    };
    ASSERT_EQ(list().size(), 2U);
    EXPECT_EQ(std::ranges::count_if(list(), [](const Login& one) { return one.key.has_value(); }),
              1)
        << "another account's key is nobody's here";
    const auto uses =
        *read([&](ReadTx& tx) { return reports.list_uses(tx, ada, key.id, std::nullopt, 10); });
    ASSERT_EQ(uses.size(), 1U);
    EXPECT_EQ(uses[0].began_at, world.clock.now()) << "not in the future";
    EXPECT_FALSE(uses[0].ended_at);
    report(holder, {.ended = {{"a", world.clock.now(), EndedBy::Removal}}});
    report(holder, {.ended = {{"a", world.clock.now() - 1s, EndedBy::Itself}}});
    const auto after =
        *read([&](ReadTx& tx) { return reports.list_uses(tx, ada, key.id, std::nullopt, 10); });
    EXPECT_EQ(after[0].ended_by, EndedBy::Removal);
    EXPECT_EQ(read([&](ReadTx& tx) { return ssh_keys.load_one(tx, ada, key.id); })->last_used_at,
              world.clock.now());
    world.clock.advance(1h);
    ASSERT_TRUE(reports.sweep(*world.database, world.clock.now()));
    EXPECT_TRUE(list().empty());
}

TEST_P(Hosts, AreToldBySignedStatements)
{
    const auto key = add_key(ada);
    const Holder holder = enrolled(ada);
    const auto whole = contents.snapshot(*world.database, holder, "");
    ASSERT_TRUE(whole) << whole.error().cause;
    EXPECT_TRUE(whole->starts_with("keystead-statement/v1\nhost " + holder.host.text() + "\n"));
    EXPECT_NE(whole->find("\nkey root " + ssh_key::line_of(key.key)), std::string::npos);
    const auto brief = contents.snapshot(*world.database, holder, digest_of(holder));
    EXPECT_TRUE(brief->ends_with("\n\n"));
    EXPECT_EQ(authorized_keys(**content(holder), "root", ""), ssh_key::line_of(key.key) + "\n");
    EXPECT_EQ(authorized_keys(**content(holder), "roo", ""), "");
    EXPECT_EQ(authorized_keys(**content(holder), "root", "SHA256:other"), "");
}

INSTANTIATE_TEST_SUITE_P(Engines, Hosts, testing::ValuesIn(keystead::test::engines()),
                         keystead::test::engine_name);

// guards: what was read before a change is not kept after it
TEST(ContentCache, TakesNothingThatWasReadBeforeAChange)
{
    ContentCache cache(1000);
    const AccountId account{IdBytes{std::byte{1}}};
    const HostId host{IdBytes{std::byte{2}}};
    const auto content = [](std::string text) {
        auto made = std::make_shared<Content>();
        made->text = std::move(text);
        return made;
    };
    const auto read_at = cache.epoch();
    cache.forget(account);
    cache.insert(account, host, content("old"), read_at);
    EXPECT_EQ(cache.find(account, host, Instant{}), nullptr);
    cache.insert(account, host, content("new"), cache.epoch());
    ASSERT_NE(cache.find(account, host, Instant{}), nullptr);
    EXPECT_EQ(cache.find(AccountId{}, host, Instant{}), nullptr);
    cache.insert(account, HostId{}, content(std::string(999, 'x')), cache.epoch());
    EXPECT_EQ(cache.find(account, host, Instant{}), nullptr) << "it is bounded";
    cache.clear();
    EXPECT_EQ(cache.find(account, HostId{}, Instant{}), nullptr);
}

TEST(EnrolmentWords, AreSafeInAShellAndInYaml)
{
    const EnrolmentWords words{"https://id.example.org/a'b", {"sha256//AAAA="}, {}};
    const Secret command = enrolment_command(words, "ks_enr_x");
    EXPECT_TRUE(
        command.reveal_text().starts_with("printf %s ks_enr_x | sudo keystead-sshd enroll"));
    EXPECT_NE(command.reveal_text().find("'https://id.example.org/a'\\''b'"), std::string::npos);
    const Secret document = cloud_init(words, "ks_enr_x");
    EXPECT_NE(document.reveal_text().find(R"("--pin", "sha256//AAAA=", --token-file)"),
              std::string::npos)
        << document.reveal_text();
}

} // namespace
} // namespace keystead::host

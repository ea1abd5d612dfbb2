// guards: events and their tree commit together, a person's page is theirs alone, erasure leaves
// every proof standing, and damage is found
#include "features/audit/audit_service.h"

#include "core/json.h"
#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_verification.h"
#include "test/support/failing_database.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace keystead::audit {
namespace {

using test::TestDatabase;

struct Damage {
    std::string_view sql;
    std::string_view found;
};

class AuditServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    AuditServiceTest()
    {
        database_->set_before_commit(AuditSequencer::before_commit);
        alice_ = AccountId::make(clock_.now(), random_);
        bob_ = AccountId::make(clock_.now(), random_);
    }

    Actor actor_of(AccountId account)
    {
        return {.kind = ActorKind::Account,
                .account = account,
                .ip = IpAddress::parse("203.0.113.9"),
                .client_description = {.user_agent = "Mozilla/5.0 (Test)",
                                       .hint_brands = R"("Test";v="1")"}};
    }
    void append(const Event& event)
    {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) { return audit_.append(tx, event); }));
        clock_.advance(std::chrono::seconds{1});
    }
    void append_many(AccountId account, int count)
    {
        const Actor actor = actor_of(account);
        for (int i = 0; i < count; ++i) {
            append({.actor = actor,
                    .action = "test.step",
                    .details = {{"number", std::to_string(i)}}});
        }
    }
    /// All events have their number after this; SQLite's have it already.
    void settle() { ASSERT_TRUE(AuditSequencer(*database_).run_once(clock_.now())); }

    Verification verify()
    {
        settle();
        const auto outcome = database_->read([&](ReadTx& tx) { return verify_all(tx); });
        EXPECT_TRUE(outcome);
        return outcome ? *outcome : Verification{};
    }
    /// Ten events in a database of their own, damaged: verification names what.
    void expect_found(const Damage& damage)
    {
        TestDatabase fresh{GetParam()};
        fresh->set_before_commit(AuditSequencer::before_commit);
        const Actor actor = actor_of(alice_);
        for (int i = 0; i < 10; ++i) {
            ASSERT_TRUE(fresh->write([&](WriteTx& tx) {
                return audit_.append(tx, {.actor = actor, .action = "test.step"});
            }));
        }
        ASSERT_TRUE(AuditSequencer(*fresh).run_once(clock_.now()));
        fresh->set_before_commit([](WriteTx&) -> Result<void> { return {}; });
        ASSERT_TRUE(fresh->write([&](WriteTx& tx) -> Result<void> {
            KS_TRY([[maybe_unused]] const int rows, tx.exec(damage.sql));
            tx.audit_recorded();
            return {};
        }));
        const auto result = fresh->read([&](ReadTx& tx) { return verify_all(tx); });
        ASSERT_TRUE(result);
        ASSERT_FALSE(result->faults.empty()) << damage.sql;
        EXPECT_NE(result->faults.front().find(damage.found), std::string::npos)
            << damage.sql << ": " << result->faults.front();
    }
    ActivityPage page(AccountId account, const ActivityQuery& query = {})
    {
        const auto outcome = database_->read(
            [&](ReadTx& tx) { return audit_.list_for_account(tx, account, query); });
        EXPECT_TRUE(outcome);
        return outcome ? *outcome : ActivityPage{};
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    TestDatabase database_{GetParam()};
    AuditService audit_{clock_, random_, keys_};
    AccountId alice_;
    AccountId bob_;
};

INSTANTIATE_TEST_SUITE_P(Engines, AuditServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

TEST_P(AuditServiceTest, ShowsAnEventOnThePageOfWhoActed)
{
    const Actor actor = actor_of(alice_);
    append({.actor = actor,
            .action = "totp.rename",
            .outcome = Outcome::Refused,
            .target = {"authenticator", "otp_1"},
            .details = {{"count", "2"}, {"name", "my phone", Detail::Kind::Personal}}});
    const ActivityPage shown = page(alice_);
    ASSERT_EQ(shown.items.size(), 1U);
    const Activity& item = shown.items.front();
    EXPECT_EQ(item.action, "totp.rename");
    EXPECT_EQ(item.outcome, Outcome::Refused);
    EXPECT_EQ(item.actor_kind, ActorKind::Account);
    EXPECT_EQ(item.actor_id, alice_.text());
    EXPECT_EQ(item.target.id, "otp_1");
    EXPECT_EQ(item.ip, "203.0.113.9");
    EXPECT_EQ(item.client.user_agent, "Mozilla/5.0 (Test)");
    EXPECT_EQ(item.client.hint_brands, R"("Test";v="1")");
    EXPECT_EQ(item.details, (std::vector<std::pair<std::string, std::string>>{
                                {"count", "2"}, {"name", "my phone"}}));
    EXPECT_TRUE(page(bob_).items.empty());
    EXPECT_EQ(verify().faults, std::vector<std::string>{});
}

TEST_P(AuditServiceTest, DoesNotShowTheAddressOfSomebodyElse)
{
    const Actor actor = actor_of(bob_);
    append({.actor = actor,
            .action = "account.disable",
            .account = alice_,
            .details = {{"email", "alice@example.com", Detail::Kind::Personal}}});
    const ActivityPage shown = page(alice_);
    ASSERT_EQ(shown.items.size(), 1U);
    EXPECT_EQ(shown.items[0].actor_id, bob_.text());
    EXPECT_EQ(shown.items[0].ip, "");
    EXPECT_EQ(shown.items[0].client.user_agent, "");
    ASSERT_EQ(shown.items[0].details.size(), 1U);
    EXPECT_EQ(shown.items[0].details[0].second, "alice@example.com");
    EXPECT_TRUE(page(bob_).items.empty());
}

TEST_P(AuditServiceTest, PagesFromTheNewestBackWithoutLosingAny)
{
    append_many(alice_, 7);
    ActivityQuery query{.limit = 3};
    std::string seen;
    for (int pages = 0; pages < 3; ++pages) {
        const ActivityPage shown = page(alice_, query);
        for (const Activity& item : shown.items) {
            seen += item.details.at(0).second;
        }
        EXPECT_EQ(shown.next_cursor.has_value(), pages < 2);
        query.cursor = shown.next_cursor.value_or("");
    }
    EXPECT_EQ(seen, "6543210");
}

TEST_P(AuditServiceTest, FindsOneAction)
{
    append_many(alice_, 2);
    const Actor actor = actor_of(alice_);
    append({.actor = actor, .action = "session.revoke"});
    EXPECT_EQ(page(alice_, {.action = "session.revoke"}).items.size(), 1U);
    EXPECT_EQ(page(alice_, {.action = "session.revok"}).items.size(), 0U);
}

TEST_P(AuditServiceTest, RefusesACursorOfAnotherAccountAndAMadeUpOne)
{
    append_many(alice_, 2);
    const std::string cursor = *page(alice_, {.limit = 1}).next_cursor;
    for (const auto& [account, text] : {std::pair{bob_, cursor},
                                        {alice_, cursor + "A"},
                                        {alice_, std::string("?")},
                                        {alice_, cursor.substr(0, cursor.size() - 2)}}) {
        const auto outcome = database_->read(
            [&](ReadTx& tx) { return audit_.list_for_account(tx, account, {.cursor = text}); });
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, "request/invalid-cursor");
    }
}

TEST_P(AuditServiceTest, KeepsTheOrderOfEventsOfOneMoment)
{
    const Actor actor = actor_of(alice_);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        for (int i = 0; i < 50; ++i) {
            KS_CHECK(audit_.append(
                tx,
                {.actor = actor, .action = "test.step", .details = {{"i", std::to_string(i)}}}));
        }
        return {};
    }));
    const ActivityPage shown = page(alice_, {.limit = 50});
    ASSERT_EQ(shown.items.size(), 50U);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(shown.items[static_cast<std::size_t>(49 - i)].details[0].second,
                  std::to_string(i));
    }
}

TEST_P(AuditServiceTest, BuildsATreeWhoseProofsHold)
{
    append_many(alice_, 300);
    const Verification first = verify();
    EXPECT_EQ(first.size, 300U);
    append_many(bob_, 5);
    const Verification second = verify();
    EXPECT_EQ(second.faults, std::vector<std::string>{});
    const auto inclusion =
        database_->read([&](ReadTx& tx) { return prove_inclusion(tx, 299, second.size); });
    ASSERT_TRUE(inclusion);
    EXPECT_TRUE(merkle::verify_inclusion(merkle::leaf_hash(inclusion->entry), 299, second.size,
                                         inclusion->proof, second.root));
    const auto consistency =
        database_->read([&](ReadTx& tx) { return prove_consistency(tx, first.size, second.size); });
    ASSERT_TRUE(consistency);
    EXPECT_TRUE(
        merkle::verify_consistency(first.size, first.root, second.size, second.root, *consistency));
}

TEST_P(AuditServiceTest, ErasesAPersonAndKeepsEveryProof)
{
    append_many(alice_, 3);
    append_many(bob_, 3);
    const Verification before = verify();
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(audit_.erase_account(tx, alice_));
        return audit_.append(
            tx, {.actor = Actor{.kind = ActorKind::System}, .action = "account.erase"});
    }));
    const Verification after = verify();
    EXPECT_EQ(after.faults, std::vector<std::string>{});
    const auto consistency =
        database_->read([&](ReadTx& tx) { return prove_consistency(tx, before.size, after.size); });
    EXPECT_TRUE(
        merkle::verify_consistency(before.size, before.root, after.size, after.root, *consistency));
    EXPECT_EQ(page(alice_).items.at(0).ip, "");
    EXPECT_EQ(page(alice_).items.at(0).client.user_agent, "");
    EXPECT_EQ(page(bob_).items.at(0).ip, "203.0.113.9");
}

TEST_P(AuditServiceTest, ExportsEverythingOnThePage)
{
    append_many(alice_, 130);
    JsonWriter json;
    ASSERT_TRUE(
        database_->read([&](ReadTx& tx) { return audit_.export_for_account(tx, alice_, json); }));
    const auto parsed = parse_json(json.text(), {.members_max = 10'000});
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->array().size(), 130U);
    EXPECT_EQ(parsed->array()[0].find("ip")->string(), "203.0.113.9");
    EXPECT_EQ(parsed->array()[129].find("details")->find("number")->string(), "0");
}

TEST_P(AuditServiceTest, LeavesNothingBehindWhenTheTransactionFails)
{
    append_many(alice_, 2);
    const Verification before = verify();
    const Actor actor = actor_of(alice_);
    test::FailingDatabase failing(*database_);
    int n = 1;
    for (;; ++n) {
        failing.fail_at(n);
        const auto outcome = failing.write([&](WriteTx& tx) {
            return audit_.append(tx, {.actor = actor,
                                      .action = "test.fail",
                                      .account = bob_,
                                      .details = {{"note", "x", Detail::Kind::Personal}}});
        });
        if (!failing.has_failed()) {
            ASSERT_TRUE(outcome);
            break;
        }
        EXPECT_FALSE(outcome);
        EXPECT_EQ(verify().size, before.size);
    }
    EXPECT_EQ(n, 5); // event, two rows of values, commit: four calls failed.
    const Verification after = verify();
    EXPECT_EQ(after.size, before.size + 1);
    EXPECT_EQ(after.faults, std::vector<std::string>{});
}

TEST_P(AuditServiceTest, NumbersWithoutGapWhileManyAppendAndTwoSequencersRun)
{
    std::atomic<bool> done{false};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            while (!done) {
                EXPECT_TRUE(AuditSequencer(*database_).run_once(clock_.now()));
            }
        });
    }
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < 4; ++i) {
            writers.emplace_back([&, actor = actor_of(i % 2 == 0 ? alice_ : bob_)] {
                for (int j = 0; j < 100; ++j) {
                    EXPECT_TRUE(database_->write([&](WriteTx& tx) {
                        return audit_.append(tx, {.actor = actor, .action = "test.race"});
                    }));
                }
            });
        }
    }
    done = true;
    threads.clear();
    const Verification result = verify();
    EXPECT_EQ(result.size, 400U);
    EXPECT_EQ(result.unnumbered, 0U);
    EXPECT_EQ(result.faults, std::vector<std::string>{});
}

TEST_P(AuditServiceTest, FindsDamage)
{
    const Damage damages[] = {
        {"UPDATE audit_event SET nonce = canonical WHERE leaf_index = 3",
         "is not what the tree holds"},
        {"UPDATE audit_event SET action = 'other' WHERE leaf_index = 3", "search columns"},
        {"UPDATE audit_event SET outcome = 2 WHERE leaf_index = 3", "search columns"},
        {"UPDATE audit_value SET contents = (SELECT contents FROM audit_value ORDER BY event_id "
         "LIMIT 1)",
         "personal values"},
        {"DELETE FROM audit_event WHERE leaf_index = 3", "entries 3 to 3 have no event"},
        {"DELETE FROM audit_event WHERE leaf_index = 9", "the newest event is number 9"},
        {"UPDATE audit_tree SET size = 9", "the tree has 9 entries, the newest event is number 10"},
        {"UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE level = 0) WHERE "
         "level = -1",
         "is not what the tree holds"},
        {"UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE level = -1) WHERE "
         "level = 0",
         "tile 0/0 is not that of the entries"},
        {"UPDATE audit_tree SET root = (SELECT nonce FROM audit_event WHERE leaf_index = 0)",
         "the root is not"},
        {"DELETE FROM audit_tile WHERE level = 0", "tile 0/0 is missing"},
        {"INSERT INTO audit_event (id, at, actor_kind, action, outcome, target_kind, target_id, "
         "nonce, canonical, leaf_index) SELECT nonce, at, actor_kind, action, outcome, "
         "target_kind, target_id, nonce, canonical, 1000 FROM audit_event WHERE leaf_index = 3",
         "the newest event is number 1001 of them"},
        {"INSERT INTO audit_event (id, at, actor_kind, action, outcome, target_kind, target_id, "
         "nonce, canonical, leaf_index) SELECT nonce, at - 20000000, actor_kind, action, outcome, "
         "target_kind, target_id, nonce, canonical, -1 FROM audit_event WHERE leaf_index = 3",
         "1 events have a number that the tree never gives"},
    };
    for (const Damage& damage : damages) {
        expect_found(damage);
    }
}

// guards: damage that gave a column another kind of value is told of like any other, and ends no
// process. Only SQLite keeps such values.
TEST_P(AuditServiceTest, FindsDamageThatChangedAColumnsKind)
{
    if (GetParam() != Database::Engine::Sqlite) {
        GTEST_SKIP() << "PostgreSQL keeps no value of another kind";
    }
    const Damage damages[] = {
        {"UPDATE audit_event SET canonical = replace(canonical, 'step', 'stop') WHERE leaf_index = "
         "3",
         "the event of entry 3 cannot be read"},
        {"UPDATE audit_event SET at = 'yesterday' WHERE leaf_index = 3", "entry 3 cannot be read"},
        {"UPDATE audit_event SET at = 0.5 WHERE leaf_index = 3", "entry 3 cannot be read"},
        {"UPDATE audit_event SET id = x'00' WHERE leaf_index = 3", "entry 3 cannot be read"},
        {"UPDATE audit_event SET account_id = 7 WHERE leaf_index = 3", "entry 3 cannot be read"},
        {"UPDATE audit_event SET action = x'00' WHERE leaf_index = 3", "entry 3 cannot be read"},
        {"UPDATE audit_event SET leaf_index = 'three' WHERE leaf_index = 3",
         "entries 3 to 3 have no event"},
        {"UPDATE audit_event SET leaf_index = 8.5 WHERE leaf_index = 9",
         "a number that the tree never gives"},
        {"UPDATE audit_event SET leaf_index = 'ten', at = 'once' WHERE leaf_index = 9",
         "the newest event is number 9"},
        {"UPDATE audit_event SET leaf_index = NULL, at = 'once' WHERE leaf_index = 9",
         "the newest event is number 9"},
        {"UPDATE audit_value SET contents = 'none'", "personal values"},
        {"UPDATE audit_value SET contents = 7", "personal values"},
        {"UPDATE audit_tile SET hashes = 'none' WHERE level = 0", "a tile"},
        {"UPDATE audit_tile SET hashes = 7 WHERE level = -1", "a tile"},
        {"UPDATE audit_event SET leaf_index = NULL, id = NULL WHERE leaf_index = 9",
         "the newest event is number 9"},
        {"UPDATE audit_tree SET size = -1", "the head of the audit tree cannot be read"},
        {"UPDATE audit_tree SET size = 4611686018427387904", "tile -1/1 is missing"},
        {"UPDATE audit_tree SET size = 'ten'", "the head of the audit tree cannot be read"},
        {"UPDATE audit_tree SET root = x'00'", "the head of the audit tree cannot be read"},
    };
    for (const Damage& damage : damages) {
        expect_found(damage);
    }
}

// guards: values of events between whose ids those of many others lie are compared all the same
TEST_P(AuditServiceTest, FindsDamagedValuesWhereTimeJumped)
{
    constexpr std::chrono::hours kJump{24 * 400};
    const Actor actor = actor_of(alice_);
    const auto append_at_once = [&](AuditService& audit, int count) {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                KS_CHECK(audit.append(tx, {.actor = actor, .action = "test.step"}));
            }
            return {};
        }));
        settle();
    };
    append_at_once(audit_, 200);
    clock_.advance(kJump);
    append_at_once(audit_, 20); // entries 200 to 219
    clock_.advance(-kJump + std::chrono::seconds{1});
    AuditService restarted{clock_, random_,
                           keys_}; // One that runs on gives ids that grow all the same.
    append_at_once(restarted, 1100);
    EXPECT_EQ(verify().faults, std::vector<std::string>{});
    database_->set_before_commit([](WriteTx&) -> Result<void> { return {}; });
    ASSERT_TRUE(database_->write([](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int rows,
               tx.exec("UPDATE audit_value SET contents = (SELECT v.contents FROM audit_value v "
                       "JOIN audit_event e ON e.id = v.event_id WHERE e.leaf_index = 0) WHERE "
                       "event_id = (SELECT id FROM audit_event WHERE leaf_index = 219)"));
        tx.audit_recorded();
        return {};
    }));
    const auto damaged = database_->read(verify_all);
    ASSERT_TRUE(damaged);
    ASSERT_EQ(damaged->faults.size(), 1U);
    EXPECT_NE(damaged->faults.front().find("(entry 219) has personal values"), std::string::npos)
        << damaged->faults.front();
}

// guards: a server that is killed after its clock was set back leaves no damage either
TEST_P(AuditServiceTest, WaitsForNumbersAcrossAClockThatWentBack)
{
    append_many(alice_, 1);
    append({.actor = {.kind = ActorKind::System}, .action = kSetBackAction});
    ASSERT_TRUE(AuditSequencer(*database_).run_once(clock_.now()));
    database_->set_before_commit([](WriteTx&) -> Result<void> { return {}; });
    clock_.advance(-std::chrono::hours{24 * 365});
    append_many(alice_, 1);
    const auto waiting = database_->read(verify_all);
    EXPECT_TRUE(waiting->faults.empty());
    EXPECT_EQ(waiting->unnumbered, 1U);
}

TEST_P(AuditServiceTest, TellsEventsThatWerePassedOverFromThoseThatWait)
{
    AuditSequencer sequencer(*database_);
    append_many(alice_, 1);
    ASSERT_TRUE(sequencer.run_once(clock_.now()));
    database_->set_before_commit([](WriteTx&) -> Result<void> { return {}; });
    append_many(alice_, 1);
    clock_.advance(std::chrono::hours{1});
    const auto waiting = database_->read(verify_all);
    EXPECT_TRUE(waiting->faults.empty()) << "the server may have been killed an hour ago";
    EXPECT_EQ(waiting->unnumbered, 1U);
    append_many(alice_, 1);
    ASSERT_TRUE(sequencer.run_once(clock_.now()));
    ASSERT_TRUE(database_->write([](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int rows,
               tx.exec("UPDATE audit_event SET leaf_index = NULL WHERE leaf_index = 1"));
        tx.audit_recorded();
        return {};
    }));
    const auto passed_over = database_->read(verify_all);
    EXPECT_TRUE(std::ranges::any_of(passed_over->faults, [](const std::string& fault) {
        return fault == "1 events have no number, though later ones have";
    }));
}

TEST(IdentifierDigest, HidesWhatWasTypedAndTellsRepetition)
{
    test::SeededRandom random;
    const crypto::RootKeyRing keys{Secret(32), random};
    const Detail first = identifier_digest(keys, "hunter2");
    EXPECT_EQ(first.value, identifier_digest(keys, "hunter2").value);
    EXPECT_NE(first.value, identifier_digest(keys, "hunter3").value);
    EXPECT_EQ(first.value.find("hunter2"), std::string::npos);
    EXPECT_EQ(first.kind, Detail::Kind::Plain);
}

} // namespace
} // namespace keystead::audit

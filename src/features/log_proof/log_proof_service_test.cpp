// guards: checkpoints are signed over the committed tree, an event's file is for its owner alone
// and outlives erasure, and a log that was cut or changed does not agree with checkpoints kept
// elsewhere
#include "features/log_proof/log_proof_service.h"

#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace keystead::log_proof {
namespace {

class LogProofServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    LogProofServiceTest()
    {
        settings_.base_url = "https://keys.example";
        settings_.base_path = "/account";
        database_->set_before_commit(audit::AuditSequencer::before_commit);
        ada_ = AccountId::make(clock_.now(), random_);
        bob_ = AccountId::make(clock_.now(), random_);
        EXPECT_TRUE(proofs_.ensure_origin(*database_, system_));
        settle();
    }

    void settle() { EXPECT_TRUE(audit::AuditSequencer(*database_).run_once(clock_.now())); }
    EventId append(AccountId by, std::optional<AccountId> concerned = std::nullopt)
    {
        const Actor actor{.kind = ActorKind::Account,
                          .account = by,
                          .ip = IpAddress::parse("203.0.113.9"),
                          .client_description = {.user_agent = "Mozilla/5.0 (secret phone)"}};
        const audit::Event event{.actor = actor,
                                 .action = "test.step",
                                 .account = concerned,
                                 .details = {{"name", "My phone", audit::Detail::Kind::Personal}}};
        EXPECT_TRUE(database_->write([&](WriteTx& tx) { return audit_.append(tx, event); }));
        clock_.advance(std::chrono::seconds{1});
        settle();
        const auto page = database_->read([&](ReadTx& tx) {
            return audit_.list_for_account(tx, concerned.value_or(by), {.limit = 1});
        });
        return page->items.at(0).id;
    }
    SignedCheckpoint head()
    {
        auto made = database_->read([&](ReadTx& tx) { return proofs_.sign_head(tx); });
        EXPECT_TRUE(made);
        return *std::move(made);
    }
    SignedNote note() { return *SignedNote::parse(head().note); }
    std::vector<Origin> origins()
    {
        return *database_->read([&](ReadTx& tx) { return proofs_.list_origins(tx); });
    }
    Result<std::string> file(EventId event, std::optional<AccountId> owner)
    {
        return database_->read([&](ReadTx& tx) { return proofs_.event_file(tx, event, owner); });
    }
    KeptComparison compare(const std::vector<SignedNote>& kept)
    {
        return *database_->read([&](ReadTx& tx) { return proofs_.compare_kept(tx, kept); });
    }
    void run_sql(std::string_view sql)
    {
        EXPECT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            tx.audit_recorded();
            KS_TRY([[maybe_unused]] const int rows, tx.exec(sql));
            return {};
        }));
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    audit::AuditService audit_{clock_, random_, keys_};
    ServerSettings settings_ = [] {
        ServerSettings settings;
        settings.base_url = "https://keys.example";
        settings.base_path = "/account";
        return settings;
    }();
    LogProofService proofs_{audit_, keys_, clock_, random_, settings_};
    const Actor system_{.kind = ActorKind::System};
    AccountId ada_;
    AccountId bob_;
};

TEST_P(LogProofServiceTest, SignsTheCommittedTreeUnderOneName)
{
    ASSERT_EQ(origins().size(), 1U);
    EXPECT_TRUE(origins()[0].name.starts_with("keys.example/account/audit/"));
    const auto first = head();
    EXPECT_TRUE(open_checkpoint(*SignedNote::parse(first.note), origins()[0].key));
    EXPECT_EQ(head().note, first.note); // the same head, the same note
    append(ada_);
    EXPECT_EQ(head().checkpoint.size, first.checkpoint.size + 1);

    // Another process: the key is read again, the name does not follow the settings.
    ServerSettings moved = settings_;
    moved.base_url = "https://moved.example";
    LogProofService later{audit_, keys_, clock_, random_, moved};
    ASSERT_TRUE(later.ensure_origin(*database_, system_));
    const auto again = database_->read([&](ReadTx& tx) { return later.sign_head(tx); });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->note, head().note);
}

TEST_P(LogProofServiceTest, SealsTheSigningKey)
{
    test::SeededRandom other_random{7};
    Secret other(32);
    other.writable()[0] = std::byte{1};
    const crypto::RootKeyRing other_keys{std::move(other), other_random};
    LogProofService stranger{audit_, other_keys, clock_, random_, settings_};
    const auto made = database_->read([&](ReadTx& tx) { return stranger.sign_head(tx); });
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "crypto/does-not-open");
}

TEST_P(LogProofServiceTest, HandsAnEventToItsOwnerAlone)
{
    const EventId event = append(ada_);
    const auto own = file(event, ada_);
    ASSERT_TRUE(own);
    const auto report = check_file(*own, {.key = origins()[0].key, .kept = {note()}});
    EXPECT_TRUE(report.faults.empty());
    EXPECT_EQ(report.values, 3U);
    EXPECT_EQ(report.kept_compared, 1U);
    const auto foreign = file(event, bob_);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, "audit/event-not-found");
    EXPECT_EQ(file(EventId::make(clock_.now(), random_), ada_).error().code,
              "audit/event-not-found");
}

TEST_P(LogProofServiceTest, ShowsAnOwnerNoCircumstancesOfOthers)
{
    const EventId event = append(bob_, ada_);
    const auto own = file(event, ada_);
    ASSERT_TRUE(own);
    EXPECT_NE(own->find("My phone"), std::string::npos);
    EXPECT_EQ(own->find("203.0.113.9"), std::string::npos);
    EXPECT_EQ(own->find("secret phone"), std::string::npos);
    EXPECT_TRUE(check_file(*own, {.key = origins()[0].key}).faults.empty());
    const auto everything = file(event, std::nullopt);
    ASSERT_TRUE(everything);
    EXPECT_NE(everything->find("203.0.113.9"), std::string::npos);
}

TEST_P(LogProofServiceTest, ProvesWhatWasErased)
{
    const EventId event = append(ada_);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(audit_.erase_account(tx, ada_));
        return audit_.append(tx, {.actor = system_, .action = "account.erase"});
    }));
    settle();
    const auto proof = file(event, std::nullopt);
    ASSERT_TRUE(proof);
    const auto report = check_file(*proof, {.key = origins()[0].key});
    EXPECT_TRUE(report.faults.empty());
    EXPECT_EQ(report.values, 0U);
    EXPECT_EQ(report.withheld, 3U);
    EXPECT_EQ(proof->find("phone"), std::string::npos);
}

TEST_P(LogProofServiceTest, WaitsForTheSequencer)
{
    if (GetParam() == Database::Engine::Sqlite) {
        GTEST_SKIP() << "SQLite numbers inside the commit";
    }
    const Actor actor{.kind = ActorKind::Account, .account = ada_};
    ASSERT_TRUE(database_->write(
        [&](WriteTx& tx) { return audit_.append(tx, {.actor = actor, .action = "test.step"}); }));
    const auto page =
        database_->read([&](ReadTx& tx) { return audit_.list_for_account(tx, ada_, {}); });
    EXPECT_EQ(file(page->items.at(0).id, ada_).error().code, "audit/not-numbered");
}

TEST_P(LogProofServiceTest, GoesOnUnderANewOriginWithANewKey)
{
    append(ada_);
    const SignedNote before = note();
    const std::uint64_t size = head().checkpoint.size;
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const Origin made,
               proofs_.start_new_origin(tx, system_, OriginReason::Restore));
        return {};
    }));
    settle();
    ASSERT_EQ(origins().size(), 2U);
    EXPECT_NE(origins()[0].name, origins()[1].name);
    EXPECT_NE(origins()[0].key.key, origins()[1].key.key);
    EXPECT_EQ(origins()[1].first_size, size);
    EXPECT_EQ(head().checkpoint.origin, origins()[1].name);
    EXPECT_EQ(head().checkpoint.size, size + 1); // the event that says so
    EXPECT_EQ(compare({before, note()}).compared, 2U);
}

TEST_P(LogProofServiceTest, DoesNotAgreeWithACheckpointOfWhatWasCutOrChanged)
{
    append(ada_);
    const SignedNote older = note();
    append(ada_);
    const SignedNote newer = note();
    EXPECT_EQ(compare({older, newer}).compared, 2U);
    EXPECT_EQ(compare({older, newer}).faults.size(), 0U);

    const Checkpoint then = *Checkpoint::parse(older.text);
    const auto cut = [&] {
        run_sql("DELETE FROM audit_event WHERE leaf_index = 2");
        ASSERT_TRUE(database_->write([&](WriteTx& tx) {
            tx.audit_recorded();
            return audit::AuditStore{}.update_head(tx, {.size = then.size, .root = then.root});
        }));
    };
    cut();
    const auto found = compare({older, newer});
    EXPECT_EQ(found.compared, 1U);
    ASSERT_EQ(found.faults.size(), 1U);
    EXPECT_NE(found.faults[0].find("the newest were cut"), std::string::npos);
    const auto rollback =
        database_->read([&](ReadTx& tx) { return proofs_.find_rollback(tx, newer); });
    ASSERT_TRUE(rollback);
    EXPECT_TRUE(rollback->has_value());

    append(bob_); // Another third event: as large as before, and another log.
    ASSERT_EQ(compare({newer}).faults.size(), 1U);
    EXPECT_NE(compare({newer}).faults[0].find("another root"), std::string::npos);
}

TEST_P(LogProofServiceTest, GoesOnAfterARollbackThatWasAccepted)
{
    append(ada_);
    append(ada_);
    const SignedNote sent_away = note();
    const Checkpoint one = *Checkpoint::parse(sent_away.text);
    const auto accept = [&](WriteTx& tx) {
        return proofs_.accept_rollback(tx, system_, sent_away, "cut");
    };
    // As a database restored from before the two events.
    run_sql("DELETE FROM audit_event WHERE leaf_index >= 1");
    run_sql("DELETE FROM audit_tile");
    run_sql("DELETE FROM audit_tree");
    run_sql("UPDATE audit_event SET leaf_index = NULL");
    settle();
    ASSERT_LT(head().checkpoint.size, one.size);
    ASSERT_TRUE(database_->write(accept));
    settle();
    ASSERT_EQ(origins().size(), 2U);
    EXPECT_EQ(origins()[1].reason, OriginReason::RollbackAccepted);
    const auto found = compare({sent_away});
    ASSERT_EQ(found.given_up.size(), 1U);
    EXPECT_EQ(found.given_up[0].from, 1U);
    EXPECT_EQ(found.given_up[0].size, one.size);
    EXPECT_EQ(found.given_up[0].reason, OriginReason::RollbackAccepted);
    EXPECT_TRUE(found.is_silent);
    EXPECT_EQ(compare({note()}).compared, 1U);
    EXPECT_FALSE(compare({sent_away, note()}).is_silent);
    const auto rollback = [&](const SignedNote& last) {
        return *database_->read([&](ReadTx& tx) { return proofs_.find_rollback(tx, last); });
    };
    EXPECT_TRUE(rollback(sent_away).has_value());
    EXPECT_FALSE(rollback(note()).has_value());
}

// guards: whoever holds the database alone cannot say that entries were given up
TEST_P(LogProofServiceTest, DoesNotTakeANameThatItDidNotSealForItsOwn)
{
    const auto is_ours = [&] {
        return *database_->read([&](ReadTx& tx) { return proofs_.is_newest_name_ours(tx); });
    };
    append(ada_);
    EXPECT_TRUE(is_ours());
    run_sql("INSERT INTO audit_origin (number, origin, reason, first_size, started_at, public_key, "
            "sealed_seed) SELECT 2, 'elsewhere', 'restore', 0, started_at, public_key, sealed_seed "
            "FROM audit_origin");
    EXPECT_FALSE(is_ours());
}

TEST_P(LogProofServiceTest, KnowsNoOtherLogsCheckpoints)
{
    const auto foreign =
        sign_note(Checkpoint{.origin = "other/log"}.text(), "other/log", Secret(32));
    EXPECT_EQ(compare({foreign}).unknown, 1U);
    const std::string name = origins()[0].name;
    const auto forged = sign_note(Checkpoint{.origin = name}.text(), name, Secret(32));
    EXPECT_EQ(compare({forged}).unknown, 1U);
}

TEST_P(LogProofServiceTest, HandsOutTilesAndEveryPartOfThem)
{
    append(ada_);
    append(ada_);
    const auto tile = [&](const char* path) {
        return *database_->read(
            [&](ReadTx& tx) { return LogProofService::find_tile(tx, *TilePath::parse(path)); });
    };
    ASSERT_EQ(head().checkpoint.size, 3U);
    EXPECT_EQ(tile("0/000.p/3")->size(), 96U);
    EXPECT_EQ(tile("0/000.p/1")->size(), 32U);
    EXPECT_EQ(tile("entries/000.p/3")->size(), 3U * 34U);
    EXPECT_EQ(tile("entries/000.p/3")->at(1), std::byte{32});
    EXPECT_FALSE(tile("0/000.p/4"));
    EXPECT_FALSE(tile("0/000"));
    EXPECT_FALSE(tile("0/001"));
    EXPECT_FALSE(tile("1/000.p/1"));
    const auto hashes = audit::decode_tile(*tile("0/000.p/3"));
    ASSERT_TRUE(hashes);
    EXPECT_EQ(audit::merkle::root_over(*hashes), head().checkpoint.root);
}

INSTANTIATE_TEST_SUITE_P(Engines, LogProofServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::log_proof

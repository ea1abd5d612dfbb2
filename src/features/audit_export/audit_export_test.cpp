// guards: an export holds the log as it was when it began, whole, in pieces of any size
#include "features/audit_export/audit_export_service.h"

#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "features/audit_search/audit_index_service.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keystead::audit_export {
namespace {

class AuditExport : public testing::TestWithParam<Database::Engine> {
protected:
    AuditExport()
    {
        if (GetParam() == Database::Engine::Sqlite) {
            database_->set_before_commit(audit::AuditSequencer::before_commit);
        }
    }
    void append(int count, std::string_view action)
    {
        const Actor actor{
            .kind = ActorKind::Account, .account = account_, .ip = IpAddress::parse("203.0.113.9")};
        ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                KS_CHECK(audit_.append(
                    tx, {.actor = actor,
                         .action = action,
                         .details = {{"name", "=SUM(A1)", audit::Detail::Kind::Personal}}}));
            }
            return {};
        }));
        ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    }
    /// `between` runs between two pieces.
    template <class Fn> std::string run(const Order& order, const Fn& between)
    {
        std::string out;
        Position position =
            *database_->read([&](ReadTx& tx) { return exports_.begin(tx, order, out); });
        while (!position.ended) {
            between();
            // As it travels between two calls.
            const Position handed = *Position::parse(position.text());
            std::string piece;
            position = *database_->read(
                [&](ReadTx& tx) { return exports_.go_on(tx, order, handed, piece); });
            out += piece;
        }
        return out;
    }
    static std::size_t lines(const std::string& text)
    {
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    ServerSettings settings_;
    audit::AuditService audit_{clock_, random_, keys_};
    audit::AuditSequencer sequencer_{*database_};
    audit::AuditReader reader_{keys_};
    audit_search::AuditSearchService search_{reader_};
    log_proof::LogProofService proofs_{audit_, keys_, clock_, random_, settings_};
    AuditExportService exports_{audit_, reader_, search_, proofs_};
    AccountId account_ = AccountId::make(clock_.now(), random_);
};

TEST_P(AuditExport, HoldsTheLogAsItWasWhenItBegan)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    append(600, "test.step");
    const auto size = *database_->read([&](ReadTx& tx) { return reader_.tree_size(tx); });
    const std::string file = run({}, [&] { append(3, "test.later"); });
    EXPECT_EQ(lines(file), size + 2); // header and end
    EXPECT_EQ(file.find("test.later"), std::string::npos);
    EXPECT_NE(file.find("203.0.113.9"), std::string::npos);
    EXPECT_TRUE(file.ends_with("\"lines\":" + std::to_string(size) + "}\n"));
}

TEST_P(AuditExport, GivesTheEntryWhereTheEventIsKeptNoMore)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    append(300, "test.step");
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        return audit_.drop_events_before(tx, Actor{.kind = ActorKind::System}, 280);
    }));
    ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    const auto size = *database_->read([&](ReadTx& tx) { return reader_.tree_size(tx); });
    const std::string file = run({}, [] {});
    EXPECT_EQ(lines(file), size + 2);
    EXPECT_NE(file.find("{\"leaf_index\":279,\"entry\":\""), std::string::npos);
    EXPECT_NE(file.find("{\"leaf_index\":280,\"nonce\":\""), std::string::npos);
}

// guards: what is not in the file was gone when it began, and is on record in it
TEST_P(AuditExport, IsGivenUpWhenRetentionOvertakesIt)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    append(600, "test.step");
    std::string out;
    Position position = *database_->read([&](ReadTx& tx) { return exports_.begin(tx, {}, out); });
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        return audit_.drop_events_before(tx, Actor{.kind = ActorKind::System}, 280);
    }));
    const auto go_on = [&](ReadTx& tx) { return exports_.go_on(tx, {}, position, out); };
    EXPECT_EQ(database_->read(go_on).error().code, "audit-export/overtaken");
    if (GetParam() == Database::Engine::Postgres) {
        const auto begin = [&](ReadTx& tx) { return exports_.begin(tx, {}, out); };
        EXPECT_EQ(database_->read(begin).error().code, "audit/not-numbered");
    }
    ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    const auto report = log_proof::check_file(run({}, [] {}), {});
    EXPECT_EQ(report.faults, std::vector<std::string>{});
    EXPECT_EQ(report.entries_alone, 280U);
}

// guards: no piece is larger than what a command's answer may be, whatever clients sent
TEST_P(AuditExport, ComesInPiecesOfBytes)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    const std::string quotes(1000, '"');
    const Actor actor{.kind = ActorKind::Account,
                      .account = account_,
                      .client_description = {.user_agent = quotes,
                                             .hint_brands = quotes,
                                             .hint_platform = quotes,
                                             .hint_mobile = quotes}};
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        for (int i = 0; i < 300; ++i) {
            KS_CHECK(audit_.append(tx, {.actor = actor, .action = "test.step"}));
        }
        return {};
    }));
    ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    constexpr std::size_t kLineMax = std::size_t{32} << 10;
    for (const Order& order :
         {Order{}, Order{.filter = {.action = "test.step"}, .filter_names = "action"}}) {
        std::string file;
        std::string piece;
        Position position =
            *database_->read([&](ReadTx& tx) { return exports_.begin(tx, order, piece); });
        while (!position.ended) {
            position = *database_->read(
                [&](ReadTx& tx) { return exports_.go_on(tx, order, position, piece); });
            EXPECT_LE(piece.size(), AuditExportService::kPieceBytes + kLineMax);
            if (piece.size() >= AuditExportService::kPieceBytes || position.ended) {
                file += std::exchange(piece, {});
            }
        }
        const auto report = log_proof::check_file(file, {});
        EXPECT_EQ(report.faults, std::vector<std::string>{});
        EXPECT_GE(report.events, 300U);
    }
}

// guards: a pseudonymous export names nobody
TEST_P(AuditExport, LeavesPersonalValuesOutOfAPseudonymousFile)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    append(5, "test.step");
    for (const Format format : {Format::JsonLines, Format::Csv}) {
        const std::string file = run({.format = format, .pseudonymous = true}, [] {});
        EXPECT_EQ(file.find("203.0.113.9"), std::string::npos);
        EXPECT_EQ(file.find("SUM(A1)"), std::string::npos);
        EXPECT_EQ(file.find("\"salt\""), std::string::npos);
        EXPECT_NE(file.find("test.step"), std::string::npos);
    }
}

TEST_P(AuditExport, SelectsByFilterWithProofs)
{
    ASSERT_TRUE(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}));
    append(250, "test.step");
    append(7, "test.other");
    const Order order{.filter = {.action = "test.other"}, .filter_names = "action"};
    const std::string file = run(order, [&] { append(2, "test.other"); });
    EXPECT_EQ(lines(file), 7U + 2U);
    EXPECT_NE(file.find("\"form\":\"selection\""), std::string::npos);
    EXPECT_NE(file.find(",\"proof\":[\""), std::string::npos);
    EXPECT_EQ(file.find("test.step"), std::string::npos);
}

TEST_P(AuditExport, RecordsWhatIsHandedOut)
{
    const Actor viewer{.kind = ActorKind::Account, .account = account_};
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        return exports_.record(tx, viewer, {.filter_names = "actor", .format = Format::Csv});
    }));
    ASSERT_TRUE(sequencer_.run_once(clock_.now()));
    const auto events = *database_->read([&](ReadTx& tx) { return reader_.list_range(tx, 0, 10); });
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].event.action, "audit.export");
    EXPECT_EQ(std::get<std::string>(events[0].event.facts.at(1).value), "actor");
}

TEST(ExportPosition, IsReadAsItWasWritten)
{
    const auto position = Position::parse(Position{.next = 5, .size = 70, .lines = 3}.text());
    ASSERT_TRUE(position);
    EXPECT_EQ(position->next, 5U);
    EXPECT_EQ(position->size, 70U);
    EXPECT_EQ(position->lines, 3U);
    for (const char* wrong : {"", "1", "1/2", "1/2/", "1/2/3/", "1/2/x", "-1/2/3", "1 /2/3"}) {
        EXPECT_FALSE(Position::parse(wrong)) << wrong;
    }
}

INSTANTIATE_TEST_SUITE_P(Engines, AuditExport, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::audit_export

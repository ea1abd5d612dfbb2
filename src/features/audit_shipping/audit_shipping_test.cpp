// guards: what the receiver did not take is sent again; a parcel names nobody unless it may
#include "features/audit_shipping/audit_shipping_service.h"

#include "features/audit/audit_sequencer.h"
#include "features/audit/audit_service.h"
#include "test/support/fake_clock.h"
#include "test/support/receiver.h"
#include "test/support/seeded_random.h"
#include "test/support/temporary_folder.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

namespace keystead::audit_shipping {
namespace {

using std::chrono::seconds;

class AuditShipping : public testing::TestWithParam<Database::Engine> {
protected:
    AuditShipping()
    {
        if (GetParam() == Database::Engine::Sqlite) {
            database_->set_before_commit(audit::AuditSequencer::before_commit);
        }
        settings_.ship_url = receiver_.url();
        KS_ASSERT(proofs_.ensure_origin(*database_, Actor{.kind = ActorKind::System}).has_value());
        number();
    }
    void number() { KS_ASSERT(sequencer_.run_once(clock_.now()).has_value()); }
    void append(int count)
    {
        const Actor actor{.kind = ActorKind::Account,
                          .account = AccountId::make(clock_.now(), random_),
                          .ip = IpAddress::parse("203.0.113.9")};
        const auto done = database_->write([&](WriteTx& tx) -> Result<void> {
            for (int i = 0; i < count; ++i) {
                KS_CHECK(audit_.append(tx, {.actor = actor, .action = "test.step"}));
            }
            return {};
        });
        KS_ASSERT(done.has_value());
        number();
    }
    AuditShippingService service()
    {
        return AuditShippingService{{*database_, audit_, reader_, exports_, proofs_, *client_,
                                     settings_, [this](WriteTx&, Instant) -> Result<void> {
                                         ++told_;
                                         return {};
                                     }}};
    }
    std::uint64_t size()
    {
        return *database_->read([&](ReadTx& tx) { return reader_.tree_size(tx); });
    }
    /// How often entries that contain `part` were taken or refused.
    std::size_t sent(std::string_view part)
    {
        std::size_t count = 0;
        for (const std::string& request : receiver_.requests()) {
            for (std::size_t at = request.find(part); at != std::string::npos;
                 at = request.find(part, at + 1)) {
                ++count;
            }
        }
        return count;
    }

    std::atomic<bool> takes_ = true;
    test::Receiver receiver_{[this](const std::string&, const test::Receiver::Send& send) {
        send(takes_ ? "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
                    : "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    }};
    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_{GetParam()};
    ServerSettings server_settings_;
    AuditSettings settings_;
    audit::AuditService audit_{clock_, random_, keys_};
    audit::AuditSequencer sequencer_{*database_};
    audit::AuditReader reader_{keys_};
    audit_search::AuditSearchService search_{reader_};
    log_proof::LogProofService proofs_{audit_, keys_, clock_, random_, server_settings_};
    audit_export::AuditExportService exports_{audit_, reader_, search_, proofs_};
    std::unique_ptr<const outgoing::Client> client_ = outgoing::make_client(
        {.allowed_addresses = {*IpRange::parse("127.0.0.1")}, .clear_text_hosts = {"127.0.0.1"}});
    int told_ = 0;
};

TEST_P(AuditShipping, SendsEveryEventOnceInParcelsThatCarryProofs)
{
    append(600);
    auto shipping = service();
    ASSERT_TRUE(shipping.run_once(clock_.now()));
    EXPECT_EQ(sent("\"leaf_index\":"), size());
    EXPECT_EQ(sent("\"checkpoint\":"), (size() + 255) / 256);
    EXPECT_EQ(sent(",\"proof\":["), size());
    EXPECT_EQ(shipping.waiting_events(), 0U);
    ASSERT_TRUE(shipping.run_once(clock_.now()));
    append(3);
    ASSERT_TRUE(service().run_once(clock_.now())); // as after a restart
    EXPECT_EQ(sent("\"leaf_index\":"), size());
}

TEST_P(AuditShipping, KeepsAddressesUnlessItMaySendThem)
{
    append(2);
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("203.0.113.9"), 0U);
    settings_.ship_personal_values = true;
    append(2);
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("203.0.113.9"), 2U);
}

TEST_P(AuditShipping, SendsAgainWhatWasNotTakenAndWaitsLongerEachTime)
{
    append(5);
    takes_ = false;
    auto shipping = service();
    const auto refused = shipping.run_once(clock_.now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "audit/ship-not-taken");
    EXPECT_EQ(shipping.waiting_events(), size());
    EXPECT_TRUE(shipping.run_once(clock_.now())); // not yet
    EXPECT_EQ(receiver_.requests().size(), 1U);
    clock_.advance(seconds{5});
    EXPECT_FALSE(shipping.run_once(clock_.now()));
    clock_.advance(seconds{5});
    EXPECT_TRUE(shipping.run_once(clock_.now()));
    EXPECT_EQ(receiver_.requests().size(), 2U);
    takes_ = true;
    clock_.advance(seconds{5});
    ASSERT_TRUE(shipping.run_once(clock_.now()));
    EXPECT_EQ(sent("\"leaf_index\":0,"), 3U);
    EXPECT_EQ(shipping.failing_for(), seconds{0});
}

// guards: SHIP_ALERT
TEST_P(AuditShipping, TellsTheOperatorsOnceOfAnOutageAndRecordsItsEnd)
{
    append(1);
    takes_ = false;
    auto shipping = service();
    for (int attempt = 0; attempt < 20; ++attempt) {
        EXPECT_FALSE(shipping.run_once(clock_.now()));
        clock_.advance(AuditShippingService::kWaitMax);
        number();
    }
    EXPECT_EQ(told_, 1);
    EXPECT_GE(shipping.failing_for(), settings_.ship_alert_after);
    takes_ = true;
    const auto begun = size();
    ASSERT_TRUE(shipping.run_once(clock_.now()));
    number();
    EXPECT_EQ(size(), begun + 1);
    ASSERT_TRUE(shipping.run_once(clock_.now()));
    EXPECT_EQ(sent("\"action\":\"audit.ship-resume\""), 1U);
    EXPECT_GE(sent("\"action\":\"audit.ship-fail\""), 1U);
}

TEST_P(AuditShipping, TellsOfAnEventThatCannotBeRead)
{
    append(3);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const int rows,
               tx.exec("UPDATE audit_event SET canonical = $1 WHERE leaf_index = 1",
                       Bytes(std::size_t{7})));
        return audit_.append(tx, {.actor = {.kind = ActorKind::System}, .action = "test.step"});
    }));
    number();
    auto shipping = service();
    for (int attempt = 0; attempt < 10; ++attempt) {
        const auto refused = shipping.run_once(clock_.now());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "audit/event-damaged");
        clock_.advance(AuditShippingService::kWaitMax);
    }
    EXPECT_EQ(told_, 1);
    EXPECT_TRUE(receiver_.requests().empty());
}

TEST_P(AuditShipping, PassesOverWhatIsKeptNoMore)
{
    append(300);
    ASSERT_TRUE(database_->write([&](WriteTx& tx) {
        return audit_.drop_events_before(tx, Actor{.kind = ActorKind::System}, 280);
    }));
    number();
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("\"leaf_index\":"), size() - 280);
}

TEST_P(AuditShipping, BeginsAnewWithAnotherReceiver)
{
    append(4);
    ASSERT_TRUE(service().run_once(clock_.now()));
    settings_.ship_url += "/other";
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("\"leaf_index\":"), 2 * size());
}

TEST_P(AuditShipping, BeginsAnewWithALogThatBeganAnew)
{
    append(4);
    ASSERT_TRUE(service().run_once(clock_.now()));
    const auto before = size();
    ASSERT_TRUE(database_->write([&](WriteTx& tx) -> Result<void> {
        KS_TRY([[maybe_unused]] const auto origin,
               proofs_.start_new_origin(tx, Actor{.kind = ActorKind::System},
                                        log_proof::OriginReason::Restore));
        return {};
    }));
    number();
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("\"leaf_index\":"), before + size());
}

TEST_P(AuditShipping, SendsItsTokenAndNothingWithoutIt)
{
    const test::TemporaryFolder folder;
    settings_.ship_token_file = folder.path() / "token";
    append(1);
    const auto refused = service().run_once(clock_.now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "audit/ship-no-token");
    EXPECT_TRUE(receiver_.requests().empty());
    std::ofstream(settings_.ship_token_file) << "open-sesame\r\n";
    ASSERT_TRUE(service().run_once(clock_.now()));
    EXPECT_EQ(sent("Authorization: Bearer open-sesame\r\n"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Engines, AuditShipping, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::audit_shipping

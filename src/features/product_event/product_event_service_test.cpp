#include "features/product_event/product_event_service.h"

#include "features/audit/audit_service.h"
#include "test/support/account_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace keystead::product_event {
namespace {

using namespace std::chrono_literals;

class ProductEventServiceTest : public testing::TestWithParam<Database::Engine> {
protected:
    ProductEventServiceTest()
    {
        ada_ = world_.create("ada@example.test")->id;
        bob_ = world_.create("bob@example.test")->id;
    }
    ProductEvent order(std::string id, std::string summary = "Two machines") const
    {
        return {.id = std::move(id),
                .account = ada_,
                .type = "product.order.placed",
                .at = world_.clock.now() - 1h,
                .summary = std::move(summary),
                .link = "https://shop.example/orders/1",
                .amount = Amount{4999, "EUR"},
                .data = R"({"gpu":"A100"})",
                .ip = IpAddress::parse("203.0.113.9"),
                .user_agent = "curl/8"};
    }
    Result<std::vector<Recorded>> record(const std::vector<ProductEvent>& events)
    {
        return world_.database->write(
            [&](WriteTx& tx) { return service_.record(tx, client_, events); });
    }
    audit::ActivityPage page(AccountId account)
    {
        return *world_.database->read(
            [&](ReadTx& tx) { return audit_.list_for_account(tx, account, {}); });
    }
    static std::string detail(const audit::Activity& activity, std::string_view name)
    {
        const auto found = std::ranges::find(
            activity.details, name, [](const auto& one) { return std::string_view(one.first); });
        return found == activity.details.end() ? std::string() : found->second;
    }

    test::AccountWorld world_{GetParam()};
    audit::AuditService audit_{world_.clock, world_.random, world_.keys};
    ProductEventStore store_;
    ProductEventService service_{{store_, world_.accounts, audit_, world_.keys, world_.clock,
                                  world_.random, std::chrono::hours{24 * 730}}};
    Actor client_{.kind = ActorKind::ServiceClient,
                  .client = ClientId::make(world_.clock.now(), world_.random),
                  .ip = IpAddress::parse("198.51.100.200")};
    AccountId ada_;
    AccountId bob_;
};

TEST_P(ProductEventServiceTest, StandOnTheOwnersPageWithAllTheySay)
{
    const auto recorded = record({order("order-1")});
    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->at(0).kind, Recorded::Kind::New);
    const auto activity = page(ada_);
    ASSERT_EQ(activity.items.size(), 1U);
    const audit::Activity& one = activity.items[0];
    EXPECT_EQ(one.action, kAction);
    EXPECT_EQ(one.actor_kind, ActorKind::ServiceClient);
    EXPECT_EQ(one.actor_id, client_.client.text());
    EXPECT_EQ(one.target.id, recorded->at(0).id.text());
    EXPECT_EQ(one.ip, "203.0.113.9") << "the person's, not the client's";
    EXPECT_EQ(one.client.user_agent, "curl/8");
    EXPECT_EQ(detail(one, "type"), "product.order.placed");
    EXPECT_EQ(detail(one, "summary"), "Two machines");
    EXPECT_EQ(detail(one, "external_id"), "order-1");
    EXPECT_EQ(detail(one, "link"), "https://shop.example/orders/1");
    EXPECT_EQ(detail(one, "minor_units"), "4999");
    EXPECT_EQ(detail(one, "currency"), "EUR");
    EXPECT_EQ(detail(one, "data"), R"({"gpu":"A100"})");
    EXPECT_EQ(detail(one, "occurred_at"), rfc3339(world_.clock.now() - 1h));
    EXPECT_TRUE(page(bob_).items.empty());
}

// guards: what the product chose is erased with the person, and the canonical event never held it
TEST_P(ProductEventServiceTest, LeaveNoWordOfTheProductsWhenThePersonIsErased)
{
    ASSERT_TRUE(record({order("order-secret-1", "Secret summary")}));
    const auto canonical = *world_.database->read([&](ReadTx& tx) {
        return tx.query_one("SELECT canonical FROM audit_event WHERE action = $1", kAction);
    });
    const Bytes bytes = canonical->bytes(0);
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (const char* word : {"order-secret-1", "Secret summary", "product.order", "shop.example",
                             "4999", "EUR", "A100", "203.0.113.9", "curl"}) {
        EXPECT_EQ(text.find(word), std::string::npos) << word;
    }
    ASSERT_TRUE(world_.database->write([&](WriteTx& tx) -> Result<void> {
        KS_CHECK(audit_.erase_account(tx, ada_));
        KS_CHECK(service_.erase(tx, ada_));
        return audit_.append(tx, {.actor = client_, .action = "test.erase", .account = bob_});
    }));
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM product_event"), 0);
    const auto activity = page(ada_);
    ASSERT_EQ(activity.items.size(), 1U);
    EXPECT_EQ(detail(activity.items[0], "summary"), "");
    EXPECT_EQ(activity.items[0].ip, "");
}

// guards: one program of the product cannot take the ids of another's events
TEST_P(ProductEventServiceTest, AreTheirClientsAlone)
{
    ASSERT_TRUE(record({order("order-1", "Nothing to see")}));
    client_.client = ClientId::make(world_.clock.now(), world_.random);
    const auto other = record({order("order-1", "A hundred machines")});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->at(0).kind, Recorded::Kind::New);
    const auto again = record({order("order-1", "A hundred machines")});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->at(0).kind, Recorded::Kind::Repeated);
    EXPECT_EQ(page(ada_).items.size(), 2U);
}

TEST_P(ProductEventServiceTest, AreOneHoweverOftenTheyAreTold)
{
    const auto first = record({order("order-1"), order("order-2", "Another")});
    ASSERT_TRUE(first);
    const auto again = record({order("order-2", "Another"), order("order-1"), order("order-3")});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->at(0).id, first->at(1).id);
    EXPECT_EQ(again->at(0).kind, Recorded::Kind::Repeated);
    EXPECT_EQ(again->at(1).id, first->at(0).id);
    EXPECT_EQ(again->at(2).kind, Recorded::Kind::New);
    EXPECT_EQ(page(ada_).items.size(), 3U);
    // Twice in one request too.
    ASSERT_TRUE(record({order("order-4"), order("order-4")}));
    EXPECT_EQ(page(ada_).items.size(), 4U);
}

TEST_P(ProductEventServiceTest, AreRefusedWholeWhenAnIdSaidSomethingElse)
{
    ASSERT_TRUE(record({order("order-1")}));
    const auto refused = record({order("order-0"), order("order-1", "Three machines")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(refused.error().code, "product-event/id-taken");
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/events/1/id");
    EXPECT_EQ(page(ada_).items.size(), 1U) << "order-0 is not recorded either";
    ProductEvent of_bob = order("order-1");
    of_bob.account = bob_;
    EXPECT_EQ(record({of_bob}).error().code, "product-event/id-taken");
    EXPECT_TRUE(record({order("order-0")}));
}

TEST_P(ProductEventServiceTest, AreRefusedWholeForAnAccountThatIsNotThere)
{
    ProductEvent of_nobody = order("order-2");
    of_nobody.account = AccountId::make(world_.clock.now(), world_.random);
    const auto refused = record({order("order-1"), of_nobody});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::InvalidInput);
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/events/1/account");
    EXPECT_EQ(world_.count_rows("SELECT count(*) FROM product_event"), 0);
    EXPECT_TRUE(page(ada_).items.empty());
}

// guards: one record of an id, whatever races
TEST_P(ProductEventServiceTest, AreRecordedOnceInARace)
{
    std::atomic<int> fresh = 0;
    std::atomic<int> repeated = 0;
    test::race(16, [&](int i) {
        // In two orders, so that the requests would wait for each other.
        const auto one = order("order-1");
        const auto two = order("order-2");
        const auto done = i % 2 == 0 ? record({one, two}) : record({two, one});
        ASSERT_TRUE(done) << done.error().cause;
        for (const Recorded& recorded : *done) {
            (recorded.kind == Recorded::Kind::New ? fresh : repeated) += 1;
        }
    });
    EXPECT_EQ(fresh, 2);
    EXPECT_EQ(repeated, 30);
    EXPECT_EQ(page(ada_).items.size(), 2U);
}

TEST_P(ProductEventServiceTest, AreForgottenByIdOnlyWhenTheyAreTooOldToBeTold)
{
    ASSERT_TRUE(record({order("order-1")}));
    const auto count = [&] { return world_.count_rows("SELECT count(*) FROM product_event"); };
    world_.clock.advance(24h * 730);
    ASSERT_TRUE(service_.sweep(*world_.database, world_.clock.now()));
    EXPECT_EQ(count(), 1);
    world_.clock.advance(25h);
    ASSERT_TRUE(service_.sweep(*world_.database, world_.clock.now()));
    EXPECT_EQ(count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, ProductEventServiceTest, testing::ValuesIn(test::engines()),
                         test::engine_name);

} // namespace
} // namespace keystead::product_event

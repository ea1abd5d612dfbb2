// guards: the activity page says what the log holds for the account, as its declaration says
#include "features/activity/activity_routes.h"

#include "core/json.h"
#include "http/schema.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"
#include "test/support/test_database.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace keystead::activity {
namespace {

class CollectingRouter final : public http::Router {
public:
    void add(http::Route route) override { route_.emplace(std::move(route)); }
    const http::Route& route() const { return *route_; }

private:
    std::optional<http::Route> route_;
};

class ActivityRoutes : public testing::Test {
protected:
    ActivityRoutes()
        : places_(*place::PlaceService::open("", std::filesystem::temp_directory_path().string())),
          ada_(AccountId::make(clock_.now(), random_))
    {
        add_routes(router_, *database_, audit_, devices_, *places_);
    }
    void append(const audit::Event& event)
    {
        ASSERT_TRUE(database_->write([&](WriteTx& tx) { return audit_.append(tx, event); }));
    }
    Result<http::Response> get(std::vector<std::pair<std::string, std::string>> query = {})
    {
        http::Request request;
        request.principal = {.kind = http::Principal::Kind::Session, .account = ada_};
        request.query_parameters = std::move(query);
        return router_.route().handler(request);
    }

    test::FakeClock clock_;
    test::SeededRandom random_;
    crypto::RootKeyRing keys_{Secret(32), random_};
    test::TestDatabase database_;
    audit::AuditService audit_{clock_, random_, keys_};
    client_device::ClientDeviceService devices_;
    std::unique_ptr<place::PlaceService> places_;
    CollectingRouter router_;
    AccountId ada_;
};

TEST_F(ActivityRoutes, ShowWhatHappenedWithPlaceAndDevice)
{
    const Actor actor{.kind = ActorKind::Account,
                      .account = ada_,
                      .ip = IpAddress::parse("8.8.8.8"),
                      .client_description = {.user_agent = "curl/7.88.1"}};
    append({.actor = actor,
            .action = "totp.rename",
            .outcome = audit::Outcome::Refused,
            .target = {"authenticator", "otp_1"},
            .details = {{"name", "my\u202e phone", audit::Detail::Kind::Personal}}});
    const auto response = get();
    ASSERT_TRUE(response);
    const auto json = parse_json(response->body);
    ASSERT_TRUE(json);
    EXPECT_TRUE(http::validate(router_.route().answers[0].schema, *json));
    const JsonValue& item = json->find("items")->array().at(0);
    EXPECT_EQ(item.find("action")->string(), "totp.rename");
    EXPECT_EQ(item.find("outcome")->string(), "refused");
    EXPECT_EQ(item.find("actor")->find("kind")->string(), "account");
    EXPECT_EQ(item.find("actor")->find("id")->string(), ada_.text());
    EXPECT_EQ(item.find("target")->find("id")->string(), "otp_1");
    EXPECT_EQ(item.find("ip")->string(), "8.8.8.8");
    EXPECT_EQ(item.find("place")->find("country")->string(), "US");
    EXPECT_EQ(item.find("device")->find("browser")->string(), "curl");
    EXPECT_EQ(item.find("details")->find("name")->string(), "my phone");
    EXPECT_TRUE(json->find("next_cursor")->is_null());
}

TEST_F(ActivityRoutes, SayNullForWhatIsNotKnown)
{
    append(
        {.actor = Actor{.kind = ActorKind::System}, .action = "session.expire", .account = ada_});
    const auto response = get();
    ASSERT_TRUE(response);
    const auto json = parse_json(response->body);
    EXPECT_TRUE(http::validate(router_.route().answers[0].schema, *json));
    const JsonValue& item = json->find("items")->array().at(0);
    for (const char* name : {"ip", "place", "device", "target"}) {
        EXPECT_TRUE(item.find(name)->is_null()) << name;
    }
    EXPECT_TRUE(item.find("actor")->find("id")->is_null());
}

TEST_F(ActivityRoutes, PageByCursor)
{
    const Actor actor{.kind = ActorKind::Account, .account = ada_};
    for (int i = 0; i < 3; ++i) {
        append({.actor = actor, .action = "test.step"});
    }
    const auto first = parse_json(get({{"limit", "2"}})->body);
    ASSERT_EQ(first->find("items")->array().size(), 2U);
    const std::string cursor(first->find("next_cursor")->string());
    const auto second = parse_json(get({{"limit", "2"}, {"cursor", cursor}})->body);
    EXPECT_EQ(second->find("items")->array().size(), 1U);
    EXPECT_TRUE(second->find("next_cursor")->is_null());
    EXPECT_EQ(get({{"cursor", "made-up"}}).error().code, "request/invalid-cursor");
    EXPECT_TRUE(
        parse_json(get({{"action", "other.action"}})->body)->find("items")->array().empty());
}

} // namespace
} // namespace keystead::activity

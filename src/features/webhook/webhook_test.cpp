// guards: what is sent and how it is signed, when it is tried again, which events leave
#include "features/webhook/webhook.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/webhook/event_catalogue.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

namespace keystead::webhook {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// The example that the Standard Webhooks libraries share in their tests.
TEST(Webhook, SignsAsTheSpecificationHasIt)
{
    const auto key = base64_decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ASSERT_TRUE(key);
    EXPECT_EQ(signature(Secret::copy_of(ByteView(*key)), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        "1614265330", R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, ShowsASecretInTheFormThatLibrariesTake)
{
    const auto text = secret_text(Secret(kSecretBytes));
    EXPECT_EQ(text.reveal_text(), "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

TEST(Webhook, TellsIdsAndWordsAlone)
{
    const Actor actor{.kind = ActorKind::Account,
                      .account = AccountId{IdBytes{std::byte{1}}},
                      .ip = IpAddress::parse("203.0.113.9"),
                      .client_description = {.user_agent = "Firefox"}};
    const auto body = message_body({.type = "session.revoked",
                                    .at = from_micros(1'700'000'000'000'000),
                                    .actor = actor,
                                    .account = actor.account,
                                    .target_kind = "session",
                                    .target_id = "ses_1",
                                    .details = {{"reason", "owner"}}});
    const auto json = parse_json(body);
    ASSERT_TRUE(json) << body;
    EXPECT_EQ(json->find("type")->string(), "session.revoked");
    EXPECT_EQ(json->find("timestamp")->string(), "2023-11-14T22:13:20.000000Z");
    const auto* data = json->find("data");
    EXPECT_EQ(data->find("account_id")->string(), actor.account.text());
    EXPECT_EQ(data->find("target")->find("id")->string(), "ses_1");
    EXPECT_EQ(data->find("details")->find("reason")->string(), "owner");
    EXPECT_TRUE(data->find("session_id")->is_null());
    for (const auto* left_out : {"203.0.113.9", "Firefox"}) {
        EXPECT_EQ(body.find(left_out), std::string::npos);
    }
}

TEST(Webhook, TriesEightTimesOverAboutThreeDays)
{
    test::SeededRandom random;
    seconds least{0};
    seconds most{0};
    for (std::uint32_t attempt = 1; attempt < kAttemptsMax; ++attempt) {
        std::set<seconds> drawn;
        for (int i = 0; i < 200; ++i) {
            drawn.insert(backoff(attempt, random));
        }
        EXPECT_GT(drawn.size(), 1U) << "receivers must not be met by all at once";
        least += *drawn.begin();
        most += *drawn.rbegin();
    }
    EXPECT_GT(least, hours{60});
    EXPECT_LT(most, hours{84});
}

TEST(Webhook, JudgesAttempts)
{
    const Instant start{};
    const auto verdict = [&](std::optional<int> status, std::uint32_t attempts = 1,
                             hours age = hours{0}) {
        return judge({.status = status}, attempts, start, start + age);
    };
    for (const int fine : {200, 201, 202, 204, 299}) {
        EXPECT_EQ(verdict(fine), Verdict::Delivered);
    }
    for (const int wrong : {100, 199, 300, 301, 308, 400, 401, 404, 429, 500, 503, 999}) {
        EXPECT_EQ(verdict(wrong), Verdict::Later) << wrong;
        EXPECT_EQ(verdict(wrong, kAttemptsMax), Verdict::GiveUp) << wrong;
    }
    EXPECT_EQ(verdict(std::nullopt), Verdict::Later);
    EXPECT_EQ(verdict(std::nullopt, 2, kGiveUpAfter + hours{1}), Verdict::GiveUp);
    EXPECT_EQ(verdict(200, kAttemptsMax, kGiveUpAfter + hours{1}), Verdict::Delivered);
    EXPECT_EQ(verdict(410), Verdict::Gone);
}

TEST(EventCatalogue, NamesEachEventOnceInTheFormOfTheSpecification)
{
    const std::regex form("[a-z_]+(\\.[a-z_]+)+");
    std::set<std::string_view> names;
    std::set<std::string_view> actions;
    for (const EventType& type : event_catalogue()) {
        EXPECT_TRUE(names.insert(type.name).second) << type.name;
        EXPECT_TRUE(actions.insert(type.action).second) << type.action;
        EXPECT_TRUE(std::regex_match(std::string(type.name), form)) << type.name;
        EXPECT_TRUE(type.words.ends_with("."));
    }
}

TEST(EventCatalogue, LeavesOutWhatStrangersCanCause)
{
    for (const auto* action : {"password.attempt", "recovery.request", "account.email-request",
                               "account.invite", "totp.verify", "link.sweep", ""}) {
        EXPECT_EQ(find_event_type(action), nullptr) << action;
    }
    EXPECT_EQ(find_event_type("session.revoke")->name, "session.revoked");
}

TEST(EventCatalogue, KnowsWhatCanBeAskedFor)
{
    for (const auto* filter : {"*", "session.*", "session.revoked", "webhook.*"}) {
        EXPECT_TRUE(is_known_filter(filter)) << filter;
    }
    for (const auto* filter : {"", ".*", "nothing.*", "session", "session.", "session.revoked.*",
                               "session.revoke", "s*", "session.*,account.*", "**"}) {
        EXPECT_FALSE(is_known_filter(filter)) << filter;
    }
    EXPECT_TRUE(asks_for("*", "account.created"));
    EXPECT_TRUE(asks_for("session.revoked,account.*", "account.created"));
    EXPECT_FALSE(asks_for("session.revoked,account.*", "session.created"));
    EXPECT_FALSE(asks_for("", "session.created"));
}

} // namespace
} // namespace keystead::webhook

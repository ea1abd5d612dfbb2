#include "features/account/account_routes.h"

#include "features/account/email_routes.h"
#include "http/schema.h"
#include "test/support/account_world.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace keystead::account {
namespace {

using http::Access;

/// Keeps the declarations, and calls a handler as the server would after its checks.
class CollectingRouter final : public http::Router {
public:
    void add(http::Route route) override
    {
        const std::string operation(route.operation);
        ASSERT_TRUE(routes.emplace(operation, std::move(route)).second) << operation;
    }
    std::map<std::string, http::Route> routes;
};

class AccountRoutes : public testing::Test {
protected:
    AccountRoutes()
    {
        add_routes(router_, {.database = *world_.database,
                             .accounts = world_.accounts,
                             .admin = world_.admin,
                             .addresses = world_.addresses,
                             .clock = world_.clock,
                             .facts = [](ReadTx&, const http::Request&) -> Result<AccountFacts> {
                                 return AccountFacts{
                                     .has_password = true, .totp_count = 1, .csrf_token = "token"};
                             }});
        add_email_routes(router_, {.database = *world_.database,
                                   .email = world_.email_change,
                                   .addresses = world_.addresses});
    }
    Result<http::Response> call(const std::string& operation, std::string_view body = "",
                                std::vector<std::pair<std::string, std::string>> path = {},
                                std::vector<std::pair<std::string, std::string>> query = {})
    {
        http::Request request;
        request.principal = {
            .kind = http::Principal::Kind::Session, .account = ada_, .session = session_};
        request.path_parameters = std::move(path);
        request.query_parameters = std::move(query);
        if (!body.empty()) {
            request.body = http::Body(*parse_json(body));
        }
        return router_.routes.at(operation).handler(request);
    }
    /// What the route answered, which must be as its declaration says.
    JsonValue answer(const std::string& operation, const Result<http::Response>& response)
    {
        EXPECT_TRUE(response) << operation;
        auto json = *parse_json(response->body);
        const http::Route& route = router_.routes.at(operation);
        EXPECT_EQ(response->status, route.answers.at(0).status);
        EXPECT_TRUE(http::validate(route.answers.at(0).schema, json)) << response->body;
        return json;
    }

    test::AccountWorld world_{Database::Engine::Sqlite};
    CollectingRouter router_;
    AccountId ada_ = world_.create("ada@example.com")->id;
    SessionId session_ = SessionId::make(world_.clock.now(), world_.random);
};

// guards: V7.5.1: what changes addresses or other people's accounts asks for a fresh proof; links
// need no session
TEST_F(AccountRoutes, DemandWhatTheContractSays)
{
    const auto access = [&](const std::string& operation) {
        return router_.routes.at(operation).access;
    };
    for (const auto* operation :
         {"requestEmailChange", "addNotificationAddress", "removeNotificationAddress"}) {
        EXPECT_EQ(access(operation).kind, Access::Kind::Session) << operation;
        EXPECT_EQ(access(operation).authentication_age_max, std::chrono::minutes{5}) << operation;
    }
    for (const auto* operation : {"disableAccount", "enableAccount", "inviteAccount"}) {
        EXPECT_EQ(access(operation).kind, Access::Kind::Operator) << operation;
        EXPECT_EQ(access(operation).authentication_age_max, std::chrono::minutes{5}) << operation;
    }
    for (const auto* operation : {"listAccounts", "loadAccount"}) {
        EXPECT_EQ(access(operation).kind, Access::Kind::Operator) << operation;
    }
    for (const auto* operation :
         {"confirmEmailChange", "undoEmailChange", "confirmNotificationAddress"}) {
        EXPECT_EQ(access(operation).kind, Access::Kind::Public) << operation;
    }
}

TEST_F(AccountRoutes, ShowAndRenameTheOwnAccount)
{
    const auto shown = answer("loadOwnAccount", call("loadOwnAccount"));
    EXPECT_EQ(shown.find("email")->string(), "ada@example.com");
    EXPECT_TRUE(shown.find("second_factor")->find("enabled")->boolean());
    EXPECT_EQ(shown.find("session")->find("id")->string(), session_.text());
    EXPECT_TRUE(shown.find("deletion")->is_null());
    const auto renamed = answer("renameOwnAccount", call("renameOwnAccount", R"({"name":"Ada"})"));
    EXPECT_EQ(renamed.find("name")->string(), "Ada");
}

TEST_F(AccountRoutes, ListAccountsPageByPage)
{
    world_.clock.advance(std::chrono::milliseconds{2});
    const AccountId bob = world_.create("bob@example.com")->id;
    const auto first = answer("listAccounts", call("listAccounts", "", {}, {{"limit", "1"}}));
    ASSERT_EQ(first.find("items")->array().size(), 1U);
    const std::string cursor(first.find("next_cursor")->string());
    const auto second =
        answer("listAccounts", call("listAccounts", "", {}, {{"limit", "1"}, {"cursor", cursor}}));
    EXPECT_EQ(second.find("items")->array()[0].find("id")->string(), bob.text());
    EXPECT_TRUE(second.find("next_cursor")->is_null());
}

TEST_F(AccountRoutes, DisableAndShowAnAccount)
{
    const std::string bob = world_.create("bob@example.com")->id.text();
    const auto disabled = answer("disableAccount", call("disableAccount", "", {{"id", bob}}));
    EXPECT_TRUE(disabled.find("disabled")->boolean());
    EXPECT_TRUE(
        answer("loadAccount", call("loadAccount", "", {{"id", bob}})).find("disabled")->boolean());
    EXPECT_FALSE(answer("enableAccount", call("enableAccount", "", {{"id", bob}}))
                     .find("disabled")
                     ->boolean());
    EXPECT_EQ(call("loadAccount", "", {{"id", "acc_nothing"}}).error().code, "account/not-found");
}

// guards: V6.3.8: known and unknown addresses get the same answer
TEST_F(AccountRoutes, AnswerAlikeForKnownAndUnknownAddresses)
{
    ASSERT_TRUE(world_.create("bob@example.com"));
    for (const auto* operation : {"requestEmailChange", "inviteAccount"}) {
        const auto known = call(operation, R"({"email":"bob@example.com"})");
        const auto unknown = call(operation, R"({"email":"nobody@example.com"})");
        ASSERT_TRUE(known && unknown);
        EXPECT_EQ(known->status, 202);
        EXPECT_EQ(known->status, unknown->status);
        EXPECT_EQ(known->body, unknown->body);
    }
    EXPECT_EQ(call("requestEmailChange", R"({"email":"nobody"})").error().code,
              "account/email-invalid");
}

TEST_F(AccountRoutes, ChangeAndUndoTheEmailByLinks)
{
    ASSERT_TRUE(call("requestEmailChange", R"({"email":"ada@new.example"})"));
    const auto follow = [&](const std::string& operation, const std::string& token) {
        return call(operation, R"({"token":")" + token + R"("})");
    };
    EXPECT_EQ(answer("loadOwnAccount", call("loadOwnAccount")).find("pending_email")->string(),
              "ada@new.example");
    EXPECT_EQ(follow("confirmEmailChange", world_.mails.take().at(0).token)->status, 204);
    const std::string undo = world_.mails.take().at(0).token;
    EXPECT_EQ(follow("undoEmailChange", undo)->status, 204);
    EXPECT_EQ(follow("undoEmailChange", undo).error().code, "link/invalid");
    EXPECT_EQ(world_.email_of(ada_), "ada@example.com");
}

TEST_F(AccountRoutes, KeepNotificationAddresses)
{
    const auto added = answer("addNotificationAddress",
                              call("addNotificationAddress", R"({"email":"b@example.com"})"));
    const std::string id(added.find("id")->string());
    const auto listed = answer("listNotificationAddresses", call("listNotificationAddresses"));
    EXPECT_EQ(listed.find("items")->array().size(), 2U);
    EXPECT_EQ(call("removeNotificationAddress", "", {{"id", id}})->status, 204);
    EXPECT_EQ(call("removeNotificationAddress", "", {{"id", "x"}}).error().code,
              "account/address-not-found");
}

} // namespace
} // namespace keystead::account

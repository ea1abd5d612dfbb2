// http/problem_test.cpp
#include "http/problem.h"

#include "core/json.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace keystead;
using namespace keystead::http;

struct Problems : testing::Test {
    ProblemCatalogue catalogue;
    Response respond(const Error& error)
    {
        return problem_response(error, {.catalogue = catalogue, .request_id = {}});
    }
};

std::string header(const Response& response, std::string_view name)
{
    for (const auto& [key, value] : response.headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

TEST_F(Problems, AreDocumentsOfTheStandardForm)
{
    catalogue.add({{"totp/wrong-code", "Wrong code", "Try the next one."}});
    Error error{ErrorKind::Unauthenticated, "totp/wrong-code", "That code is not valid."};
    error.extension = R"("tries_left":2)";
    const auto response = respond(error);
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto json = parse_json(response.body);
    ASSERT_TRUE(json) << response.body;
    EXPECT_EQ(json->find("type")->string(), "/problems/totp/wrong-code");
    EXPECT_EQ(json->find("title")->string(), "Wrong code");
    EXPECT_EQ(json->find("status")->integer(), 401);
    EXPECT_EQ(json->find("code")->string(), "totp/wrong-code");
    EXPECT_EQ(json->find("tries_left")->integer(), 2);
    EXPECT_TRUE(json->find("request_id")->string().starts_with("req_"));
    EXPECT_EQ(header(response, "WWW-Authenticate"), "Bearer realm=\"Keystead\"");
}

TEST_F(Problems, ListFaultsOfFields)
{
    Error error{ErrorKind::InvalidInput, "request/invalid"};
    error.fields = {{"/password", "password/too-short", "At least 8."}};
    const auto json = parse_json(respond(error).body);
    const auto& fault = json->find("errors")->array().front();
    EXPECT_EQ(fault.find("pointer")->string(), "/password");
    EXPECT_EQ(fault.find("code")->string(), "password/too-short");
}

// guards: RFC 9470, api.md: step-up says how fresh is fresh enough
TEST_F(Problems, ChallengeForAStepUp)
{
    const auto response = respond({ErrorKind::StepUpRequired, "session/step-up-required"});
    EXPECT_EQ(response.status, 401);
    const auto challenge = header(response, "WWW-Authenticate");
    EXPECT_NE(challenge.find("error=\"insufficient_user_authentication\""), std::string::npos);
    EXPECT_NE(challenge.find("max_age=300"), std::string::npos);
}

TEST_F(Problems, SayWhenToTryAgain)
{
    EXPECT_EQ(header(respond({.kind = ErrorKind::RateLimited,
                              .code = "x/y",
                              .retry_after = std::chrono::seconds{7}}),
                     "Retry-After"),
              "7");
}

// guards: nothing of an internal error reaches the outside
TEST_F(Problems, HideWhatIsInternal)
{
    const auto response = respond({.kind = ErrorKind::Internal,
                                   .code = "storage/corrupt",
                                   .detail = "SELECT",
                                   .cause = "disk"});
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("SELECT"), std::string::npos);
    EXPECT_EQ(response.body.find("disk"), std::string::npos);
    EXPECT_EQ(response.body.find("storage"), std::string::npos);
}

TEST(StatusOf, FollowsTheKindButForHttpsOwnCodes)
{
    EXPECT_EQ(status_of(Error{ErrorKind::InvalidInput, "password/refused"}), 422);
    EXPECT_EQ(status_of(Error{ErrorKind::InvalidInput, "request/malformed-json"}), 400);
    EXPECT_EQ(status_of(Error{ErrorKind::InvalidInput, "request/too-large"}), 413);
    EXPECT_EQ(status_of(Error{ErrorKind::LimitReached, "session/limit-reached"}), 409);
}

} // namespace

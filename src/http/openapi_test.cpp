// http/openapi_test.cpp
#include "http/openapi.h"

#include "core/json.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;

Result<Response> nothing(const Request&)
{
    return Response::no_content();
}

RouteTable table()
{
    RouteTable routes;
    const auto session =
        object({{"id", identifier("ses_")}, {"ends_at", time().or_null()}}).named("Session");
    routes.add({.method = Method::Get,
                .path = "/v1/account/sessions",
                .operation = "listSessions",
                .tag = "Sessions",
                .summary = "List one's sessions",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .query = {{"limit", integer(1, 100), "How many."}},
                .answers = {{200, list_of(Schema(session)), "A page of sessions."}},
                .handler = nothing});
    routes.add({.method = Method::Delete,
                .path = "/v1/account/sessions/{id}",
                .operation = "revokeSession",
                .tag = "Sessions",
                .summary = "Revoke a session",
                .lane = LaneKind::Store,
                .access = Access::stepped_up(),
                .limit = LimitGroup::Write,
                .body_bytes_max = std::size_t{100},
                .timing = TimingKind::Immediate,
                .request = object({{"why", text(0, 10), Presence::Optional}}),
                .answers = {{204, no_body(), "Revoked."}},
                .problems = {"session/not-found"},
                .handler = nothing});
    routes.add({.method = Method::Get,
                .path = "/hidden",
                .operation = "",
                .tag = "",
                .summary = "",
                .lane = LaneKind::Inline,
                .access = Access::everyone(),
                .limit = LimitGroup::None,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .documented = false,
                .handler = nothing});
    return routes;
}

TEST(OpenApi, DescribesEveryDocumentedRoute)
{
    const auto text = openapi_document(table(), {});
    JsonLimits limits;
    limits.depth_max = 64;
    const auto json = parse_json(text, limits);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(json->find("openapi")->string(), "3.1.0");
    const auto* paths = json->find("paths");
    ASSERT_NE(paths->find("/v1/account/sessions"), nullptr);
    EXPECT_EQ(paths->find("/hidden"), nullptr);
    const auto* revoke = paths->find("/v1/account/sessions/{id}")->find("delete");
    ASSERT_NE(revoke, nullptr);
    EXPECT_EQ(revoke->find("operationId")->string(), "revokeSession");
    EXPECT_EQ(revoke->find("security")->array().size(), 1U);
    EXPECT_NE(revoke->find("description")->string().find("`session/not-found`"),
              std::string_view::npos);
    for (const auto* status :
         {"204", "400", "401", "403", "404", "413", "415", "422", "429", "503"}) {
        EXPECT_NE(revoke->find("responses")->find(status), nullptr) << status;
    }
    const auto* schemas = json->find("components")->find("schemas");
    EXPECT_NE(schemas->find("Problem"), nullptr);
    EXPECT_NE(schemas->find("Session"), nullptr);
    EXPECT_NE(text.find(R"("$ref":"#/components/schemas/Session")"), std::string::npos);
}

// guards: one component name, one meaning
TEST(OpenApiDeathTest, EndsWhenOneNameMeansTwoThings)
{
    auto routes = table();
    routes.add({.method = Method::Get,
                .path = "/v1/other",
                .operation = "other",
                .tag = "Sessions",
                .summary = "Other",
                .lane = LaneKind::Store,
                .access = Access::session(),
                .limit = LimitGroup::Read,
                .body_bytes_max = std::size_t{0},
                .timing = TimingKind::Immediate,
                .answers = {{200, object({{"x", boolean()}}).named("Session"), "Other."}},
                .handler = nothing});
    EXPECT_DEATH((void)openapi_document(routes, {}), "broken invariant");
}

} // namespace

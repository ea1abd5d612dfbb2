// http/route_table_test.cpp
#include "http/route_table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using namespace keystead;
using namespace keystead::http;

Route route(Method method, std::string_view path, std::string_view operation = {})
{
    return {.method = method,
            .path = path,
            .operation = operation,
            .tag = "",
            .summary = "",
            .lane = LaneKind::Store,
            .access = Access::everyone(),
            .limit = LimitGroup::None,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate,
            .handler = [](const Request&) -> Result<Response> { return Response::no_content(); }};
}

RouteTable table()
{
    RouteTable routes;
    routes.add(route(Method::Get, "/v1/sessions"));
    routes.add(route(Method::Delete, "/v1/sessions/{id}"));
    routes.add(route(Method::Post, "/v1/sessions/revoke-others"));
    routes.add(route(Method::Post, "/v1/sessions/{id}/keys/{key}"));
    return routes;
}

TEST(RouteTable, FindsByMethodAndPath)
{
    const auto routes = table();
    EXPECT_EQ(routes.find(Method::Get, "/v1/sessions").route->path, "/v1/sessions");
    EXPECT_EQ(routes.find(Method::Head, "/v1/sessions").route->path, "/v1/sessions");
    const auto match = routes.find(Method::Post, "/v1/sessions/a/keys/b");
    ASSERT_NE(match.route, nullptr);
    ASSERT_EQ(match.parameter_count, 2U);
    EXPECT_EQ(match.parameters[0].first, "id");
    EXPECT_EQ(match.parameters[0].second, "a");
    EXPECT_EQ(match.parameters[1].second, "b");
    EXPECT_EQ(routes.find(Method::Post, "/v1/sessions/revoke-others").route->path,
              "/v1/sessions/revoke-others");
}

TEST(RouteTable, FindsNothingElse)
{
    const auto routes = table();
    for (const auto* path : {"/", "/v1", "/v1/sessions/", "/v1/sessions//keys/b", "/v1/Sessions",
                             "/v1/sessions/a/keys", "/v1/sessions/a/keys/b/c"}) {
        const auto match = routes.find(Method::Get, path);
        EXPECT_EQ(match.route, nullptr) << path;
        EXPECT_EQ(match.allowed_methods, 0) << path;
    }
}

TEST(RouteTable, TellsWhatAPathAllows)
{
    const auto routes = table();
    const auto match = routes.find(Method::Patch, "/v1/sessions");
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(RouteTable::allow_text(match.allowed_methods), "GET, HEAD, OPTIONS");
    EXPECT_EQ(RouteTable::allow_text(routes.find(Method::Get, "/v1/sessions/a").allowed_methods),
              "DELETE, OPTIONS");
}

// guards: two slices cannot take the same place unnoticed
TEST(RouteTableDeathTest, EndsOnACollision)
{
    auto routes = table();
    EXPECT_DEATH(routes.add(route(Method::Get, "/v1/sessions")), "broken invariant");
    EXPECT_DEATH(routes.add(route(Method::Delete, "/v1/sessions/{other}")), "broken invariant");
    routes.add(route(Method::Get, "/v1/a", "same"));
    EXPECT_DEATH(routes.add(route(Method::Get, "/v1/b", "same")), "broken invariant");
}

// guards: a body schema without room for a body
TEST(RouteTableDeathTest, EndsOnADeclarationThatContradictsItself)
{
    RouteTable routes;
    auto bad = route(Method::Post, "/v1/a");
    bad.request = object({});
    EXPECT_DEATH(routes.add(bad), "broken invariant");
}

} // namespace

// http/request_rules_test.cpp
#include "http/request_rules.h"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace std::chrono_literals;

constexpr Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

Head head_of(std::initializer_list<HeadField> fields)
{
    Head head;
    for (const auto& field : fields) {
        head.fields[head.field_count++] = field;
    }
    return head;
}

Route route_of(Access access)
{
    return {.method = Method::Post,
            .path = "/",
            .operation = "",
            .tag = "",
            .summary = "",
            .lane = LaneKind::Store,
            .access = access,
            .limit = LimitGroup::None,
            .body_bytes_max = std::size_t{0},
            .timing = TimingKind::Immediate};
}

struct OneToken final : Authenticator {
    std::optional<Principal> find_cached(const Credentials&) override { return Principal{}; }
    Result<Principal> load(const Credentials&) override { return Principal{}; }
    bool csrf_matches(const Credentials&, std::string_view token) override
    {
        return token == "right";
    }
};

TEST(MediaType, IsJsonInUtf8Only)
{
    EXPECT_TRUE(is_json_media_type("application/json"));
    EXPECT_TRUE(is_json_media_type("Application/JSON; charset=UTF-8"));
    for (const auto* other :
         {"", "text/plain", "application/json2", "application/json; charset=latin1",
          "application/jsonp", "application/json, text/plain", "application/json;", "text/json"}) {
        EXPECT_FALSE(is_json_media_type(other)) << other;
    }
}

// guards: security.md 26, the Fetch Metadata rule
TEST(CrossSite, LetsOnlyOurPagesAndProgramsThrough)
{
    const HostPolicy hosts(*BaseUrl::parse("https://id.example.org"), 443);
    EXPECT_TRUE(check_cross_site(head_of({}), hosts)); // a program
    EXPECT_TRUE(check_cross_site(head_of({{"Sec-Fetch-Site", "same-origin"}}), hosts));
    EXPECT_TRUE(check_cross_site(head_of({{"Origin", "https://id.example.org"}}), hosts));
    for (const auto* site : {"cross-site", "same-site", "none", "", "Same-Origin"}) {
        EXPECT_FALSE(check_cross_site(head_of({{"Sec-Fetch-Site", site}}), hosts)) << site;
    }
    for (const auto* origin : {"null", "https://evil.example.org", "http://id.example.org", ""}) {
        EXPECT_FALSE(check_cross_site(head_of({{"Origin", origin}}), hosts)) << origin;
    }
    // Sec-Fetch-Site, which pages cannot forge, decides where both are there.
    EXPECT_FALSE(check_cross_site(
        head_of({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://id.example.org"}}), hosts));
}

// guards: security.md 26, the anti-forgery token
TEST(Csrf, NeedsASignOfTheOriginAndTheToken)
{
    OneToken authenticator;
    const Credentials credentials{.session_cookie = "s"};
    EXPECT_TRUE(check_csrf(head_of({{"Origin", "o"}, {"Keystead-Csrf", "right"}}), credentials,
                           authenticator));
    EXPECT_TRUE(check_csrf(head_of({{"Sec-Fetch-Site", "same-origin"}, {"Keystead-Csrf", "right"}}),
                           credentials, authenticator));
    EXPECT_FALSE(check_csrf(head_of({{"Keystead-Csrf", "right"}}), credentials, authenticator));
    EXPECT_FALSE(check_csrf(head_of({{"Origin", "o"}, {"Keystead-Csrf", "wrong"}}), credentials,
                            authenticator));
    EXPECT_FALSE(check_csrf(head_of({{"Origin", "o"}}), credentials, authenticator));
}

// guards: two identities in one request
TEST(ReadCredentials, RefusesACookieBesideAnAuthorization)
{
    OurCookies cookies;
    const auto both =
        head_of({{"Cookie", "__Host-keystead=a"}, {"Authorization", "Bearer ks_svc_x"}});
    const auto foreign =
        head_of({{"Cookie", "__Host-keystead=a"}, {"Authorization", "Basic eDp5"}});
    Route route = route_of(Access::session());
    EXPECT_EQ(read_credentials(both, route, cookies).error().code, "request/two-identities");
    EXPECT_EQ(read_credentials(foreign, route, cookies).error().code, "request/two-identities");
    route.ignores_foreign_authorization = true; // `check`: what is not ks_… is the product's
    EXPECT_EQ(read_credentials(foreign, route, cookies)->session_cookie, "a");
    EXPECT_FALSE(read_credentials(both, route, cookies));
}

// guards: each route looks at the one credential that its access is about
TEST(ReadCredentials, LooksOnlyAtWhatTheRouteIsFor)
{
    OurCookies cookies;
    const auto head = head_of({{"Cookie", "__Host-keystead=s; __Host-keystead-flow=f"}});
    EXPECT_EQ(read_credentials(head, route_of(Access::everyone()), cookies)->session_cookie, "");
    EXPECT_EQ(read_credentials(head, route_of(Access::session()), cookies)->session_cookie, "s");
    EXPECT_EQ(read_credentials(head, route_of(Access::session()), cookies)->flow_cookie, "");
    EXPECT_EQ(read_credentials(head, route_of(Access::half_signed_in()), cookies)->flow_cookie,
              "f");
    const auto bearer = head_of({{"Authorization", "bearer ks_svc_x"}});
    EXPECT_EQ(
        read_credentials(bearer, route_of(Access::service_client(ClientRight::Introspect)), cookies)
            ->bearer,
        "ks_svc_x");
    EXPECT_EQ(read_credentials(bearer, route_of(Access::session()), cookies)->bearer, "");
}

std::string_view refusal(Access access, const Principal& principal)
{
    const auto result = check_access(access, principal, kNow);
    return result ? std::string_view("allowed") : result.error().code;
}

// guards: a session of an account that is being secured gets where a route says so, and nowhere
// else
TEST(CheckAccess, OpensTheStepsAloneToARestrictedSession)
{
    Principal restricted;
    restricted.kind = Principal::Kind::Session;
    restricted.authenticated_at = kNow;
    restricted.is_operator = true;
    restricted.is_restricted = true;
    EXPECT_TRUE(check_access(Access::session().even_when_restricted(), restricted, kNow));
    for (const Access& closed :
         {Access::session(), Access::stepped_up(), Access::operator_only(),
          Access::stepped_up_operator(), Access::session_even_if_authentication_is_due()}) {
        const auto answer = check_access(closed, restricted, kNow);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, "session/restricted");
        EXPECT_EQ(answer.error().kind, ErrorKind::Forbidden);
    }
    const auto check = check_access(Access::session_or_any_token(), restricted, kNow);
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().kind, ErrorKind::Unauthenticated)
        << "so that a proxy leads to the pages";
}

// guards: every kind of access against every kind of principal
// guards: a token opens what is declared for tokens, as far as it goes, and nothing else
TEST(CheckAccess, LetsATokenInWhereTheRouteSaysSo)
{
    using Kind = Principal::Kind;
    const Permission deploy{3};
    const Principal token{
        .kind = Kind::Token, .permissions = PermissionSet{}.with(deploy), .is_operator = true};
    Principal elsewhere = token;
    elsewhere.wrong_address = true;

    EXPECT_EQ(refusal(Access::session_or_any_token(), token), "allowed");
    EXPECT_EQ(refusal(Access::session_or_token(deploy), token), "allowed");
    EXPECT_EQ(refusal(Access::session_or_token(kReadAccount), token), "token/permission-missing");
    for (const auto& access :
         {Access::session(), Access::session_even_if_authentication_is_due(), Access::stepped_up(),
          Access::operator_only(), Access::stepped_up_operator()}) {
        EXPECT_EQ(refusal(access, token), "token/not-allowed");
    }
    EXPECT_EQ(refusal(Access::half_signed_in(), token), "sign-in/flow-ended");
    EXPECT_EQ(refusal(Access::service_client(ClientRight::Introspect), token), "client/required");
    EXPECT_EQ(refusal(Access::session_or_any_token(), elsewhere), "token/address-refused");
    EXPECT_EQ(refusal(Access::session_or_token(deploy), elsewhere), "token/address-refused");
}

// guards: what the product does in its customers' place is open to them, to their token with the
// permission, and to a client with the right
TEST(CheckAccess, LetsAClientStandInForTheOwnerWhereTheRouteSaysSo)
{
    using Kind = Principal::Kind;
    const Permission manage{4};
    const auto read = Access::owner_or_client(manage, ClientRight::Hosts);
    const auto change = Access::stepped_up_owner_or_client(manage, ClientRight::Hosts);
    const Principal client{.kind = Kind::ServiceClient, .client_rights = 4};
    const Principal other_client{.kind = Kind::ServiceClient, .client_rights = 3};
    const Principal token{.kind = Kind::Token, .permissions = PermissionSet{}.with(manage)};
    const Principal other_token{.kind = Kind::Token,
                                .permissions = PermissionSet::from_bits(~(std::uint64_t{1} << 4))};
    const Principal old{.kind = Kind::Session, .authenticated_at = kNow - 6min};
    const Principal server{.kind = Kind::Host};
    for (const auto& access : {read, change}) {
        EXPECT_EQ(refusal(access, client), "allowed");
        EXPECT_EQ(refusal(access, other_client), "access/forbidden");
        EXPECT_EQ(refusal(access, token), "allowed");
        EXPECT_EQ(refusal(access, other_token), "token/permission-missing");
        EXPECT_EQ(refusal(access, server), "session/required");
    }
    EXPECT_EQ(refusal(read, old), "allowed");
    EXPECT_EQ(refusal(change, old), "session/step-up-required");
    EXPECT_EQ(refusal(Access::session(), client), "session/required");
    EXPECT_EQ(refusal(Access::owner_or_client(kNoPermission, ClientRight::Hosts), token),
              "token/permission-missing");

    OurCookies cookies;
    const auto head = head_of({{"Authorization", "Bearer ks_svc_x"}});
    EXPECT_EQ(read_credentials(head, route_of(change), cookies)->bearer, "ks_svc_x");
}

// guards: a server's token opens what servers ask, and nothing else does
TEST(CheckAccess, KeepsServersAndPeopleApart)
{
    using Kind = Principal::Kind;
    const Principal server{.kind = Kind::Host};
    const Principal enrolling{.kind = Kind::Enrolment};
    EXPECT_EQ(refusal(Access::host(), server), "allowed");
    EXPECT_EQ(refusal(Access::enrolment(), enrolling), "allowed");
    for (const auto& other : {Principal{}, Principal{.kind = Kind::Session},
                              Principal{.kind = Kind::ServiceClient, .client_rights = 7},
                              Principal{.kind = Kind::Token}, enrolling}) {
        EXPECT_EQ(refusal(Access::host(), other), "host/required");
    }
    EXPECT_EQ(refusal(Access::enrolment(), server), "host/required");
    for (const auto& access :
         {Access::session(), Access::session_or_any_token(), Access::operator_only()}) {
        EXPECT_EQ(refusal(access, server), "session/required");
        EXPECT_EQ(refusal(access, enrolling), "session/required");
    }

    OurCookies cookies;
    const auto head = head_of({{"Authorization", "Bearer ks_host_x"}});
    EXPECT_EQ(read_credentials(head, route_of(Access::host()), cookies)->bearer, "ks_host_x");
    EXPECT_EQ(read_credentials(head, route_of(Access::session()), cookies)->bearer, "");
}

TEST(CheckAccess, AllowsWhoTheRouteIsForAndNobodyElse)
{
    using Kind = Principal::Kind;
    const Principal nobody;
    const Principal half{.kind = Kind::HalfSignedIn};
    const Principal fresh{.kind = Kind::Session, .authenticated_at = kNow - 1min};
    const Principal old{.kind = Kind::Session, .authenticated_at = kNow - 6min};
    const Principal future{.kind = Kind::Session, .authenticated_at = kNow + 1min};
    const Principal due{.kind = Kind::Session, .authenticated_at = kNow, .must_authenticate = true};
    const Principal boss{
        .kind = Kind::Session, .authenticated_at = kNow - 6min, .is_operator = true};
    const Principal client{.kind = Kind::ServiceClient, .client_rights = 1};
    const Principal weak_client{.kind = Kind::ServiceClient, .client_rights = 2};

    for (const auto& anyone : {nobody, half, fresh, old, due, client}) {
        EXPECT_EQ(refusal(Access::everyone(), anyone), "allowed");
    }
    for (const auto& other : {nobody, half, client}) {
        EXPECT_EQ(refusal(Access::session(), other), "session/required");
        EXPECT_EQ(refusal(Access::stepped_up(), other), "session/required");
        EXPECT_EQ(refusal(Access::operator_only(), other), "session/required");
    }
    EXPECT_EQ(refusal(Access::session(), old), "allowed");
    EXPECT_EQ(refusal(Access::stepped_up(), fresh), "allowed");
    EXPECT_EQ(refusal(Access::stepped_up(), old), "session/step-up-required");
    EXPECT_EQ(refusal(Access::stepped_up(), future), "session/step-up-required");
    EXPECT_EQ(refusal(Access::session(), due), "session/authentication-required");
    EXPECT_EQ(refusal(Access::stepped_up(), due), "session/authentication-required");
    EXPECT_EQ(refusal(Access::session_even_if_authentication_is_due(), due), "allowed");
    EXPECT_EQ(refusal(Access::operator_only(), fresh), "access/forbidden");
    EXPECT_EQ(refusal(Access::operator_only(), boss), "allowed");
    EXPECT_EQ(refusal(Access::stepped_up_operator(), boss), "session/step-up-required");
    for (const auto& other : {nobody, fresh, client}) {
        EXPECT_EQ(refusal(Access::half_signed_in(), other), "sign-in/flow-ended");
    }
    EXPECT_EQ(refusal(Access::half_signed_in(), half), "allowed");
    EXPECT_EQ(refusal(Access::service_client(ClientRight::Introspect), fresh), "client/required");
    EXPECT_EQ(refusal(Access::service_client(ClientRight::Introspect), weak_client),
              "access/forbidden");
    EXPECT_EQ(refusal(Access::service_client(ClientRight::Introspect), client), "allowed");
}

} // namespace

// http/server_test.cpp
//
// The whole server over raw sockets: what is answered. Limits and shutdown: server_limits_test.cpp.
#include "test/support/live_server.h"

#include "core/json.h"
#include "test/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace {

using namespace keystead;
using namespace keystead::http;
using namespace keystead::test;

constexpr std::string_view kKnown = "Cookie: __Host-keystead=ks_ses_known\r\n";
constexpr std::string_view kOurPage = "Sec-Fetch-Site: same-origin\r\nKeystead-Csrf: right\r\n";
constexpr std::string_view kJson = "Content-Type: application/json\r\n";

std::string code_of(const std::string& answer)
{
    const auto json = parse_json(body_of(answer));
    return json && json->find("code") != nullptr ? std::string(json->find("code")->string())
                                                 : std::string{};
}

std::string cookies(std::string_view more)
{
    return std::string(kKnown) + std::string(more);
}

TEST(Server, AnswersWithEveryFieldThatBelongsThere)
{
    const LiveServer live;
    const auto answer = live.answer("GET /v1/check", kKnown);
    EXPECT_EQ(status_of_answer(answer), 204);
    EXPECT_TRUE(field_of(answer, "Keystead-Account").starts_with("acc_"));
    EXPECT_TRUE(field_of(answer, "Keystead-Request-Id").starts_with("req_"));
    EXPECT_EQ(field_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(field_of(answer, "Content-Security-Policy"),
              "default-src 'none'; frame-ancestors 'none'; sandbox");
    EXPECT_EQ(field_of(answer, "Content-Length"), "");
    EXPECT_FALSE(field_of(answer, "Date").empty());
}

TEST(Server, FindsRoutesAndTellsWhatAPathAllows)
{
    const LiveServer live;
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/nothing")), 404);
    EXPECT_EQ(body_of(live.answer("GET /v1/things/a%20b")), "a b");
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/things/%FF")), 404);
    const auto wrong = live.answer("DELETE /v1/check");
    EXPECT_EQ(status_of_answer(wrong), 405);
    EXPECT_EQ(field_of(wrong, "Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(status_of_answer(live.answer("OPTIONS /v1/check")), 204);
    EXPECT_EQ(status_of_answer(live.answer("BREW /v1/check")), 501);
    EXPECT_EQ(code_of(live.answer("GET /v1/things/a?x=1")), "request/unknown-member");
}

TEST(Server, LeavesOutTheBodyForHead)
{
    const LiveServer live;
    RawClient client(live.port());
    client.send(live.request("HEAD /v1/things/abc") + live.request("GET /v1/things/abc"));
    const auto head = client.read_answer(false);
    EXPECT_EQ(field_of(head, "Content-Length"), "3");
    EXPECT_EQ(body_of(client.read_answer()), "abc");
}

// guards: every kind of access, over the wire
TEST(Server, ChecksAccessBeforeAHandlerRuns)
{
    LiveServer live;
    EXPECT_EQ(code_of(live.answer("GET /v1/check")), "session/required");
    EXPECT_EQ(code_of(live.answer("GET /v1/store", "Cookie: __Host-keystead=made_up\r\n")),
              "session/required");
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/store", kKnown)), 204);
    const auto due = live.answer("POST /v1/grave",
                                 "Cookie: __Host-keystead=ks_ses_old\r\n" + std::string(kOurPage));
    EXPECT_EQ(status_of_answer(due), 401);
    EXPECT_NE(field_of(due, "WWW-Authenticate").find("max_age=300"), std::string::npos);
    EXPECT_EQ(status_of_answer(live.answer("POST /v1/grave", cookies(kOurPage))), 204);
    EXPECT_EQ(code_of(live.answer("POST /v1/half", cookies(kOurPage))), "sign-in/flow-ended");
    EXPECT_EQ(status_of_answer(
                  live.answer("POST /v1/half", "Cookie: __Host-keystead-flow=ks_flw_known\r\n" +
                                                   std::string(kOurPage))),
              204);
}

// guards: a principal that memory does not know is loaded before anything else happens
TEST(Server, LoadsAPrincipalThatIsNotInMemory)
{
    LiveServer live;
    const std::string stored = "Cookie: __Host-keystead=ks_ses_stored\r\n";
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/store", stored)), 204);
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/check", stored)),
              204); // by its ordinary handler
    EXPECT_EQ(live.authenticator.loads, 2);
    EXPECT_EQ(status_of_answer(live.answer("POST /v1/half", stored + std::string(kOurPage))), 401);
    EXPECT_EQ(live.authenticator.loads, 2);
}

// guards: security.md 26
TEST(Server, RefusesRequestsFromElsewhere)
{
    const LiveServer live;
    const auto change = [&](const std::string& fields) {
        return code_of(live.answer("POST /v1/change", cookies(fields)));
    };
    EXPECT_EQ(change(std::string(kOurPage)), "");
    EXPECT_EQ(change("Keystead-Csrf: right\r\n"), "request/cross-site");
    EXPECT_EQ(change("Sec-Fetch-Site: same-origin\r\n"), "request/cross-site");
    EXPECT_EQ(change("Sec-Fetch-Site: same-site\r\nKeystead-Csrf: right\r\n"),
              "request/cross-site");
    EXPECT_EQ(change("Origin: https://evil.example\r\nKeystead-Csrf: right\r\n"),
              "request/cross-site");
    EXPECT_EQ(change("Origin: http://localhost:" + std::to_string(live.port()) +
                     "\r\nKeystead-Csrf: right\r\n"),
              "");
    const auto forged = live.answer(
        "POST /v1/echo", "Sec-Fetch-Site: cross-site\r\n" + std::string(kJson), R"({"text":"a"})");
    EXPECT_EQ(code_of(forged),
              "request/cross-site"); // public routes too: login and logout cannot be forged
    EXPECT_EQ(
        status_of_answer(live.answer("GET /v1/store", cookies("Sec-Fetch-Site: cross-site\r\n"))),
        204);
}

TEST(Server, RefusesTwoIdentitiesButForTheProductsOwn)
{
    const LiveServer live;
    EXPECT_EQ(code_of(live.answer("GET /v1/store", cookies("Authorization: Bearer ks_pat_x\r\n"))),
              "request/two-identities");
    EXPECT_EQ(code_of(live.answer("GET /v1/store", cookies("Authorization: Basic eDp5\r\n"))),
              "request/two-identities");
    EXPECT_EQ(
        status_of_answer(live.answer("GET /v1/check", cookies("Authorization: Basic eDp5\r\n"))),
        204);
    EXPECT_EQ(status_of_answer(
                  live.answer("GET /v1/check", cookies("Authorization: Bearer ks_pat_x\r\n"))),
              400);
}

TEST(Server, ReadsAndChecksBodies)
{
    const LiveServer live;
    const auto echo = [&](std::string_view fields, std::string_view body) {
        return live.answer("POST /v1/echo", fields, body);
    };
    EXPECT_EQ(body_of(echo(kJson, R"({"text":"hé"})")), R"({"text":"hé"})");
    EXPECT_EQ(status_of_answer(echo("", R"({"text":"a"})")), 415);
    EXPECT_EQ(status_of_answer(echo("Content-Type: text/plain\r\n", R"({"text":"a"})")), 415);
    EXPECT_EQ(status_of_answer(
                  echo(std::string(kJson) + "Content-Encoding: gzip\r\n", R"({"text":"a"})")),
              415);
    EXPECT_EQ(code_of(echo(kJson, R"({"text":"a","text":"b"})")), "request/malformed-json");
    EXPECT_EQ(status_of_answer(echo(kJson, "{")), 400);
    EXPECT_EQ(code_of(echo(kJson, R"({"text":1})")), "request/invalid");
    EXPECT_EQ(status_of_answer(echo(kJson, R"({"text":")" + std::string(4096, 'a') + R"("})")),
              413);
    EXPECT_EQ(status_of_answer(live.answer("POST /v1/change", cookies(kOurPage), "x")),
              413); // takes no body
    EXPECT_EQ(status_of_answer(live.answer("POST /v1/echo", kJson)), 400);
    const auto form = live.answer(
        "POST /v1/introspect",
        "Authorization: Bearer ks_svc_known\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        "token=a");
    EXPECT_EQ(body_of(form), "\"token=a\"");
}

TEST(Server, ReadsChunksAndAsksForBodiesThatWait)
{
    const LiveServer live;
    RawClient client(live.port());
    client.send(
        live.request("POST /v1/echo", std::string(kJson) + "Transfer-Encoding: chunked\r\n") +
        "6\r\n{\"text\r\n8\r\n\":\"abc\"}\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(client.read_answer()), R"({"text":"abc"})");
    client.send("POST /v1/echo HTTP/1.1\r\nHost: localhost:" + std::to_string(live.port()) +
                "\r\n" + std::string(kJson) + "Expect: 100-continue\r\nContent-Length: 12\r\n\r\n");
    EXPECT_EQ(status_of_answer(client.read_answer(false)), 100);
    client.send(R"({"text":"x"})");
    EXPECT_EQ(body_of(client.read_answer()), R"({"text":"x"})");
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/check", "Expect: miracles\r\n")), 417);
}

// guards: order of answers, and that no request is lost or doubled
TEST(Server, AnswersPipelinedRequestsInTheirOrder)
{
    const LiveServer live;
    RawClient client(live.port());
    std::string all;
    for (int i = 0; i < 60; ++i) {
        all += live.request("GET /v1/things/" + std::to_string(i)); // on a lane
        all += live.request("GET /v1/check", kKnown);               // on the loop
        all += live.request("POST /v1/echo", kJson, R"({"text":"e)" + std::to_string(i) + R"("})");
    }
    ASSERT_TRUE(client.send(all));
    for (int i = 0; i < 60; ++i) {
        ASSERT_EQ(body_of(client.read_answer()), std::to_string(i));
        ASSERT_EQ(status_of_answer(client.read_answer()), 204);
        ASSERT_EQ(body_of(client.read_answer()), R"({"text":"e)" + std::to_string(i) + R"("})");
    }
}

// guards: a refused head ends the connection: nothing behind it is taken for a request
TEST(Server, ClosesAfterEverySmugglingForm)
{
    const LiveServer live;
    const std::string hidden = live.request("GET /v1/things/smuggled");
    for (const std::string_view fields :
         {"Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: identity\r\n",
          "Transfer-Encoding: xchunked\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
          "Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: 0, 0\r\n",
          "Content-Length: +0\r\n", "X: a\r\n Content-Length: 0\r\n", "X: a\nY: b\r\n",
          "Host: other\r\n", "Transfer-Encoding : chunked\r\n"}) {
        RawClient client(live.port());
        client.send(live.request("POST /v1/echo", fields) + hidden);
        const auto answer = client.read_all();
        EXPECT_EQ(status_of_answer(answer), 400) << fields;
        EXPECT_EQ(field_of(answer, "Connection"), "close") << fields;
        EXPECT_EQ(answer.find("smuggled"), std::string::npos) << fields;
        EXPECT_EQ(answer.find("(timeout)"), std::string::npos) << fields;
    }
}

// guards: trailers, which Beast merges into the head, Authorization and Cookie included
TEST(Server, ClosesAfterATrailer)
{
    const LiveServer live;
    RawClient client(live.port());
    client.send(
        live.request("POST /v1/echo", std::string(kJson) + "Transfer-Encoding: chunked\r\n") +
        "c\r\n{\"text\":\"x\"}\r\n0\r\nCookie: __Host-keystead=ks_ses_known\r\n\r\n" +
        live.request("GET /v1/things/next"));
    const auto answer = client.read_all();
    EXPECT_EQ(status_of_answer(answer), 400);
    EXPECT_EQ(answer.find("next"), std::string::npos);
}

// guards: security.md 14
TEST(Server, AnswersForItsOwnHostOnly)
{
    const LiveServer live;
    const auto with_host = [&](std::string_view line, const std::string& host) {
        RawClient client(live.port());
        client.send(std::string(line) + " HTTP/1.1\r\nHost: " + host +
                    "\r\nConnection: close\r\n\r\n");
        return client.read_all();
    };
    const std::string port = ":" + std::to_string(live.port());
    EXPECT_EQ(status_of_answer(with_host("GET /v1/check", "evil.example")), 421);
    EXPECT_EQ(status_of_answer(with_host("GET /v1/check", "localhost")), 421);
    EXPECT_EQ(status_of_answer(with_host("GET /health/live", "10.1.2.3")), 200);
    const auto moved = with_host("GET /sign-in?a=b", "127.0.0.1" + port);
    EXPECT_EQ(status_of_answer(moved), 302);
    EXPECT_EQ(field_of(moved, "Location"), "http://localhost" + port + "/sign-in?a=b");
    EXPECT_EQ(status_of_answer(with_host("POST /v1/echo", "127.0.0.1" + port)), 421);
}

TEST(Server, ServesPagesWithANonceOfTheirOwn)
{
    const LiveServer live;
    const auto first = live.answer("GET /sign-in");
    const auto second = live.answer("GET /sign-in");
    const std::string policy = field_of(first, "Content-Security-Policy");
    const std::string body = body_of(first);
    const std::string nonce = body.substr(15, body.find('"', 15) - 15);
    EXPECT_NE(policy.find("'nonce-" + nonce + "'"), std::string::npos);
    EXPECT_NE(policy, field_of(second, "Content-Security-Policy"));
    EXPECT_EQ(status_of_answer(live.answer("GET /sign-in.php")), 404);
    EXPECT_EQ(status_of_answer(live.answer("POST /sign-in")), 404);
}

TEST(Server, ServesFilesWhole)
{
    const LiveServer live;
    RawClient client(live.port());
    client.send(live.request("GET /assets/app-1a2b.js") +
                live.request("GET /assets/app-1a2b.js", "Accept-Encoding: br\r\n") +
                live.request("GET /assets/app-1a2b.js", "If-None-Match: \"1a2b\"\r\n"));
    const auto plain = client.read_answer();
    EXPECT_EQ(body_of(plain), std::string(300'000, 'x'));
    EXPECT_EQ(field_of(plain, "Cache-Control"), "public, max-age=31536000, immutable");
    const auto small = client.read_answer();
    EXPECT_EQ(field_of(small, "Content-Encoding"), "br");
    EXPECT_EQ(body_of(small), "compressed");
    EXPECT_EQ(status_of_answer(client.read_answer(false)), 304);
}

TEST(Server, LivesUnderABasePath)
{
    const LiveServer live([](ServerOptions& options) { options.settings.base_path = "/account"; });
    EXPECT_EQ(status_of_answer(live.answer("GET /account/v1/check", kKnown)), 204);
    EXPECT_EQ(status_of_answer(live.answer("GET /v1/check", kKnown)), 404);
    EXPECT_EQ(status_of_answer(live.answer("GET /accountv1/check", kKnown)), 404);
    EXPECT_EQ(status_of_answer(live.answer("GET /health/live")), 200);
    EXPECT_NE(live.answer("GET /account/v1/check").find("\"/account/problems/session/required\""),
              std::string::npos);
}

TEST(Server, ExplainsProblemsAndItself)
{
    const LiveServer live;
    EXPECT_NE(live.answer("GET /problems/session/required").find("Sign-in required"),
              std::string::npos);
    EXPECT_NE(live.answer("GET /problems/session/required", "Accept: text/html\r\n")
                  .find("<h1>Sign-in required</h1>"),
              std::string::npos);
    EXPECT_EQ(status_of_answer(live.answer("GET /problems/no/such")), 404);
    EXPECT_NE(live.answer("GET /v1/openapi.json").find("\"openapi\":\"3.1.0\""), std::string::npos);
}

// guards: the log holds no query, no path as typed, no credential
TEST(Server, LogsEachRequestAsOneLineOfJson)
{
    const TemporaryFolder folder;
    const std::string path = folder.path() / "access.log";
    {
        const LiveServer live([&](ServerOptions& options) { options.settings.access_log = path; });
        (void)live.answer("GET /v1/things/secret-id?token=secret", kKnown);
        (void)live.answer("GET /v1/check", kKnown);
    }
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    const std::string lines = text.str();
    EXPECT_EQ(lines.find("secret"), std::string::npos);
    EXPECT_EQ(lines.find("ks_ses"), std::string::npos);
    // Two loops answered: whose line is written first is open.
    const auto check = lines.find("\"/v1/check\"");
    ASSERT_NE(check, std::string::npos) << lines;
    const auto begin = lines.rfind('\n', check) + 1; // npos + 1 is 0
    const auto line = parse_json(lines.substr(begin, lines.find('\n', check) - begin));
    ASSERT_TRUE(line) << lines;
    EXPECT_EQ(line->find("route")->string(), "/v1/check");
    EXPECT_EQ(line->find("status")->integer(), 204);
    EXPECT_EQ(line->find("client")->string(), "127.0.0.1");
}

} // namespace

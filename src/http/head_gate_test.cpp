// http/head_gate_test.cpp
#include "http/head_gate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using namespace keystead::http;
using Kind = GateVerdict::Kind;

constexpr std::size_t kHeadMax = 16384;

GateVerdict check(std::string_view bytes)
{
    std::size_t scanned = 0;
    return check_head(bytes, scanned, kHeadMax);
}

std::string request(std::string_view fields, std::string_view line = "GET /v1/check HTTP/1.1")
{
    return std::string(line) + "\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

struct Form {
    const char* name;
    std::string bytes;
};
void PrintTo(const Form& form, std::ostream* out)
{
    *out << form.name;
}

class RefusedForm : public testing::TestWithParam<Form> {};

// guards: every form by which two parsers could be made to disagree (architecture.md "A gate reads
// the raw head")
TEST_P(RefusedForm, IsMalformed)
{
    EXPECT_EQ(check(GetParam().bytes).kind, Kind::Malformed) << GetParam().bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedForm,
    testing::Values(
        Form{"chunked then gzip",
             request("Transfer-Encoding: chunked, gzip\r\n", "POST / HTTP/1.1")},
        Form{"gzip then chunked",
             request("Transfer-Encoding: gzip, chunked\r\n", "POST / HTTP/1.1")},
        Form{"identity", request("Transfer-Encoding: identity\r\n", "POST / HTTP/1.1")},
        Form{"xchunked", request("Transfer-Encoding: xchunked\r\n", "POST / HTTP/1.1")},
        Form{"another case", request("Transfer-Encoding: Chunked\r\n", "POST / HTTP/1.1")},
        Form{"an empty coding", request("Transfer-Encoding:\r\n", "POST / HTTP/1.1")},
        Form{"a quoted coding", request("Transfer-Encoding: \"chunked\"\r\n", "POST / HTTP/1.1")},
        Form{"doubled coding",
             request("Transfer-Encoding: chunked, chunked\r\n", "POST / HTTP/1.1")},
        Form{"doubled field",
             request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                     "POST / HTTP/1.1")},
        Form{"chunked on 1.0", request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")},
        Form{"vertical tab before the coding", request("Transfer-Encoding: \x0b"
                                                       "chunked\r\n",
                                                       "POST / HTTP/1.1")},
        Form{"space before the colon",
             request("Transfer-Encoding : chunked\r\n", "POST / HTTP/1.1")},
        Form{"length after coding",
             request("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "POST / HTTP/1.1")},
        Form{"coding after length",
             request("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "POST / HTTP/1.1")},
        Form{"length twice",
             request("Content-Length: 4\r\nContent-Length: 4\r\n", "POST / HTTP/1.1")},
        Form{"length as a list", request("Content-Length: 4, 4\r\n", "POST / HTTP/1.1")},
        Form{"signed length", request("Content-Length: +4\r\n", "POST / HTTP/1.1")},
        Form{"negative length", request("Content-Length: -4\r\n", "POST / HTTP/1.1")},
        Form{"hexadecimal length", request("Content-Length: 0x4\r\n", "POST / HTTP/1.1")},
        Form{"length with a space", request("Content-Length: 4 4\r\n", "POST / HTTP/1.1")},
        Form{"empty length", request("Content-Length:\r\n", "POST / HTTP/1.1")},
        Form{"endless length",
             request("Content-Length: 99999999999999999999\r\n", "POST / HTTP/1.1")}));

INSTANTIATE_TEST_SUITE_P(
    Lines, RefusedForm,
    testing::Values(Form{"bare LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
                    Form{"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n"},
                    Form{"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
                    Form{"bare CR in a value", request("X: a\rb\r\n")},
                    Form{"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"},
                    Form{"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"},
                    Form{"a folded line", request("X: a\r\n b\r\n")},
                    Form{"a folded line with a tab", request("X: a\r\n\tb\r\n")},
                    Form{"a folded first line", "GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n"},
                    Form{"NUL in a value", request(std::string("X: a\0b\r\n", 8))},
                    Form{"NUL in a name", request(std::string("X\0Y: b\r\n", 8))},
                    Form{"NUL in the target",
                         "GET /a" + std::string(1, '\0') + " HTTP/1.1\r\nHost: a\r\n\r\n"},
                    Form{"DEL in a value", request("X: a\x7f\r\n")},
                    Form{"an empty name", request(": a\r\n")},
                    Form{"no colon", request("nothing\r\n")},
                    Form{"a name with a space", request("X Y: a\r\n")},
                    Form{"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"}));

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedForm,
    testing::Values(Form{"absolute-form", request("", "GET http://localhost/ HTTP/1.1")},
                    Form{"authority-form", request("", "CONNECT localhost:443 HTTP/1.1")},
                    Form{"asterisk-form", request("", "OPTIONS * HTTP/1.1")},
                    Form{"HTTP/1.2", request("", "GET / HTTP/1.2")},
                    Form{"HTTP/2.0", request("", "GET / HTTP/2.0")},
                    Form{"HTTP/0.9", "GET /\r\n\r\n"},
                    Form{"lower-case version", request("", "GET / http/1.1")},
                    Form{"two spaces", request("", "GET  / HTTP/1.1")},
                    Form{"a tab", request("", "GET\t/ HTTP/1.1")},
                    Form{"a trailing space", request("", "GET / HTTP/1.1 ")},
                    Form{"a method that is no token", request("", "GE(T / HTTP/1.1")},
                    Form{"a space in the target", request("", "GET /a b HTTP/1.1")},
                    Form{"a fragment", request("", "GET /#a HTTP/1.1")},
                    Form{"a quote in the query", request("", "GET /?\"a HTTP/1.1")},
                    Form{"a broken escape in the query", request("", "GET /?%4 HTTP/1.1")}));

INSTANTIATE_TEST_SUITE_P(
    Identity, RefusedForm,
    testing::Values(
        Form{"no Host", "GET / HTTP/1.1\r\n\r\n"}, Form{"no Host on 1.0", "GET / HTTP/1.0\r\n\r\n"},
        Form{"two Hosts", request("Host: localhost\r\n")},
        Form{"two Hosts that differ", request("host: b\r\n")},
        Form{"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        Form{"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        Form{"a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        Form{"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        Form{"two Authorizations", request("Authorization: a\r\nAuthorization: b\r\n")},
        Form{"two Cookies", request("Cookie: a=1\r\nCookie: b=2\r\n")},
        Form{"two Content-Types", request("Content-Type: a/b\r\nContent-Type: a/b\r\n")},
        Form{"two Origins", request("Origin: a\r\nOrigin: b\r\n")},
        Form{"two Sec-Fetch-Sites",
             request("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: none\r\n")},
        Form{"two anti-forgery tokens", request("Keystead-Csrf: a\r\nKeystead-Csrf: b\r\n")},
        Form{"an empty item in Connection", request("Connection: close,,a\r\n")}));

struct PathCase {
    const char* path;
    bool canonical;
};
void PrintTo(const PathCase& c, std::ostream* out)
{
    *out << c.path;
}

class Path : public testing::TestWithParam<PathCase> {};

// guards: one path, one form, so that a proxy's rule and our route table mean the same
TEST_P(Path, IsCanonicalOrRefused)
{
    EXPECT_EQ(is_canonical_path(GetParam().path), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Path,
    testing::Values(PathCase{"/", true}, PathCase{"/v1/check", true}, PathCase{"/v1/", true},
                    PathCase{"/a.b", true}, PathCase{"/...", true}, PathCase{"/a%20b", true},
                    PathCase{"/%C3%A9", true}, PathCase{"", false}, PathCase{"a", false},
                    PathCase{"//", false}, PathCase{"/a//b", false}, PathCase{"//a", false},
                    PathCase{"/.", false}, PathCase{"/..", false}, PathCase{"/a/../b", false},
                    PathCase{"/a/./b", false}, PathCase{"/%2e%2e", false},
                    PathCase{"/%2E%2E", false}, PathCase{"/a%2fb", false},
                    PathCase{"/a%2Fb", false}, PathCase{"/a%5Cb", false}, PathCase{"/a\\b", false},
                    PathCase{"/a%252Fb", false}, PathCase{"/%61", false},
                    PathCase{"/%c3%a9", false}, PathCase{"/%00", false}, PathCase{"/%0A", false},
                    PathCase{"/%7F", false}, PathCase{"/%", false}, PathCase{"/%4", false},
                    PathCase{"/%zz", false}, PathCase{"/a b", false},
                    PathCase{"/\xc3\xa9", false}));

// guards: a head that says nothing unusual passes
TEST(HeadGate, AcceptsWhatBrowsersAndProxiesSend)
{
    const auto plain = request(
        "User-Agent: Mozilla/5.0 (X11)\r\nCookie: __Host-keystead=ks_ses_x; a=\"b\"\r\nX-Empty:\r\n"
        "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n");
    const auto verdict = check(plain);
    EXPECT_EQ(verdict.kind, Kind::Accepted);
    EXPECT_EQ(verdict.head_bytes, plain.size());
    EXPECT_EQ(verdict.framing, Framing::NoBody);
    const auto length = check(request("Content-Length: 12\r\n", "POST /v1/sign-in HTTP/1.1"));
    EXPECT_EQ(length.framing, Framing::Length);
    EXPECT_EQ(length.content_length, 12U);
    EXPECT_EQ(check(request("Content-Length: 0\r\n", "POST / HTTP/1.1")).framing, Framing::NoBody);
    EXPECT_EQ(check(request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.1")).framing,
              Framing::Chunked);
    EXPECT_EQ(check(request("", "GET /?a=%20&b=c HTTP/1.0")).kind, Kind::Accepted);
}

// guards: bounds of the head
TEST(HeadGate, RefusesTooManyFieldsAndTooManyBytes)
{
    std::string fields;
    for (int i = 0; i < 99; ++i) {
        fields += "X-" + std::to_string(i) + ": a\r\n";
    }
    EXPECT_EQ(check(request(fields)).kind, Kind::Accepted);
    EXPECT_EQ(check(request(fields + "Y: a\r\n")).kind, Kind::TooLarge);
    const std::string exact =
        "X: " + std::string(kHeadMax - request("X: \r\n").size(), 'a') + "\r\n";
    EXPECT_EQ(check(request(exact)).kind, Kind::Accepted);
    EXPECT_EQ(check(request("X: a" + exact.substr(3))).kind, Kind::TooLarge);
    EXPECT_EQ(check("GET /" + std::string(kHeadMax, 'a')).kind,
              Kind::TooLarge); // before its end has come
}

// guards: the verdict does not depend on how the bytes were cut
TEST(HeadGate, ReadsAHeadByteByByteToTheSameVerdict)
{
    const std::string whole = request("A: b\r\n") + "GET /next";
    std::size_t scanned = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto verdict = check_head(std::string_view(whole).substr(0, size), scanned, kHeadMax);
        if (size < request("A: b\r\n").size()) {
            ASSERT_EQ(verdict.kind, Kind::Incomplete) << size;
        } else {
            ASSERT_EQ(verdict.kind, Kind::Accepted);
            EXPECT_EQ(verdict.head_bytes, size);
            break;
        }
    }
}

} // namespace

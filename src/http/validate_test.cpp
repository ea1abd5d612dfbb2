// http/validate_test.cpp
#include "http/validate.h"

#include "core/json.h"
#include "http/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace keystead;
using namespace keystead::http;

/// "pointer code" of every fault, sorted.
std::vector<std::string> faults(const Schema& schema, std::string_view json)
{
    const auto value = parse_json(json);
    EXPECT_TRUE(value) << json;
    std::vector<std::string> list;
    if (const auto result = validate(schema, *value); !result) {
        for (const auto& fault : result.error().fields) {
            list.push_back(fault.pointer + " " + std::string(fault.code));
        }
    }
    std::ranges::sort(list);
    return list;
}

using Faults = std::vector<std::string>;

Schema sign_in()
{
    return object({{"email", text(1, 10)},
                   {"password", secret_text(20)},
                   {"remember", boolean(), Presence::Optional},
                   {"name", text(0, 3).or_null(), Presence::Optional}});
}

TEST(Validate, AcceptsWhatTheSchemaSays)
{
    EXPECT_EQ(faults(sign_in(), R"({"email":"a@b","password":"x\ny"})"), Faults{});
    EXPECT_EQ(faults(sign_in(), R"({"email":"a@b","password":"","remember":true,"name":null})"),
              Faults{});
    EXPECT_EQ(faults(sign_in(), R"({"email":"éééééééééé","password":""})"),
              Faults{}); // code points, not bytes
}

// guards: every fault is told at once
TEST(Validate, TellsEveryFaultAtOnce)
{
    EXPECT_EQ(
        faults(sign_in(), R"({"email":"","remember":"yes","name":"long","admin":true})"),
        (Faults{"/admin request/unknown-member", "/email request/empty", "/name request/too-long",
                "/password request/missing", "/remember request/wrong-type"}));
    EXPECT_EQ(faults(sign_in(), "[]"), Faults{" request/wrong-type"});
    EXPECT_EQ(faults(sign_in(), R"({"email":null,"password":1})"),
              (Faults{"/email request/wrong-type", "/password request/wrong-type"}));
}

TEST(Validate, NamesAnUnknownMemberAsTheProblem)
{
    const auto value = parse_json(R"({"email":"a","password":"b","admin":1})");
    EXPECT_EQ(validate(sign_in(), *value).error().code, "request/unknown-member");
}

// guards: security.md 37: no coercion, declared ranges only
TEST(Validate, ConvertsNothing)
{
    const Schema schema = object({{"n", integer(1, 5)}});
    EXPECT_EQ(faults(schema, R"({"n":3})"), Faults{});
    for (const auto* bad : {R"({"n":"3"})", R"({"n":3.0})", R"({"n":true})", R"({"n":null})"}) {
        EXPECT_EQ(faults(schema, bad), Faults{"/n request/wrong-type"}) << bad;
    }
    EXPECT_EQ(faults(schema, R"({"n":6})"), Faults{"/n request/out-of-range"});
}

TEST(Validate, KnowsIdsTimesChoicesAndLists)
{
    const Schema schema = object({{"id", identifier("acc_")},
                                  {"at", time()},
                                  {"how", enumeration({"a", "b"})},
                                  {"list", array(text(1, 3), 2)}});
    const std::string id = id_to_text("acc_", IdBytes{});
    EXPECT_EQ(faults(schema, R"({"id":")" + id +
                                 R"(","at":"2026-01-01T00:00:00.000000Z","how":"b","list":["x"]})"),
              Faults{});
    EXPECT_EQ(faults(schema, R"({"id":"acc_1","at":"today","how":"c","list":["x","long"]})"),
              (Faults{"/at request/not-a-time", "/how request/not-a-choice",
                      "/id request/not-an-id", "/list/1 request/too-long"}));
    EXPECT_EQ(
        faults(schema, R"({"id":"ses)" + id.substr(3) +
                           R"(","at":"2026-01-01T00:00:00.000000Z","how":"a","list":[1,2,3]})"),
        (Faults{"/id request/not-an-id", "/list request/out-of-range"}));
}

// guards: text that reorders or hides itself
TEST(Validate, RefusesControlAndBidiCharactersInText)
{
    const Schema schema = object({{"t", text(0, 10)}});
    for (const auto* bad : {R"({"t":"a\u0001"})", R"({"t":"a\nb"})", R"({"t":"\u007f"})",
                            R"({"t":"\u0085"})", R"({"t":"\u202e"})", R"({"t":"\u2066"})"}) {
        EXPECT_EQ(faults(schema, bad), Faults{"/t request/control-character"}) << bad;
    }
    EXPECT_EQ(faults(schema, R"({"t":"\u00e9\u2014\ud83d\ude00"})"), Faults{});
}

TEST(Validate, EscapesPointers)
{
    EXPECT_EQ(faults(object({}), R"({"a/b~c":1})"), Faults{"/a~1b~0c request/unknown-member"});
}

const std::vector<QueryParameter> kQuery{{"limit", integer(1, 100)}, {"cursor", text(1, 20)}};

TEST(Query, IsDecodedAndChecked)
{
    const auto parameters = parse_query("limit=5&cursor=a%20b+c", kQuery);
    ASSERT_TRUE(parameters);
    EXPECT_EQ(*parameters, (Parameters{{"limit", "5"}, {"cursor", "a b c"}}));
    EXPECT_TRUE(parse_query("", kQuery)->empty());
}

TEST(Query, RefusesWhatIsNotDeclaredRepeatedOrMalformed)
{
    EXPECT_EQ(parse_query("x=1", kQuery).error().fields.front().code, "request/unknown-member");
    EXPECT_EQ(parse_query("limit=1&limit=2", kQuery).error().fields.front().code,
              "request/repeated");
    EXPECT_EQ(parse_query("limit=", kQuery).error().fields.front().code, "request/wrong-type");
    EXPECT_EQ(parse_query("limit=101", kQuery).error().fields.front().code, "request/out-of-range");
    EXPECT_EQ(parse_query("limit=+1", kQuery).error().fields.front().code, "request/wrong-type");
    EXPECT_EQ(parse_query("cursor=%00", kQuery).error().code, "request/malformed");
    EXPECT_EQ(parse_query("cursor=%ff", kQuery).error().code, "request/malformed");
    EXPECT_EQ(parse_query("limit=1&&cursor=a", kQuery).error().fields.front().pointer, "?");
}

} // namespace

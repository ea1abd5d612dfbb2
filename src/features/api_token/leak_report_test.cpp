#include "features/api_token/leak_report.h"

#include <gtest/gtest.h>

namespace keystead::api_token {
namespace {

TEST(LeakReport, IsOneTokenOrAList)
{
    const auto one = parse_leak_report(R"({"token":"ks_pat_x"})");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->form, LeakReport::Form::One);
    EXPECT_EQ(one->items[0].token.reveal_text(), "ks_pat_x");

    const auto list = parse_leak_report(
        R"([{"token":"a","type":"keystead_token","url":"https://example.test/x","source":"content"},)"
        R"({"token":"b"}])");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->form, LeakReport::Form::Programme);
    ASSERT_EQ(list->items.size(), 2U);
    EXPECT_EQ(list->items[0].type, "keystead_token");
    EXPECT_EQ(list->items[1].token.reveal_text(), "b");
}

TEST(LeakReport, RefusesEverythingElse)
{
    for (const auto* body :
         {"", "null", "[]", "{}", R"("ks_pat_x")", R"({"token":1})", R"([{"type":"x"}])",
          R"([{"token":"a"},{"token":null}])", R"({"token":"a","more":1})", R"([["a"]])",
          R"({"token":"a","token":"b"})"}) {
        EXPECT_FALSE(parse_leak_report(body)) << body;
    }
    std::string many = "[";
    for (std::size_t i = 0; i <= kLeakedMax; ++i) {
        many += R"({"token":"a"},)";
    }
    many.back() = ']';
    EXPECT_FALSE(parse_leak_report(many));
}

} // namespace
} // namespace keystead::api_token

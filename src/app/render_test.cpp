#include "app/render.h"

#include <gtest/gtest.h>

namespace keystead::app {
namespace {

std::string render(std::string_view json)
{
    return render_text(*parse_json(json));
}

// guards: what people read of an answer
TEST(Render, WritesLinesAndTables)
{
    EXPECT_EQ(render(R"({"id":"acc_1","operator":true,"name":null,"rights":["a","b"],"n":3})"),
              "id: acc_1\noperator: yes\nname: -\nrights: a, b\nn: 3\n");
    EXPECT_EQ(
        render(R"({"items":[{"id":"1","name":"long"},{"id":"22","name":"x"}],"next_cursor":null})"),
        "id  name\n1   long\n22  x\nnext_cursor: -\n");
    EXPECT_EQ(render("[]"), "");
    EXPECT_EQ(render("null"), "");
}

// guards: a name cannot move the operator's cursor or forge a line
TEST(Render, EscapesControlCharacters)
{
    EXPECT_EQ(render(R"({"name":"a\u001b[2Jb\nid: acc_2 \"q\""})"),
              "name: a\\u001b[2Jb\\nid: acc_2 \"q\"\n");
}

} // namespace
} // namespace keystead::app

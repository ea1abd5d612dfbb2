// guards: a spreadsheet that opens an export runs nothing
#include "features/audit_export/csv.h"

#include <gtest/gtest.h>

#include <vector>

namespace keystead::audit_export {
namespace {

std::string cell(std::string_view text)
{
    std::string out;
    append_csv_cell(out, text);
    return out;
}

TEST(Csv, QuotesEveryCell)
{
    EXPECT_EQ(cell("plain"), "\"plain\"");
    EXPECT_EQ(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
    EXPECT_EQ(cell("two\r\nlines"), "\"two\r\nlines\"");
    EXPECT_EQ(cell(""), "\"\"");
    EXPECT_EQ(cell(std::string_view("a\0b", 3)), "\"a b\"");
}

TEST(Csv, MakesNoFormula)
{
    for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=\"x\""}) {
        EXPECT_TRUE(cell(text).starts_with("\"'")) << text;
    }
    EXPECT_EQ(cell(std::string_view("\0=1", 3)), "\"' =1\"");
    EXPECT_EQ(cell("a=1"), "\"a=1\"");
    EXPECT_EQ(cell("   "), "\"   \"");
}

TEST(Csv, EndsLinesAsTheRfcHasIt)
{
    std::string out;
    append_csv_line(out, std::vector<std::string>{"a", "b"});
    append_csv_line(out, std::vector<std::string>{"=c"});
    EXPECT_EQ(out, "\"a\",\"b\"\r\n\"'=c\"\r\n");
}

} // namespace
} // namespace keystead::audit_export

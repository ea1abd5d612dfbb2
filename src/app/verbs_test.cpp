#include "app/verbs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace keystead::app {
namespace {

// guards: every verb is found, once, and says what it does
TEST(Verbs, AreDeclaredOnce)
{
    std::set<std::string_view> names;
    for (const auto& verb : verbs()) {
        EXPECT_TRUE(names.insert(verb.name).second) << verb.name;
        EXPECT_EQ(find_verb(verb.name), &verb);
        EXPECT_FALSE(verb.words.empty());
        for (const auto& option : verb.options) {
            const bool is_operand = std::ranges::all_of(
                option.name, [](char c) { return c >= 'A' && c <= 'Z'; }); // "FILE"
            EXPECT_TRUE(is_operand || option.name.starts_with("--")) << option.name;
        }
    }
    EXPECT_EQ(find_verb("account explode"), nullptr);
}

// guards: completion knows every verb
TEST(Verbs, AreCompleted)
{
    const std::string script = bash_completion();
    for (const auto& verb : verbs()) {
        EXPECT_NE(script.find("\"" + std::string(verb.name) + "\")"), std::string::npos)
            << verb.name;
    }
}

// guards: the reference tells of every verb as it is (make it anew with `keystead reference >
// docs/cli.md`)
TEST(Verbs, ReferenceIsUpToDate)
{
    std::ostringstream file;
    file << std::ifstream("docs/cli.md").rdbuf();
    EXPECT_TRUE(file.str() == cli_reference()) << "docs/cli.md is stale";
}

} // namespace
} // namespace keystead::app

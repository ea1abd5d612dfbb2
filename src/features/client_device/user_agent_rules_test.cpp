// guards: the rules mean what uap-core's own test cases say they mean
#include "features/client_device/user_agent_rules.h"

#include "core/json.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace keystead::client_device {
namespace {

std::string text_of(const JsonValue& line, std::string_view name)
{
    const JsonValue* value = line.find(name);
    return value == nullptr || value->is_null() ? std::string() : std::string(value->string());
}

struct Score {
    int cases = 0;
    int family = 0;
    int version = 0;
};

/// `none` is what a case says when no rule applies.
template <class Pick> Score score(const std::string& file, Pick pick)
{
    const UserAgentRules rules;
    Score result;
    std::ifstream lines("test/vectors/user-agents/" + file);
    for (std::string line; std::getline(lines, line);) {
        const auto item = parse_json(line);
        EXPECT_TRUE(item) << line;
        const auto [family, version] = pick(rules.find(text_of(*item, "user_agent_string")));
        const std::string expected = text_of(*item, "family");
        result.cases += 1;
        const bool right = family == expected || (family.empty() && expected == "Other");
        result.family += right ? 1 : 0;
        result.version += right && version == text_of(*item, "major") ? 1 : 0;
        EXPECT_TRUE(right) << line << " -> " << family;
    }
    return result;
}

// Measured with the rules of data/README.md: all of them. The aim is 98 of 100.
TEST(UserAgentRules, NameTheBrowserAsUapCoreDoes)
{
    const Score result = score("uap-browser.jsonl", [](const UserAgent& agent) {
        return std::pair{agent.browser, agent.browser_version};
    });
    EXPECT_EQ(result.cases, 1253);
    EXPECT_EQ(result.family, 1253);
    EXPECT_EQ(result.version, 1253);
}

TEST(UserAgentRules, NameTheSystemAsUapCoreDoes)
{
    const Score result = score("uap-os.jsonl", [](const UserAgent& agent) {
        return std::pair{agent.system, agent.system_version};
    });
    EXPECT_EQ(result.cases, 376);
    EXPECT_EQ(result.family, 376);
    EXPECT_EQ(result.version, 376);
}

TEST(UserAgentRules, FindNothingInNothing)
{
    const UserAgentRules rules;
    EXPECT_EQ(rules.find(""), UserAgent{});
    EXPECT_EQ(rules.find("\xff\xfe\x01"), UserAgent{});
    rules.find(std::string(1 << 20, 'A')); // Returns.
}

} // namespace
} // namespace keystead::client_device

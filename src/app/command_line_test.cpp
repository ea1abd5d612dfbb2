#include "app/command_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace keystead::app {
namespace {

Result<Invocation> parse(std::vector<const char*> words)
{
    words.insert(words.begin(), "keystead");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

// guards: verbs of one and two words, with what belongs to them
TEST(CommandLine, FindsVerbAndOptions)
{
    const auto serve = parse({"serve", "--preset", "devops", "--config", "a.toml"});
    ASSERT_TRUE(serve);
    EXPECT_EQ(serve->verb->name, "serve");
    EXPECT_EQ(serve->preset, "devops");
    EXPECT_EQ(serve->config_path, "a.toml");
    const auto create =
        parse({"account", "create", "--email", "a@example.org", "--operator", "--output", "json"});
    ASSERT_TRUE(create);
    EXPECT_EQ(create->verb->name, "account create");
    EXPECT_EQ(create->texts.at("--email"), "a@example.org");
    EXPECT_TRUE(create->flags.contains("--operator"));
    EXPECT_FALSE(create->flags.contains("--password-stdin"));
    EXPECT_FALSE(create->texts.contains("--name"));
    EXPECT_EQ(create->output, OutputFormat::Json);
}

// guards: what is not understood is refused with words, and nothing is guessed
TEST(CommandLine, RefusesWrongUsage)
{
    for (const auto& words : std::vector<std::vector<const char*>>{
             {"explode"},
             {"account"},
             {"account", "explode"},
             {"account", "create"},
             {"account", "create", "--email"},
             {"account", "create", "--email", "a", "--password", "secret"},
             {"serve", "--output", "xml"},
             {"serve", "extra"}}) {
        const auto parsed = parse(words);
        ASSERT_FALSE(parsed) << words.back();
        EXPECT_EQ(parsed.error().code, "command-line/wrong-usage");
        EXPECT_FALSE(parsed.error().detail.empty());
    }
}

// guards: help and version are no errors
TEST(CommandLine, ShowsHelp)
{
    for (const auto& words : std::vector<std::vector<const char*>>{
             {"--help"}, {"--version"}, {"account", "create", "--help"}}) {
        const auto parsed = parse(words);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->verb, nullptr);
        EXPECT_FALSE(parsed->message.empty());
    }
}

// guards: every verb of the table can be typed
TEST(CommandLine, KnowsEveryVerb)
{
    for (const auto& verb : verbs()) {
        const std::string name(verb.name);
        const std::size_t space = name.find(' ');
        std::vector<std::string> words{name.substr(0, space)};
        if (space != std::string::npos) {
            words.push_back(name.substr(space + 1));
        }
        std::vector<const char*> given;
        for (const auto& word : words) {
            given.push_back(word.c_str());
        }
        for (const auto& option : verb.options) {
            if (option.kind == OptionKind::RequiredText) {
                if (option.name.starts_with("--")) { // An operand stands alone.
                    given.push_back(option.name.data());
                }
                given.push_back("x");
            } else if (option.kind == OptionKind::File) {
                given.push_back("x");
            }
        }
        const auto parsed = parse(given);
        ASSERT_TRUE(parsed) << name << ": " << parsed.error().detail;
        EXPECT_EQ(parsed->verb, &verb);
    }
}

} // namespace
} // namespace keystead::app

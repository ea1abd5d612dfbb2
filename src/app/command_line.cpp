#include "app/command_line.h"

#include "app/product_version.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <sstream>

namespace keystead::app {
namespace {

/// Where CLI11 writes what it finds; addresses stay while it parses.
struct Found {
    std::map<const Verb*, CLI::App*> apps;
    std::map<const Verb*, std::map<std::string, std::string, std::less<>>> texts;
    std::map<const Verb*, std::map<std::string, bool, std::less<>>> flags;
    Invocation invocation;
    std::string output = "text";
};

void add_general_options(CLI::App& app, Found& found)
{
    app.add_option("--config", found.invocation.config_path, "settings file (TOML)")
        ->envname("KEYSTEAD_CONFIG");
    app.add_option("--preset", found.invocation.preset, "preset that the settings start from");
    app.add_option("--output", found.output, "how answers are printed")
        ->check(CLI::IsMember({"text", "json"}));
}

void add_verb(CLI::App& root, const Verb& verb, Found& found)
{
    CLI::App* app = &root;
    std::istringstream words{std::string(verb.name)};
    for (std::string word; words >> word;) {
        const auto same =
            app->get_subcommands([&word](CLI::App* known) { return known->get_name() == word; });
        // A word can be a verb and begin others: `backup FILE`, `backup verify FILE`.
        app->require_subcommand(find_verb(app->get_name()) == nullptr ? 1 : 0, 1);
        app = same.empty() ? app->add_subcommand(word) : same.front();
    }
    app->description(std::string(verb.words));
    found.apps[&verb] = app;
    add_general_options(*app, found);
    for (const auto& option : verb.options) {
        const std::string name(option.name);
        if (option.kind == OptionKind::Flag || option.kind == OptionKind::StandardInput ||
            option.kind == OptionKind::StandardInputLines) {
            app->add_flag(name, found.flags[&verb][name], std::string(option.words));
        } else {
            auto* const added =
                app->add_option(option.kind == OptionKind::File ? "FILE" : name,
                                found.texts[&verb][name], std::string(option.words));
            added->required(option.kind == OptionKind::RequiredText);
        }
    }
}

Invocation finish(Found& found)
{
    Invocation invocation = std::move(found.invocation);
    invocation.output = found.output == "json" ? OutputFormat::Json : OutputFormat::Text;
    for (const auto& [verb, app] : found.apps) {
        if (!app->parsed()) {
            continue;
        }
        invocation.verb = verb;
        for (const auto& [name, value] : found.texts[verb]) {
            if (app->count(name == kFileArgument ? "FILE" : name) > 0) {
                invocation.texts.emplace(name, value);
            }
        }
        for (const auto& [name, given] : found.flags[verb]) {
            if (given) {
                invocation.flags.insert(name);
            }
        }
    }
    return invocation;
}

/// CLI11 would ask for it beside a verb that only begins with the same word.
Result<Invocation> need_file(Invocation invocation)
{
    const bool needs = std::ranges::any_of(invocation.verb->options, [](const VerbOption& option) {
        return option.kind == OptionKind::File;
    });
    if (needs && !invocation.texts.contains(kFileArgument)) {
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage",
                     "keystead " + std::string(invocation.verb->name) + " FILE\n"};
    }
    return invocation;
}

} // namespace

Result<Invocation> parse_command_line(int argc, const char* const* argv)
{
    CLI::App root{"Keystead, an account-security server", "keystead"};
    root.set_version_flag("--version", "keystead " + std::string(kProductVersion));
    root.footer("Settings: docs/settings.md. Verbs and exit statuses: docs/cli.md, or `keystead "
                "reference`.");
    Found found;
    for (const auto& verb : verbs()) {
        add_verb(root, verb, found);
    }
    try { // CLI11 throws, for help too; nothing of it leaves this function.
        root.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream complaints;
        if (root.exit(error, out, complaints) == 0) {
            Invocation help;
            help.message = out.str();
            return help;
        }
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage", complaints.str()};
    }
    return need_file(finish(found));
}

} // namespace keystead::app

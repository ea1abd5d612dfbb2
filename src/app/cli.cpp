#include "app/cli.h"

#include "app/audit_export_verb.h"
#include "app/audit_file_verb.h"
#include "app/command_line.h"
#include "app/command_table.h"
#include "app/control_socket.h"
#include "app/local_verbs.h"
#include "app/render.h"
#include "app/settings_loader.h"
#include "app/systemd.h"
#include "core/json.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <utility>

#include <unistd.h>

namespace keystead::app {
namespace {

constexpr std::size_t kSecretBytesMax = 4096;

Environment real_environment()
{
    Environment environment;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            environment.emplace_back(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return environment;
}

int status_number(ExitStatus status)
{
    return static_cast<int>(status);
}

ExitStatus status_of_error(const Error& error)
{
    if (error.code == "command-line/wrong-usage") {
        return ExitStatus::WrongUsage;
    }
    if (error.code.starts_with("settings/")) {
        return ExitStatus::SettingsRefused;
    }
    if (error.code == "storage/locked") {
        return ExitStatus::Unavailable; // A conflict that ends by itself, when the other process
                                        // does.
    }
    switch (error.kind) {
    case ErrorKind::NotFound: return ExitStatus::NotFound;
    case ErrorKind::InvalidInput:
    case ErrorKind::Unauthenticated:
    case ErrorKind::StepUpRequired:
    case ErrorKind::Forbidden:
    case ErrorKind::Conflict:
    case ErrorKind::LimitReached: return ExitStatus::Refused;
    case ErrorKind::RateLimited:
    case ErrorKind::Unavailable: return ExitStatus::Unavailable;
    case ErrorKind::Internal: return ExitStatus::Failed;
    }
    std::abort(); // No default label: the compiler names the kind that someone forgot.
}

int complain(const Error& error, OutputFormat format)
{
    if (format == OutputFormat::Json) {
        JsonWriter out;
        out.begin_object()
            .key("error")
            .begin_object()
            .member("code", error.code)
            .member("detail", error.detail);
        write_fields(out, error);
        out.end_object().end_object();
        std::cerr << out.text() << "\n";
    } else {
        std::cerr << "keystead: " << error.detail
                  << (error.cause.empty() ? "" : " (" + error.cause + ")") << " [" << error.code
                  << "]\n";
        for (const auto& field : error.fields) {
            if (error.detail.find(field.detail) == std::string::npos) {
                std::cerr << "  " << field.pointer << ": " << field.detail << "\n";
            }
        }
    }
    return status_number(status_of_error(error));
}

int answer(const std::string& json, OutputFormat format)
{
    const auto value =
        parse_json(json, {.depth_max = 16, .members_max = 1'000'000, .string_bytes_max = 1 << 24});
    const bool as_text = format == OutputFormat::Text && value;
    std::cout << (as_text ? render_text(*value) : json + "\n") << std::flush;
    return status_number(ExitStatus::Ok);
}

/// One line from standard input, without its newline.
Result<Secret> read_secret()
{
    Secret buffer(kSecretBytesMax + 1);
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t got =
            read(STDIN_FILENO, buffer.writable().data() + size, buffer.size() - size);
        if (got <= 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    std::string_view text = buffer.reveal_text().substr(0, size);
    text = text.substr(0, text.find('\n'));
    if (text.empty() || text.size() > kSecretBytesMax) {
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage",
                     "Standard input holds no secret, or one that is too long."};
    }
    return Secret::copy_of(text);
}

/// Standard input, whole.
Result<std::string> read_lines_given()
{
    std::string lines(kFileEndBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < lines.size()) {
        const ssize_t got = read(STDIN_FILENO, lines.data() + size, lines.size() - size);
        if (got <= 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    if (size > kFileEndBytesMax) {
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage",
                     "Standard input holds more than 64 KiB. Give the list in parts."};
    }
    lines.resize(size);
    return lines;
}

/// The options as JSON arguments of the command.
Result<Secret> arguments_of(const Invocation& invocation)
{
    JsonWriter out;
    out.begin_object();
    for (const auto& option : invocation.verb->options) {
        const std::string_view name =
            option.argument.empty() ? option.name.substr(2) : option.argument;
        const bool flagged = invocation.flags.contains(option.name);
        if (option.kind == OptionKind::StandardInput && flagged) {
            KS_TRY(const Secret secret, read_secret());
            out.member(name, secret.reveal_text());
        } else if (option.kind == OptionKind::StandardInputLines) {
            if (flagged) {
                KS_TRY(const std::string lines, read_lines_given());
                out.member(name, lines);
            }
        } else if (option.kind == OptionKind::Flag) {
            out.member(name, flagged);
        } else if (option.kind == OptionKind::FileEnd) {
            if (const auto path = invocation.texts.find(option.name);
                path != invocation.texts.end()) {
                KS_TRY(const std::string end, read_file_end(path->second));
                out.member(name, end);
            }
        } else if (const auto text = invocation.texts.find(option.name);
                   text != invocation.texts.end()) {
            out.member(name, text->second);
        }
    }
    std::string json = std::move(out.end_object()).take();
    Secret arguments = Secret::copy_of(json);
    explicit_bzero(json.data(), json.size());
    return arguments;
}

/// A grave verb asks, unless told not to; a script must say --yes.
Result<void> confirm(const Invocation& invocation)
{
    const bool asks = std::ranges::any_of(
        invocation.verb->options, [](const VerbOption& option) { return option.name == "--yes"; });
    if (!asks || invocation.flags.contains("--yes")) {
        return {};
    }
    std::string reply;
    if (isatty(STDIN_FILENO) == 1) {
        std::cerr << invocation.verb->words << "\nGo on? Type yes: " << std::flush;
        std::getline(std::cin, reply);
    }
    if (reply != "yes") {
        return Error{ErrorKind::InvalidInput, "command-line/wrong-usage",
                     "Nothing was done: say yes, or give --yes."};
    }
    return {};
}

Result<std::string> run_command(const Invocation& invocation, const LocalContext& context)
{
    KS_CHECK(confirm(invocation));
    KS_TRY(const Secret arguments, arguments_of(invocation));
    const std::string& folder = context.loaded.settings.storage.data_folder;
    KS_TRY(auto answered,
           ask_running_server(folder, invocation.verb->name, arguments.reveal_text()));
    if (answered) {
        return std::move(*answered);
    }
    KS_TRY(const auto parsed, parse_json(arguments.reveal_text()));
    return run_command_here(context, invocation.verb->name, parsed);
}

} // namespace

int run(int argc, const char* const* argv)
{
    const auto invocation = parse_command_line(argc, argv);
    if (!invocation) {
        return complain(invocation.error(), OutputFormat::Text);
    }
    if (invocation->verb == nullptr) {
        std::cout << invocation->message;
        return status_number(ExitStatus::Ok);
    }
    if (const auto text = fixed_text(invocation->verb->name)) {
        std::cout << *text << std::flush;
        return status_number(ExitStatus::Ok);
    }
    Environment environment = real_environment();
    auto loaded = load_settings({.preset = invocation->preset,
                                 .config_path = invocation->config_path,
                                 .environment = environment});
    if (!loaded) {
        return complain(loaded.error(), invocation->output);
    }
    const LocalContext context{std::move(environment), *std::move(loaded)};
    if (invocation->verb->kind == VerbKind::Local) {
        const auto done = run_local_verb(context, *invocation);
        return done ? status_number(*done) : complain(done.error(), invocation->output);
    }
    if (invocation->verb->name == "audit export") { // As long as the log, and no JSON.
        const auto done = run_audit_export(context, *invocation);
        return done ? status_number(*done) : complain(done.error(), invocation->output);
    }
    const auto json = run_command(*invocation, context);
    return json ? answer(*json, invocation->output) : complain(json.error(), invocation->output);
}

} // namespace keystead::app

#include "app/local_verbs.h"

#include "app/application.h"
#include "app/audit_file_verb.h"
#include "app/backup_verbs.h"
#include "app/doctor.h"
#include "app/foundation.h"
#include "app/log.h"
#include "app/render.h"
#include "app/security_txt.h"
#include "app/serve.h"
#include "app/settings_report.h"
#include "app/ssh_key_verb.h"
#include "app/systemd.h"
#include "crypto/inventory.h"
#include "features/password/breach_filter.h"
#include "storage/postgres/grants.h"

#include <csignal>
#include <iostream>

namespace keystead::app {
namespace {

void print(const std::string& json, OutputFormat format)
{
    const auto value =
        parse_json(json, {.depth_max = 8, .members_max = 100'000, .string_bytes_max = 1 << 20});
    std::cout << (format == OutputFormat::Text && value ? render_text(*value) : json + "\n")
              << std::flush;
}

FoundationOptions options_of(const LocalContext& context, SchemaPolicy schema)
{
    return {.credentials_directory =
                std::string(environment_value(context.environment, "CREDENTIALS_DIRECTORY")),
            .schema = schema};
}

Result<ExitStatus> init(const LocalContext& context, OutputFormat format)
{
    auto json = run_command_here(context, "set-up link", JsonValue{});
    if (!json && json.error().code == "set-up/closed") {
        json = std::string("{\"words\":\"Everything is there, and an operator too.\"}");
    }
    KS_TRY(const auto answer, std::move(json));
    print(answer, format);
    return ExitStatus::Ok;
}

Result<void> grant(const StorageSettings& storage, const Invocation& invocation)
{
    const auto named = invocation.texts.find("--grant-to");
    const std::string role = named == invocation.texts.end() ? "" : named->second;
    if (!storage.postgres.empty()) {
        return storage::grant_to_server(storage.postgres, role);
    }
    if (!role.empty()) {
        return Error{ErrorKind::InvalidInput, "storage/no-role",
                     "SQLite has no roles: --grant-to is for PostgreSQL."};
    }
    return {};
}

Result<ExitStatus> migrate_only(const LocalContext& context, const Invocation& invocation)
{
    std::string made;
    if (!invocation.flags.contains("--no-backup")) {
        KS_TRY(made, back_up_before_migration(context));
    }
    KS_TRY(const auto foundation,
           open_foundation(context.loaded, options_of(context, SchemaPolicy::Migrate)));
    if (!made.empty()) {
        Log log(foundation->clock);
        KS_TRY(const auto application, Application::make(*foundation, log));
        KS_TRY(const auto facts, parse_json(made));
        KS_TRY([[maybe_unused]] const auto recorded,
               application->commands().run("backup record", facts));
        std::cout << "A back-up was made before: " << text_argument(facts, "file") << "\n";
    }
    KS_CHECK(grant(context.loaded.settings.storage, invocation));
    std::cout << "The schema is that of this build.\n";
    return ExitStatus::Ok;
}

/// Verbs of one file that answer with facts.
using FileVerb = Result<std::string> (*)(const LocalContext&, const std::string& path);
Result<ExitStatus> run_file_verb(FileVerb verb, const LocalContext& context,
                                 const Invocation& invocation)
{
    // A file that may grow no further is an error like a full disk, not the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
    KS_TRY(const auto json, verb(context, invocation.texts.find(kFileArgument)->second));
    print(json, invocation.output);
    return ExitStatus::Ok;
}

Result<ExitStatus> show_settings(const LocalContext& context, OutputFormat format)
{
    std::cout << (format == OutputFormat::Json ? settings_as_json(context.loaded) + "\n"
                                               : settings_as_toml(context.loaded))
              << std::flush;
    return ExitStatus::Ok;
}

Result<ExitStatus> examine(const LocalContext& context, OutputFormat format)
{
    const auto findings = examine_installation(
        context.loaded, options_of(context, SchemaPolicy::MustBeCurrent).credentials_directory);
    print(findings_as_json(findings), format);
    return has_failure(findings) ? ExitStatus::Failed : ExitStatus::Ok;
}

Result<ExitStatus> print_security_txt(const Settings& settings)
{
    const auto text = make_security_txt(settings);
    if (!text) {
        return Error{ErrorKind::NotFound, "security-txt/no-contact",
                     "The settings name no contact: set security_txt.contact."};
    }
    std::cout << *text << std::flush;
    return ExitStatus::Ok;
}

Result<ExitStatus> build_filter(const Invocation& invocation)
{
    KS_TRY(const auto summary, password::build_breach_filter(invocation.texts.at("--in"),
                                                             invocation.texts.at("--out")));
    JsonWriter out;
    out.begin_object()
        .member("passwords", summary.passwords)
        .member("skipped", summary.skipped)
        .member("file_bytes", summary.file_bytes);
    print(std::move(out.end_object()).take(), invocation.output);
    return ExitStatus::Ok;
}

} // namespace

std::optional<std::string> fixed_text(std::string_view verb)
{
    if (verb == "completion bash") {
        return bash_completion();
    }
    if (verb == "config reference") {
        return settings_reference();
    }
    if (verb == "reference") {
        return cli_reference();
    }
    return std::nullopt;
}

Result<ExitStatus> run_local_verb(const LocalContext& context, const Invocation& invocation)
{
    const std::string_view name = invocation.verb->name;
    if (name == "serve") {
        return serve(context.loaded, context.environment,
                     invocation.flags.contains("--accept-rollback") ? RollbackPolicy::Accept
                                                                    : RollbackPolicy::Refuse);
    }
    if (name == "init") {
        return init(context, invocation.output);
    }
    if (name == "config check") {
        std::cout << "The settings are good.\n"; // They were loaded and checked to get here.
        return ExitStatus::Ok;
    }
    if (name == "config show") {
        return show_settings(context, invocation.output);
    }
    if (name == "migrate") {
        return migrate_only(context, invocation);
    }
    if (name == "backup") {
        return run_file_verb(back_up, context, invocation);
    }
    if (name == "backup verify") {
        return run_file_verb(verify_backup, context, invocation);
    }
    if (name == "restore") {
        return run_file_verb(restore_backup, context, invocation);
    }
    if (name == "doctor") {
        return examine(context, invocation.output);
    }
    if (name == "ssh-key new") {
        KS_TRY(const auto json, run_ssh_key_new(context, invocation));
        print(json, invocation.output);
        return ExitStatus::Ok;
    }
    if (name == "security-txt") {
        return print_security_txt(context.loaded.settings);
    }
    if (name == "openapi") {
        KS_TRY(const auto document, openapi_of_this_build(context.loaded.settings));
        std::cout << document << "\n";
        return ExitStatus::Ok;
    }
    if (name == "audit verify-file") {
        KS_TRY(const FileVerdict verdict, verify_file(invocation));
        print(verdict.json, invocation.output);
        return verdict.status;
    }
    KS_ASSERT(name == "breach-filter build"); // verbs.cpp declares no other local verb.
    return build_filter(invocation);
}

Result<void> with_commands_here(const LocalContext& context,
                                function_ref<Result<void>(const CommandTable& commands)> use)
{
    KS_TRY(const auto foundation,
           open_foundation(context.loaded, options_of(context, SchemaPolicy::Migrate)));
    Log log(foundation->clock);
    KS_TRY(const auto application, Application::make(*foundation, log));
    return use(application->commands());
}

Result<std::string> run_command_here(const LocalContext& context, std::string_view command,
                                     const JsonValue& arguments)
{
    std::string answer;
    KS_CHECK(with_commands_here(context, [&](const CommandTable& commands) -> Result<void> {
        KS_TRY(answer, commands.run(command, arguments));
        return {};
    }));
    return answer;
}

} // namespace keystead::app

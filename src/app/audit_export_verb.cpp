#include "app/audit_export_verb.h"

#include "app/command_table.h"
#include "app/control_socket.h"
#include "core/function_ref.h"
#include "core/json.h"

#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace keystead::app {
namespace {

constexpr std::string_view kCommand = "audit export";
using Ask = function_ref<Result<std::string>(const std::string& arguments)>;

std::string arguments_of(const Invocation& invocation, std::string_view position)
{
    JsonWriter json;
    json.begin_object();
    for (const auto& option : invocation.verb->options) {
        const auto name = option.name.substr(2);
        if (option.kind == OptionKind::Flag) {
            json.member(name, invocation.flags.contains(option.name));
        } else if (const auto text = invocation.texts.find(option.name);
                   text != invocation.texts.end()) {
            json.member(name, text->second);
        }
    }
    if (!position.empty()) {
        json.member("position", position);
    }
    json.end_object();
    return std::move(json).take();
}

/// Prints the first piece, and asks for the others one by one.
Result<void> print_pieces(std::string answer, const Invocation& invocation, Ask ask)
{
    for (;;) {
        KS_TRY(const auto piece,
               parse_json(answer, {.depth_max = 4, .members_max = 8, .string_bytes_max = 1 << 26}));
        std::cout << text_argument(piece, "text");
        if (!std::cout.flush()) {
            return Error{ErrorKind::Unavailable, "control/output", "Nobody reads the export."};
        }
        const auto position = text_argument(piece, "next");
        if (position.empty()) {
            return {};
        }
        KS_TRY(answer, ask(arguments_of(invocation, position)));
    }
}

} // namespace

Result<ExitStatus> run_audit_export(const LocalContext& context, const Invocation& invocation)
{
    const std::string& folder = context.loaded.settings.storage.data_folder;
    const std::string first = arguments_of(invocation, {});
    KS_TRY(auto answered, ask_running_server(folder, kCommand, first));
    if (answered) {
        const auto ask_server = [&](const std::string& arguments) -> Result<std::string> {
            KS_TRY(auto next, ask_running_server(folder, kCommand, arguments));
            if (!next) {
                return Error{ErrorKind::Unavailable, "control/unavailable",
                             "The server ended before the export did."};
            }
            return *std::move(next);
        };
        KS_CHECK(print_pieces(*std::move(answered), invocation, ask_server));
        return ExitStatus::Ok;
    }
    KS_CHECK(with_commands_here(context, [&](const CommandTable& commands) -> Result<void> {
        const auto ask_here = [&](const std::string& arguments) -> Result<std::string> {
            KS_TRY(const auto parsed, parse_json(arguments));
            return commands.run(kCommand, parsed);
        };
        KS_TRY(auto answer, ask_here(first));
        return print_pieces(std::move(answer), invocation, ask_here);
    }));
    return ExitStatus::Ok;
}

} // namespace keystead::app

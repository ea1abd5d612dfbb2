#include "app/audit_export_verb.h"

#include "app/control_socket.h"

#include <iostream>
#include <optional>
#include <utility>

namespace keystead::app {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
const Actor kOperator{.kind = ActorKind::Operator};

Result<audit_export::Order> order_of(Features& f, const JsonValue& arguments)
{
    audit_export::Order order{.filter = {},
                              .filter_names = {},
                              .format = audit_export::Format::JsonLines,
                              .pseudonymous = flag_argument(arguments, "pseudonymous")};
    if (const auto word = text_argument(arguments, "format"); !word.empty()) {
        const auto format = audit_export::parse_format(word);
        if (!format) {
            return Error{ErrorKind::InvalidInput, "audit-export/no-format",
                         "The formats are jsonl and csv."};
        }
        order.format = *format;
    }
    const auto lookup = [&](std::string_view name) -> std::optional<std::string_view> {
        const auto text = text_argument(arguments, name);
        return text.empty() ? std::nullopt : std::optional(text);
    };
    KS_TRY(order.filter, f.foundation.database->read(
                             [&](ReadTx& tx) { return f.audit_filters.parse(tx, lookup); }));
    for (const auto name : audit_search::kFilterNames) {
        if (lookup(name)) {
            order.filter_names.append(order.filter_names.empty() ? "" : ",").append(name);
        }
    }
    return order;
}

/// One piece, of the server that runs or else of the database here.
Result<std::string> ask(const LocalContext& context, const std::string& arguments)
{
    const std::string& folder = context.loaded.settings.storage.data_folder;
    KS_TRY(auto answered, ask_running_server(folder, "audit export", arguments));
    if (answered) {
        return std::move(*answered);
    }
    KS_TRY(const auto parsed, parse_json(arguments));
    return run_command_here(context, "audit export", parsed);
}

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

Result<std::string> export_audit(Features& f, const JsonValue& arguments)
{
    Database& db = *f.foundation.database;
    KS_TRY(const auto order, order_of(f, arguments));
    std::string text;
    audit_export::Position position;
    if (const auto from = text_argument(arguments, "position"); !from.empty()) {
        const auto parsed = audit_export::Position::parse(from);
        if (!parsed) {
            return Error{ErrorKind::InvalidInput, "request/invalid-cursor", "Not a position."};
        }
        position = *parsed;
    } else {
        KS_CHECK(f.log_proofs.ensure_origin(db, kOperator));
        KS_CHECK(
            db.write([&](WriteTx& tx) { return f.audit_exports.record(tx, kOperator, order); }));
        KS_TRY(position,
               db.read([&](ReadTx& tx) { return f.audit_exports.begin(tx, order, text); }));
    }
    while (!position.ended && text.size() < kPieceBytes) {
        KS_TRY(position, db.read([&](ReadTx& tx) {
            return f.audit_exports.go_on(tx, order, position, text);
        }));
    }
    JsonWriter json;
    json.begin_object().member("text", text);
    json.member("next", position.ended ? std::nullopt : std::optional(position.text()));
    json.end_object();
    return std::move(json).take();
}

Result<std::string> apply_retention(Features& f)
{
    KS_TRY(const auto report, f.audit_retention.run_once());
    JsonWriter json;
    json.begin_object()
        .member("removed", report.removed)
        .member("kept_from_entry", report.first_leaf)
        .member("keeps_from", report.keeps_from)
        .member("clock_believed_at", report.clock.believed)
        .member("waits", report.clock.waits())
        .end_object();
    return std::move(json).take();
}

} // namespace

void add_audit_file_commands(CommandTable& table, Features& f)
{
    table.add("audit export",
              [&f](const JsonValue& arguments) { return export_audit(f, arguments); });
    table.add("audit retention", [&f](const JsonValue&) { return apply_retention(f); });
}

Result<ExitStatus> run_audit_export(const LocalContext& context, const Invocation& invocation)
{
    std::string position;
    do {
        KS_TRY(const auto answer, ask(context, arguments_of(invocation, position)));
        KS_TRY(const auto piece,
               parse_json(answer, {.depth_max = 4, .members_max = 8, .string_bytes_max = 1 << 26}));
        std::cout << text_argument(piece, "text");
        if (!std::cout.flush()) {
            return Error{ErrorKind::Unavailable, "control/output", "Nobody reads the export."};
        }
        position = text_argument(piece, "next");
    } while (!position.empty());
    return ExitStatus::Ok;
}

} // namespace keystead::app

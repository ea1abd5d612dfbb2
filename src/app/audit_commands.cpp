#include "app/audit_commands.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/audit/audit_verification.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keystead::app {
namespace {

const Actor kOperator{.kind = ActorKind::Operator};

Error damaged(const std::vector<std::string>& faults)
{
    std::string words;
    for (const auto& fault : faults) {
        words.append(words.empty() ? "" : "; ").append(fault);
    }
    return {ErrorKind::Internal, "audit/damaged", "The log is damaged: " + words};
}

struct Verified {
    audit::Verification log;
    log_proof::KeptComparison kept;
};

Result<Verified> verify(Features& f, ReadTx& tx, std::span<const log_proof::SignedNote> notes)
{
    KS_TRY(auto log, audit::verify_all(tx));
    if (!log.faults.empty()) {
        return Verified{std::move(log), {}}; // Tiles that are damaged prove nothing more.
    }
    const auto indexed = f.audit_search.indexed(tx);
    if (!indexed && indexed.error().code != "audit-search/damaged") {
        return indexed.error();
    }
    if (!indexed) {
        log.faults.push_back(indexed.error().cause);
    } else if (*indexed > log.size) {
        log.faults.push_back("the search claims to know " + std::to_string(*indexed) +
                             " entries: it finds none of the newest");
    }
    auto is_ours = f.log_proofs.is_newest_name_ours(tx);
    if (is_ours && !*is_ours) {
        log.faults.emplace_back("the newest name of the log has a key that this installation did "
                                "not make");
    }
    auto kept = f.log_proofs.compare_kept(tx, notes);
    if (!kept && kept.error().code == "audit/no-origin") {
        log.faults.push_back(kept.error().cause);
        return Verified{std::move(log), {}};
    }
    KS_TRY(auto compared, std::move(kept));
    return Verified{std::move(log), std::move(compared)};
}

std::string given_up_words(const log_proof::GivenUp& given_up)
{
    return "entries " + std::to_string(given_up.from) + " to " + std::to_string(given_up.size - 1) +
           " of a checkpoint kept elsewhere are not here: the log says that it gave them up at " +
           rfc3339(given_up.at) + " (" + std::string(log_proof::reason_word(given_up.reason)) +
           "), and no checkpoint made since was given";
}

void write_given_up(JsonWriter& json, std::span<const log_proof::GivenUp> given_up)
{
    json.key("given_up").begin_array();
    for (const auto& one : given_up) {
        json.begin_object()
            .member("from_entry", one.from)
            .member("checkpoint_size", one.size)
            .member("reason", log_proof::reason_word(one.reason))
            .member("at", one.at)
            .end_object();
    }
    json.end_array();
}

// A log that is checked against itself alone can have been rewritten as a whole, or cut;
// checkpoints that were kept elsewhere show that.
Result<std::string> verify_audit(Features& f, const JsonValue& arguments)
{
    const auto file = log_proof::split_notes(text_argument(arguments, "checkpoints"));
    if (arguments.find("checkpoints") != nullptr && file.notes.empty()) {
        return Error{ErrorKind::InvalidInput, "audit/no-checkpoint",
                     "That file holds no checkpoint."};
    }
    KS_TRY(auto found,
           f.foundation.database->read([&](ReadTx& tx) { return verify(f, tx, file.notes); }));
    std::vector<std::string> faults = std::move(found.log.faults);
    faults.insert(faults.end(), found.kept.faults.begin(), found.kept.faults.end());
    if (found.kept.is_silent) {
        faults.push_back(given_up_words(found.kept.given_up.back()));
    }
    if (!file.notes.empty() && found.kept.unknown == file.notes.size()) {
        faults.emplace_back("none of the checkpoints kept elsewhere is of this log");
    }
    if (!faults.empty()) {
        return damaged(faults);
    }
    JsonWriter json;
    json.begin_object()
        .member("entries", found.log.size)
        .member("root", base64_encode(found.log.root))
        .member("waiting_for_a_number", found.log.unnumbered);
    if (!file.notes.empty()) {
        json.member("checkpoints_that_agree", found.kept.compared)
            .member("checkpoints_given_up", std::uint64_t{found.kept.given_up.size()})
            .member("checkpoints_of_other_logs", found.kept.unknown);
        write_given_up(json, found.kept.given_up);
    }
    json.end_object();
    return std::move(json).take();
}

Result<std::string> show_keys(Features& f)
{
    KS_CHECK(f.log_proofs.ensure_origin(*f.foundation.database, kOperator));
    KS_TRY(const auto origins,
           f.foundation.database->read([&](ReadTx& tx) { return f.log_proofs.list_origins(tx); }));
    JsonWriter json;
    json.begin_object().key("items").begin_array();
    for (std::size_t i = origins.size(); i-- > 0;) {
        json.begin_object()
            .member("vkey", origins[i].key.text())
            .member("origin", origins[i].name)
            .member("started_at", origins[i].started_at)
            .member("first_size", origins[i].first_size)
            .end_object();
    }
    json.end_array().end_object();
    return std::move(json).take();
}

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

/// {"text": a piece of the file, "next": what to ask for with "position", or null}.
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
    while (!position.ended && text.size() < audit_export::AuditExportService::kPieceBytes) {
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

void add_audit_commands(CommandTable& table, Features& f)
{
    table.add("audit verify",
              [&f](const JsonValue& arguments) { return verify_audit(f, arguments); });
    table.add("audit key", [&f](const JsonValue&) { return show_keys(f); });
    table.add("audit export",
              [&f](const JsonValue& arguments) { return export_audit(f, arguments); });
    table.add("audit retention", [&f](const JsonValue&) { return apply_retention(f); });
}

} // namespace keystead::app

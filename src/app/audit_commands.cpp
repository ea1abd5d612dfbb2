#include "app/audit_commands.h"

#include "core/encoding.h"
#include "core/json.h"
#include "features/audit/audit_verification.h"

#include <string>
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

// A log that is checked against itself alone can have been rewritten as a whole, or cut;
// checkpoints that were kept elsewhere show that.
Result<std::string> verify_audit(Features& f, const JsonValue& arguments)
{
    const auto file = log_proof::split_notes(text_argument(arguments, "checkpoints"));
    if (arguments.find("checkpoints") != nullptr && file.notes.empty()) {
        return Error{ErrorKind::InvalidInput, "audit/no-checkpoint",
                     "That file holds no checkpoint."};
    }
    KS_TRY(auto found, f.foundation.database->read([&](ReadTx& tx) -> Result<Verified> {
        KS_TRY(auto log, audit::verify_all(tx, f.foundation.clock.now()));
        if (!log.faults.empty()) {
            return Verified{std::move(log), {}}; // Tiles that are damaged prove nothing more.
        }
        KS_TRY(auto kept, f.log_proofs.compare_kept(tx, file.notes));
        return Verified{std::move(log), std::move(kept)};
    }));
    std::vector<std::string> faults = std::move(found.log.faults);
    faults.insert(faults.end(), found.kept.faults.begin(), found.kept.faults.end());
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
            .member("checkpoints_given_up", found.kept.given_up)
            .member("checkpoints_of_other_logs", found.kept.unknown);
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

} // namespace

void add_audit_commands(CommandTable& table, Features& f)
{
    table.add("audit verify",
              [&f](const JsonValue& arguments) { return verify_audit(f, arguments); });
    table.add("audit key", [&f](const JsonValue&) { return show_keys(f); });
}

} // namespace keystead::app

#include "app/commands.h"

#include "app/audit_commands.h"
#include "app/feature_commands.h"
#include "app/host_commands.h"
#include "app/securing_commands.h"
#include "app/ssh_key_commands.h"
#include "app/webhook_commands.h"
#include "core/encoding.h"
#include "crypto/inventory.h"

#include <string>
#include <utility>

namespace keystead::app {
namespace {

std::string keys_status(const Foundation& foundation)
{
    JsonWriter out;
    out.begin_object()
        .member("root_key_id", hex_encode(foundation.keys->id()))
        .member("root_key_from", root_key_origin_text(foundation.key_origin))
        .member("fits_the_data", true); // or the database would not have been opened
    out.key("uses").begin_array();
    for (const crypto::KeyPurpose purpose : crypto::kKeyPurposes) {
        const auto use = crypto::key_use(purpose);
        out.begin_object()
            .member("key", static_cast<int>(std::to_underlying(purpose)))
            .member("use", use.name)
            .member("algorithm", use.algorithm)
            .member("data", use.data)
            .end_object();
    }
    out.end_array().end_object();
    return std::move(out).take();
}

/// The part that a server has in a back-up: the command line reads the database itself.
Result<std::string> record_backup(Features& f, const JsonValue& facts)
{
    const auto number = [&](std::string_view name) {
        const JsonValue* const value = facts.find(name);
        return std::to_string(
            value != nullptr && value->kind() == JsonValue::Kind::Integer ? value->integer() : 0);
    };
    const Actor actor{.kind = ActorKind::Operator};
    // A full disk is when a back-up is wanted most.
    KS_CHECK(f.foundation.database->write_essential([&](WriteTx& tx) {
        return f.audit.append(
            tx, {.actor = actor,
                 .action = "backup.make",
                 .details = {{"sha256", std::string(text_argument(facts, "sha256"))},
                             {"made_at", std::string(text_argument(facts, "made_at"))},
                             {"rows", number("rows")},
                             {"bytes", number("bytes")},
                             {"log_size", number("log_size")}}});
    }));
    return std::string("{}");
}

} // namespace

void add_commands(CommandTable& table, Features& features)
{
    table.add("keys status",
              [&foundation = features.foundation](const JsonValue&) -> Result<std::string> {
                  return keys_status(foundation);
              });
    table.add("host neighbours", [&features](const JsonValue&) -> Result<std::string> {
        JsonWriter out;
        out.begin_object().key("cookies").begin_array();
        for (const std::string& name : features.cookie_neighbours.names()) {
            out.value(name);
        }
        return std::move(out.end_array().end_object()).take();
    });
    table.add("backup record",
              [&features](const JsonValue& facts) { return record_backup(features, facts); });
    add_feature_commands(table, features);
    add_audit_commands(table, features);
    add_host_commands(table, features);
    add_securing_commands(table, features);
    add_ssh_key_commands(table, features);
    add_webhook_commands(table, features);
}

} // namespace keystead::app

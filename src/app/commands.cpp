#include "app/commands.h"

#include "app/audit_commands.h"
#include "app/feature_commands.h"
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

} // namespace

void add_commands(CommandTable& table, Features& features)
{
    table.add("keys status",
              [&foundation = features.foundation](const JsonValue&) -> Result<std::string> {
                  return keys_status(foundation);
              });
    add_feature_commands(table, features);
    add_audit_commands(table, features);
}

} // namespace keystead::app

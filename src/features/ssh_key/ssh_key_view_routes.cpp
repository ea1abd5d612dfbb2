#include "features/ssh_key/ssh_key_view_routes.h"

#include <optional>

namespace keystead::ssh_key {
namespace {

std::optional<std::string> text_of(const std::optional<SshKeyId>& id)
{
    return id ? std::optional(id->text()) : std::nullopt;
}

} // namespace

http::Schema ssh_key_schema()
{
    using namespace http;
    return object({{"id", identifier("ssh_")},
                   {"name", text(1, 100)},
                   {"type", text(1, 64).described("As the public key begins: \"ssh-ed25519\"")},
                   {"bits", integer(1, kRsaBitsMax)},
                   {"fingerprint", text(50, 50).described("As ssh-keygen -l shows it")},
                   {"public_key", text(1, kLineBytesMax).described("Without a comment")},
                   {"state", enumeration({"active", "ending", "suspended"})},
                   {"created_at", time()},
                   {"ends_at", time().or_null().described("Set while another key replaces it")},
                   {"replaced_by", identifier("ssh_").or_null()},
                   {"rotate_at", time().or_null().described("When its owner is asked to rotate it; "
                                                            "null: never")},
                   {"rotation_due", boolean()},
                   {"last_used_at", time().or_null().described("As servers report it; null: "
                                                               "never")}})
        .named("SshKey");
}

http::Schema options_schema()
{
    using namespace http;
    return object({{"at_most", integer(0, 1000)},
                   {"reminder_days", integer(1, 3650).or_null()},
                   {"rotation_overlap_seconds", integer(0, kOverlapMax.count())}})
        .named("SshKeyOptions");
}

http::Schema challenge_schema()
{
    using namespace http;
    return object({{"message", text(1, 1000).described("What ssh-keygen -Y sign is to sign")},
                   {"namespace", text(1, 100).described("For its option -n")},
                   {"expires_at", time()}})
        .named("SshKeyChallenge");
}

void write_ssh_key(JsonWriter& json, const SshKeyView& view)
{
    const SshKey& key = view.key;
    std::optional<Instant> rotate_at;
    if (view.settings.reminder && !key.ends_at) {
        rotate_at = key.created_at + *view.settings.reminder;
    }
    json.begin_object()
        .member("id", key.id.text())
        .member("name", key.name)
        .member("type", type_text(key.key.type))
        .member("bits", key.key.bits)
        .member("fingerprint", fingerprint_text(fingerprint_of(key.key)))
        .member("public_key", line_of(key.key))
        .member("state", state_text(key.state()))
        .member("created_at", key.created_at)
        .member("ends_at", key.ends_at)
        .member("replaced_by", text_of(key.replaced_by))
        .member("rotate_at", rotate_at)
        .member("rotation_due", rotate_at && *rotate_at <= view.now)
        .member("last_used_at", key.last_used_at)
        .end_object();
}

void write_options(JsonWriter& json, const SshKeySettings& settings)
{
    std::optional<std::int64_t> reminder_days;
    if (settings.reminder) {
        reminder_days = std::chrono::floor<std::chrono::days>(*settings.reminder).count();
    }
    json.begin_object()
        .member("at_most", static_cast<std::int64_t>(settings.at_most))
        .member("reminder_days", reminder_days)
        .member("rotation_overlap_seconds",
                static_cast<std::int64_t>(settings.rotation_overlap.count()))
        .end_object();
}

void write_challenge(JsonWriter& json, const Challenge& challenge)
{
    json.begin_object()
        .member("message", challenge.message)
        .member("namespace", kCompromisedNamespace)
        .member("expires_at", challenge.expires_at)
        .end_object();
}

} // namespace keystead::ssh_key

#include "features/host/snapshot.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>

namespace keystead::host {
namespace {

std::string seconds_text(Instant instant)
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(instant);
    return std::to_string(whole.time_since_epoch().count());
}

bool is_same_right(const SnapshotKey& a, const SnapshotKey& b)
{
    return a.login_user == b.login_user && a.line == b.line;
}

} // namespace

std::string content_text(ByteView krl, std::vector<SnapshotKey> keys)
{
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end(), is_same_right), keys.end());

    std::string text = "krl " + base64_encode(krl) + '\n';
    for (const SnapshotKey& key : keys) {
        text.append("key ").append(key.login_user).append(" ").append(key.line);
        text.append(" ").append(key.key_id).append("\n");
    }
    return text;
}

Digest content_digest(std::string_view content)
{
    return crypto::sha256(as_bytes(content));
}

std::string statement_text(const Statement& statement)
{
    std::string text = "keystead-statement/v1\n";
    text.append("host ").append(statement.host).append("\n");
    text.append("issued ").append(seconds_text(statement.issued)).append("\n");
    text.append("expires ").append(seconds_text(statement.issued + kStatementLifetime));
    text.append("\ncontent ").append(hex_encode(statement.content)).append("\n");
    text.append("end-sessions ");
    text.append(statement.of_removed_keys == OpenSessions::AreEnded ? "yes" : "no").append("\n");
    return text;
}

std::string end_text(const End& end)
{
    std::string text = "keystead-end/v1\n";
    text.append("host ").append(end.host).append("\n");
    text.append("token ").append(hex_encode(end.token)).append("\n");
    text.append("issued ").append(seconds_text(end.issued)).append("\n");
    return text;
}

std::string snapshot_text(std::string_view statement, ByteView signature, std::string_view content)
{
    std::string text(statement);
    text.reserve(text.size() + content.size() + 100);
    text.append("sign ").append(base64_encode(signature)).append("\n\n").append(content);
    return text;
}

} // namespace keystead::host

// features/host/snapshot.h
//
// What a server gets when it asks who may log in: a statement, which is signed, and the content
// that it is about: the list of revoked keys and the keys of each login user. Text, so that a
// person can read what a server was told, and so that its reader is small.
//
//   keystead-statement/v1
//   host hst_…
//   issued 1790000000           seconds since 1970
//   expires 1790000900
//   content <64 hex digits>     SHA-256 of all that follows the empty line
//   end-sessions no             yes: open sessions of keys that are gone are ended
//   sign <base64 of 64 bytes>   Ed25519 (RFC 8032) over all lines above, each with its line feed
//   <empty line>
//   krl <base64>
//   key <login user> <type> <base64> <ssh_… id>
//   too-many-keys               in the place of keys that are more than a server takes
//
// A server whose token is over is told so by a statement of its own kind, which has no content:
//
//   keystead-end/v1
//   host hst_…
//   token <64 hex digits>       SHA-256 of the token: the server may have been enrolled anew since
//   issued 1790000000
//   sign <base64 of 64 bytes>
//   <empty line>
//
// The same content makes the same bytes, whatever the order of what it is made from.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::host {

/// A server takes no longer answer (a line: 16 KiB, but for the list of revoked keys).
inline constexpr std::size_t kSnapshotBytesMax = 1024UL * 1024;
inline constexpr std::chrono::seconds kStatementLifetime{900};

/// In the place of keys, with its line feed.
inline constexpr std::string_view kTooManyKeys = "too-many-keys\n";

struct SnapshotKey {
    std::string login_user;
    std::string line;   // "ssh-ed25519 AAAA…": type and base64, no comment
    std::string key_id; // "ssh_…"

    auto operator<=>(const SnapshotKey&) const = default;
};

/// Sorted; a key that a login user has several times stands once.
std::string content_text(ByteView krl, std::vector<SnapshotKey> keys);
/// What `content` and `have` mean.
Digest content_digest(std::string_view content);

enum class OpenSessions : std::uint8_t { Stay, AreEnded };

struct Statement {
    std::string host; // "hst_…"
    Instant issued;   // whole seconds of it are told
    Digest content{};
    OpenSessions of_removed_keys = OpenSessions::Stay;
};

/// What is signed.
std::string statement_text(const Statement& statement);
struct End {
    std::string host; // "hst_…"
    Digest token{};
    Instant issued;
};

/// What is signed.
std::string end_text(const End& end);
/// The whole answer; `content` is empty when the server has it.
std::string snapshot_text(std::string_view statement, ByteView signature, std::string_view content);

} // namespace keystead::host

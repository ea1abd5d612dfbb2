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
/// The whole answer; `content` is empty when the server has it.
std::string snapshot_text(std::string_view statement, ByteView signature, std::string_view content);

} // namespace keystead::host

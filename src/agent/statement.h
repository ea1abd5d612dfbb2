// agent/statement.h
//
// What Keystead answers to a server that asks who may log in (features/host/snapshot.h writes it),
// read strictly. Signature first, words afterwards: nothing of an answer is looked at before the
// key that was given at enrolment has signed it. Pure: whether a statement still holds is asked
// with the time in hand.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::agent {

inline constexpr std::size_t kSnapshotBytesMax = 1024UL * 1024;
inline constexpr std::size_t kLineBytesMax = 16UL * 1024; // of the list of revoked keys: the whole
/// How far this machine's clock may be behind Keystead's.
inline constexpr std::chrono::seconds kClockSkewMax{300};
/// However long an answer says that it holds, it serves no longer than this.
inline constexpr std::chrono::seconds kStatementAgeMax{900};

using AnswerKey = std::array<std::byte, 32>;
Result<AnswerKey> parse_answer_key(std::string_view base64);

enum class OpenSessions : std::uint8_t { Stay, AreEnded };

struct Statement {
    std::string host;
    Instant issued;
    Instant expires;
    Digest content{};
    OpenSessions of_removed_keys = OpenSessions::Stay;
};

/// That a token of the server is over, and with it what it was told.
struct End {
    std::string host;
    Digest token{};
    Instant issued;
};

/// An answer whose signature holds. `content` is empty when the server said that nothing changed.
struct Snapshot {
    Statement statement;
    std::string head; // to the empty line and with it: what is kept beside the content
    std::string content;
};

struct AllowedKey {
    std::string login_user;
    std::string type;
    std::string base64;
    std::string key_id;
    Digest fingerprint{};
};

struct Content {
    Bytes krl;
    std::vector<AllowedKey> keys;
    bool has_too_many = false; // and so none: Keystead has more than an answer holds
};

/// Errors (InvalidInput): agent/malformed-answer, agent/wrong-signature, agent/wrong-content.
Result<Snapshot> read_snapshot(std::string_view text, const AnswerKey& key);
/// Errors: agent/malformed-answer, agent/wrong-signature.
Result<End> read_end(std::string_view text, const AnswerKey& key);
/// The two halves of it, each without a signature.
Result<Statement> parse_statement(std::string_view signed_text);
Result<Content> parse_content(std::string_view text);

/// Whether it is not over, and was not made in a future that no clock's error explains.
bool holds_at(const Statement& statement, Instant now);
/// Whether what was issued at `fresh` may take the place of what was at `newest`: Keystead's clock
/// does not go back, so an older one was held back by somebody. Unless `newest` is still to come:
/// then both clocks were ahead and have been put right, and nothing would be new for that long.
bool may_follow(Instant fresh, Instant newest, Instant now);
/// Whether it is about that host and token, and of this time.
bool is_over(const End& end, std::string_view host, const Digest& token, Instant now);
/// The key of that user that is just this one, or null.
const AllowedKey* find_key(const Content& content, std::string_view login_user,
                           std::string_view type, std::string_view base64);
const AllowedKey* find_key(const Content& content, std::string_view login_user,
                           const Digest& fingerprint);

/// Whether the list of revoked keys names that one.
bool refuses(ByteView krl, const Digest& fingerprint);

/// A portable user name (POSIX.1-2017 §3.437) of at most 32 bytes that is no option.
bool is_login_user(std::string_view name);
/// SHA-256 of the key's blob; nothing when `base64` is none.
std::optional<Digest> fingerprint_of(std::string_view base64);
/// "SHA256:…", as sshd's log has it.
std::string fingerprint_text(const Digest& fingerprint);

} // namespace keystead::agent

// features/audit/audit_log.h
//
// Appends events to the audit log: one Merkle tree (RFC 9162 hashing) of commitments, in the
// transaction of the change. Ids, enumerations, numbers and times stand in the canonical event;
// text that a person or product chose stands there only as a salted commitment, its value in a
// table beside it that erasure empties.
#pragma once

#include "core/actor.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keystead::crypto {
class KeyRing;
}

namespace keystead::audit {

enum class Outcome : std::uint8_t { Ok = 1, Refused = 2, Failed = 3 };

/// What was acted on: a kind from our vocabulary ("session", "account", …) and its id's text; both
/// may be empty.
struct Target {
    std::string kind = {};
    std::string id = {};
};

/// One named fact. `personal` text is committed to, not written; `plain` text is one of our own
/// words, ids or numbers.
struct Detail {
    std::string_view name; // static storage
    std::string value;
    enum class Kind : std::uint8_t { Plain, Personal } kind = Kind::Plain;
};

struct Event {
    const Actor& actor;
    std::string_view action; // "session.revoke": slice.verb, static storage
    Outcome outcome = Outcome::Ok;
    std::optional<AccountId> account; // whose activity page it belongs to; nothing: the acting
                                      // account's own, if one acts
    Target target = {};
    std::vector<Detail> details = {};
};

/// An identifier that matched nobody, as HMAC alone: people type passwords there. The same text
/// gives the same digest, so that repeated attempts can be told.
Detail identifier_digest(const crypto::KeyRing& keys, std::string_view identifier);

/// Appends events. The real one is AuditService; tests of other slices use it too (it needs a
/// database anyway).
class AuditLog {
public:
    virtual ~AuditLog() = default;
    /// Appends one event and tells the transaction so. At most 48 details, no two of one name;
    /// values over 4 KiB are cut. The actor's address and client are recorded too, as personal
    /// values. Errors: those of the statement.
    virtual Result<void> append(WriteTx& tx, const Event& event) = 0;
};

} // namespace keystead::audit

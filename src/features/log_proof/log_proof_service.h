// features/log_proof/log_proof_service.h
//
// Hands the log out with proofs: origins and their keys, signed checkpoints of the committed tree,
// single events as export files of their own. Safe from any thread.
//
// A checkpoint is made when it is asked for and kept nowhere: it is signed over a head that is
// committed, and Ed25519 gives the same signature each time (RFC 8032 §5.1.6).
#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/audit/audit_log.h"
#include "features/audit/log_reader_service.h"
#include "features/log_proof/audit_file.h"
#include "features/log_proof/audit_file_check.h"
#include "features/log_proof/checkpoint.h"
#include "features/log_proof/log_proof_store.h"
#include "features/log_proof/tile_path.h"
#include "storage/database.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::log_proof {

/// Why an origin was begun; a word of the audit event.
enum class OriginReason : std::uint8_t { FirstStart = 1, Restore, RollbackAccepted };

struct Origin {
    std::string name;
    OriginReason reason = OriginReason::FirstStart;
    std::uint64_t first_size = 0; // of the tree when it began
    Instant started_at{};
    VerifierKey key;
};

struct SignedCheckpoint {
    Checkpoint checkpoint;
    VerifierKey key;
    std::string note;
};

/// Entries of a checkpoint kept elsewhere that an origin begun later gave up, as the database has
/// it.
struct GivenUp {
    std::uint64_t from = 0; // the first of them
    std::uint64_t size = 0; // of the checkpoint
    OriginReason reason = OriginReason::Restore;
    Instant at{};
};

/// What checkpoints kept elsewhere say of the log that is here.
struct KeptComparison {
    std::uint64_t compared = 0;      // the log agrees with them
    std::vector<GivenUp> given_up;   // a checkpoint each
    std::uint64_t unknown = 0;       // of no origin of this log, or not signed by its key
    std::vector<std::string> faults; // in words: the log was cut or changed
    /// Entries were given up, and no checkpoint of the newest origin says that the log is whole
    /// since: then nothing kept elsewhere speaks of what is here.
    bool is_silent = false;
};

std::string_view reason_word(OriginReason reason);

class LogProofService {
public:
    LogProofService(audit::AuditLog& audit, const crypto::KeyRing& keys, const Clock& clock,
                    Random& random, const ServerSettings& settings);

    /// Begins the first origin when there is none. Called before anything is served.
    Result<void> ensure_origin(Database& database, const Actor& actor);
    /// Begins a new history: later checkpoints bear another name and key, so that nobody takes
    /// entries that were forgotten for entries that were hidden. The caller commits it together
    /// with whatever made the log forget.
    Result<Origin> start_new_origin(WriteTx& tx, const Actor& actor, OriginReason reason);
    /// Oldest first; the last one signs.
    Result<std::vector<Origin>> list_origins(ReadTx& tx) const;

    /// The committed head, signed. Errors: audit/no-origin (Unavailable: nothing began one yet).
    Result<SignedCheckpoint> sign_head(ReadTx& tx) const;
    /// The header of an export that is made in this transaction's snapshot; its lines are checked
    /// against header.size. Errors: as sign_head.
    Result<FileHeader> file_header(ReadTx& tx, FileForm form, bool pseudonymous) const;
    /// One event as an export file, with proof. `owner`: only an event on that account's page, and
    /// only the account's own values; nothing: any event, all values. Errors: as sign_head,
    /// audit/event-not-found, audit/not-numbered, audit/event-damaged.
    Result<std::string> event_file(ReadTx& tx, EventId event, std::optional<AccountId> owner) const;
    /// Records that an operator is about to be handed an event.
    Result<void> record_disclosure(WriteTx& tx, const Actor& actor, EventId event);
    /// Holds the log against checkpoints kept elsewhere. Errors: those of the statements,
    /// audit/tree-damaged.
    Result<KeptComparison> compare_kept(ReadTx& tx, std::span<const SignedNote> kept) const;
    /// Whether the newest origin's key is one that this installation sealed: whoever holds the
    /// database alone can add an origin, and with it a reason for entries to be gone.
    Result<bool> is_newest_name_ours(ReadTx& tx) const;
    /// Why the log cannot be what `last`, the last checkpoint sent away, was made of, in words;
    /// nothing: it goes on from there. A log that gave up entries of `last` on record is told too,
    /// until a checkpoint of its new origin was sent away.
    Result<std::optional<std::string>> find_rollback(ReadTx& tx, const SignedNote& last) const;
    /// Records that the log goes on although it lacks what `last` was made of, under a new origin.
    Result<void> accept_rollback(WriteTx& tx, const Actor& actor, const SignedNote& last,
                                 std::string_view why);
    /// The bytes of a tile or entry bundle as tlog-tiles has them; nothing when the tree has no
    /// such tile, or not that much of it.
    static Result<std::optional<Bytes>> find_tile(ReadTx& tx, const TilePath& path);

private:
    struct Signer {
        std::int64_t number = 0;
        VerifierKey key;
        Secret seed;
    };
    Result<std::shared_ptr<const Signer>> signer(ReadTx& tx) const;

    audit::AuditLog& audit_;
    const crypto::KeyRing& keys_;
    const Clock& clock_;
    Random& random_;
    std::string host_and_path_;
    mutable LogProofStore store_;
    mutable std::mutex signer_mutex_;
    mutable std::shared_ptr<const Signer> signer_; // of the newest origin that was seen
};

} // namespace keystead::log_proof

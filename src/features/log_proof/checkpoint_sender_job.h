// features/log_proof/checkpoint_sender_job.h
//
// Sends the newest checkpoint to the places outside that the settings name, when the tree has grown
// or a new origin began since the last one that each of them took. A place that fails is tried
// again at the next run, and holds up neither the other nor anything else.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/log_proof/checkpoint_journal.h"
#include "features/log_proof/log_proof_service.h"
#include "features/log_proof/syslog_sender.h"
#include "storage/database.h"

#include <optional>
#include <string>

namespace keystead::log_proof {

class CheckpointSenderJob {
public:
    /// `host_name` stands in syslog messages.
    CheckpointSenderJob(Database& database, const LogProofService& proofs,
                        const AuditSettings& settings, std::string host_name);
    bool has_places() const { return journal_.is_wanted() || syslog_.has_value(); }
    /// Errors: those of sign_head(), audit/journal-unwritable, audit/syslog-unreachable.
    Result<void> run_once(Instant now);

private:
    Database& database_;
    const LogProofService& proofs_;
    CheckpointJournal journal_;
    std::optional<SyslogTarget> syslog_;
    std::string host_name_;
    std::optional<Checkpoint> journal_took_; // used by one thread at a time
    std::optional<Checkpoint> syslog_took_;
};

} // namespace keystead::log_proof

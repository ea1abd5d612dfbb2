#include "features/log_proof/checkpoint_sender_job.h"

#include <utility>

namespace keystead::log_proof {

CheckpointSenderJob::CheckpointSenderJob(Database& database, const LogProofService& proofs,
                                         const AuditSettings& settings, std::string host_name)
    : database_(database), proofs_(proofs), journal_(settings.checkpoint_file),
      syslog_(SyslogTarget::parse(settings.checkpoint_syslog)), host_name_(std::move(host_name))
{
}

Result<void> CheckpointSenderJob::run_once(Instant now)
{
    KS_TRY(const SignedCheckpoint newest,
           database_.read([&](ReadTx& tx) { return proofs_.sign_head(tx); }));
    Result<void> outcome;
    if (journal_.is_wanted() && journal_took_ != newest.checkpoint) {
        outcome = journal_.append(newest.note);
        if (outcome) {
            journal_took_ = newest.checkpoint;
        }
    }
    if (syslog_ && syslog_took_ != newest.checkpoint) {
        auto sent =
            send_syslog(*syslog_, syslog_message(newest.checkpoint, newest.note, host_name_, now));
        if (sent) {
            syslog_took_ = newest.checkpoint;
        } else if (outcome) {
            outcome = std::move(sent);
        }
    }
    return outcome;
}

} // namespace keystead::log_proof

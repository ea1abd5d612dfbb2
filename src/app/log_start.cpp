#include "app/log_start.h"

#include "features/log_proof/checkpoint_journal.h"

#include <string>

namespace keystead::app {

Result<void> begin_log(Features& f, RollbackPolicy policy)
{
    const Actor system{.kind = ActorKind::System};
    Database& db = *f.foundation.database;
    const log_proof::CheckpointJournal journal(f.foundation.settings.audit.checkpoint_file);
    if (journal.is_wanted()) {
        KS_TRY(const auto last, journal.find_last());
        if (last) {
            KS_TRY(const auto rollback,
                   db.read([&](ReadTx& tx) { return f.log_proofs.find_rollback(tx, *last); }));
            if (rollback && policy == RollbackPolicy::Refuse) {
                return Error{ErrorKind::Conflict, "audit/rolled-back",
                             "The database is older than, or not that of, the last checkpoint that "
                             "was sent away: " +
                                 *rollback +
                                 ". Find out why. To go on all the same, start once with "
                                 "--accept-rollback, which is recorded."};
            }
            if (rollback) {
                const Actor by{.kind = ActorKind::Operator};
                KS_CHECK(db.write([&](WriteTx& tx) {
                    return f.log_proofs.accept_rollback(tx, by, *last, *rollback);
                }));
            }
        }
    }
    return f.log_proofs.ensure_origin(db, system);
}

} // namespace keystead::app

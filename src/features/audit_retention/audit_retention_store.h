// features/audit_retention/audit_retention_store.h
//
// SQL of the belief in the clock. Decides nothing.
#pragma once

#include "core/result.h"
#include "features/audit_retention/retention_clock.h"
#include "storage/database.h"

#include <optional>

namespace keystead::audit_retention {

class AuditRetentionStore {
public:
    Result<std::optional<RetentionClock>> find(ReadTx& tx);
    Result<void> put(UpkeepTx& tx, const RetentionClock& clock);
};

} // namespace keystead::audit_retention

// features/audit_shipping/audit_shipping_store.h
//
// SQL of how far the log was sent away. Decides nothing.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>

namespace keystead::audit_shipping {

struct Progress {
    std::string place;      // which receiver
    std::string origin;     // of the log
    std::uint64_t next = 0; // the first entry that the receiver has not taken
    std::optional<Instant> failing_since;
    std::optional<Instant> told_at; // when the operators were told of this outage
};

class AuditShippingStore {
public:
    Result<std::optional<Progress>> find(ReadTx& tx);
    Result<void> put(ChangeTx& tx, const Progress& progress);
};

} // namespace keystead::audit_shipping

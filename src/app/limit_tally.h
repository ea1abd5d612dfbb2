// app/limit_tally.h
//
// Refusals by a limiter, counted in memory and recorded as one audit event a minute and source: a
// flood of refused requests must not become a flood of records. Bounded; sources beyond the bound
// are counted together.
#pragma once

#include "core/clock.h"
#include "core/ip_address.h"
#include "core/result.h"
#include "features/audit/audit_log.h"
#include "storage/database.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace keystead::app {

class LimitTally {
public:
    static constexpr std::size_t kSourcesMax = 1000;

    LimitTally(Database& database, audit::AuditLog& audit) : database_(database), audit_(audit) {}
    /// By a limiter; or of a link that opens nothing: made up, spent, replaced or too old.
    enum class Refusal : std::uint8_t { Limit, Link };
    /// One refusal of that client. Any thread; never blocks on the database.
    void note(Refusal refusal, const IpAddress& client);
    /// Job, once a minute: records what was counted since. What could not be recorded is counted
    /// on.
    Result<void> run_once(Instant now);

private:
    Database& database_;
    audit::AuditLog& audit_;
    std::mutex mutex_; // guards what follows
    std::map<std::pair<IpAddress, Refusal>, std::uint64_t> refusals_;
    std::uint64_t others_ = 0;
};

} // namespace keystead::app

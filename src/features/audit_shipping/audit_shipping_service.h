// features/audit_shipping/audit_shipping_service.h
//
// Sends every event of the log to a receiver on another machine, in the order of the tree and at
// least once: parcels of up to 256 entries, each an export file of its own (docs/audit.md) whose
// events carry proofs against the signed checkpoint in its header. What the receiver did not take
// is sent again, also after a restart; when it takes nothing for a while, operators are told.
// Source: OWASP ASVS 5.0 V16.4.3.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "core/settings.h"
#include "features/audit/audit_log.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit_export/audit_export_service.h"
#include "features/audit_shipping/audit_shipping_store.h"
#include "features/log_proof/log_proof_service.h"
#include "outgoing/client.h"
#include "storage/database.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace keystead::audit_shipping {

struct ShippingParts {
    Database& database;
    audit::AuditLog& audit;
    const audit::AuditReader& reader;
    const audit_export::AuditExportService& exports;
    const log_proof::LogProofService& proofs;
    const outgoing::Client& client;
    const AuditSettings& settings;
    /// Writes to every operator that nothing was taken since then.
    std::function<Result<void>(WriteTx&, Instant since)> tell_operators;
};

class AuditShippingService {
public:
    static constexpr int kParcelsMax = 100; // of one run
    static constexpr std::chrono::seconds kWaitMin{5};
    static constexpr std::chrono::seconds kWaitMax{300}; // between attempts at a dead receiver

    explicit AuditShippingService(ShippingParts parts);

    bool has_place() const { return !p_.settings.ship_url.empty(); }
    /// Sends what waits, as far as the receiver takes it; after a failure nothing until its time
    /// has come. One thread at a time. Errors: those of the statements; audit/ship-not-taken,
    /// audit/ship-no-token.
    Result<void> run_once(Instant now);
    /// A run ends after the parcel that it is sending.
    void stop() { stopping_ = true; }

    /// As the last run saw it. Any thread.
    std::uint64_t waiting_events() const { return waiting_; }
    std::chrono::seconds failing_for() const { return std::chrono::seconds{failing_seconds_}; }

private:
    struct Next {
        Progress progress;
        audit_export::Parcel parcel;
    };
    Result<Next> look(ReadTx& tx) const;
    Result<void> send(const audit_export::Parcel& parcel);
    Result<void> advance(Progress progress, const audit_export::Parcel& parcel);
    /// Answers `why`, or what hindered remembering it.
    Error fail(Error why, Instant now);
    Result<void> remember_failure(Progress progress, Instant now);

    ShippingParts p_;
    std::string place_;
    mutable AuditShippingStore store_;
    Instant not_before_{}; // used by one thread at a time, as is the next
    std::chrono::seconds wait_ = kWaitMin;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> waiting_ = 0;
    std::atomic<std::int64_t> failing_seconds_ = 0;
};

} // namespace keystead::audit_shipping

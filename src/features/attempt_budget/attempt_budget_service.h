// features/attempt_budget/attempt_budget_service.h
//
// Attempt budgets: charged before the check, in one statement, whether or not what is guessed at
// exists (ASVS V6.3.1, V2.3.4). They live in the database: a restart gives nothing back.
//
//   charge ─▶ Allowed ─▶ check ─▶ wrong: nothing (the charge stands)
//     │                    └────▶ right: refund() the one charge; clear() after a full success
//     └─────▶ Spent: hash nothing, look at nothing, answer 429 on the same time slot
//
// The key of a row is HMAC(scope, identifier): known and unknown identifiers take the same
// statements and leave the same rows. A charge is a change: the transaction that charges records
// the attempt (sign_in.attempt, totp.verify, …), so that nothing is appended here. A clock that
// jumps back gains nobody an attempt, and nobody waits longer than the longest delay.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/ip_address.h"
#include "core/result.h"
#include "crypto/keys.h"
#include "features/attempt_budget/attempt_budget.h" // IWYU pragma: export
#include "features/attempt_budget/attempt_budget_store.h"
#include "features/audit/audit_log.h"
#include "storage/database.h"

#include <chrono>
#include <cstdint>

namespace keystead::attempt_budget {

struct Verdict {
    enum class Kind : std::uint8_t { Allowed, Spent } kind = Kind::Spent;
    std::chrono::seconds retry_after{0}; // Spent: at least 1 s; an hour when only a reset helps
    bool allowed() const { return kind == Kind::Allowed; }
};

/// Errors of all methods: those of storage.
class AttemptBudgetService {
public:
    explicit AttemptBudgetService(const crypto::KeyRing& keys) : keys_(keys) {}

    /// Takes one attempt. The identifier is canonical: two spellings of one thing are one.
    Result<Verdict> charge(WriteTx& tx, Scope scope, ByteView identifier, Instant now);
    Result<Verdict> charge(WriteTx& tx, Scope scope, AccountId account, Instant now)
    {
        return charge(tx, scope, account.bytes(), now);
    }
    /// Of a source, the prefix is counted (IPv6 by /64).
    Result<Verdict> charge_source(WriteTx& tx, const IpAddress& address, Instant now);

    /// Failures in a row, attempts that are being checked among them.
    Result<std::int64_t> failures(ReadTx& tx, Scope scope, ByteView identifier);

    /// Gives back the one attempt that was charged: the check was passed, but nothing is proved in
    /// full (a right code that confirms an enrollment; a source whose sign-in succeeded, which must
    /// not wipe its other guesses).
    Result<void> refund(WriteTx& tx, Scope scope, ByteView identifier);
    Result<void> refund_source(WriteTx& tx, const IpAddress& address);

    /// Forgets all attempts: after a full success only (NIST SP 800-63B-4 §3.2.2). Never for
    /// Scope::Source.
    Result<void> clear(WriteTx& tx, Scope scope, ByteView identifier);

private:
    Digest key_of(Scope scope, ByteView identifier) const;

    const crypto::KeyRing& keys_;
    AttemptBudgetStore store_;
};

/// Job: forgets what nobody has touched (windows after a day, fewer than 10 failures in a row after
/// 30 days, more after a year; at most 1,000 rows a run), and after the clock jumped back lets
/// waits start over, also where a refused transaction has rolled that back. Recorded as
/// attempt_budget.sweep, since it gives attempts back.
class AttemptBudgetSweep {
public:
    AttemptBudgetSweep(Database& database, audit::AuditLog& audit)
        : database_(database), audit_(audit)
    {
    }
    Result<void> run_once(Instant now);

private:
    Database& database_;
    audit::AuditLog& audit_;
};

} // namespace keystead::attempt_budget

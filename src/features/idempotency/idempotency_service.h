// features/idempotency/idempotency_service.h
//
// Claims a request's Idempotency-Key in the transaction of what it makes: of all that carry the
// same key one makes something. Not here: repeating the first answer, which held a secret.
#pragma once

#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/idempotency/idempotency_store.h"
#include "storage/database.h"

#include <optional>
#include <string>
#include <string_view>

namespace keystead::idempotency {

class IdempotencyService {
public:
    IdempotencyService(IdempotencyStore& store, const Clock& clock) : store_(store), clock_(clock)
    {
    }
    /// Refuses a repeat before anything is checked that the first one has changed (a limit).
    /// Errors: as claim().
    Result<void> check(ReadTx& tx, AccountId account, std::string_view operation,
                       const std::optional<std::string>& key);
    /// `operation` is the route's ("createToken"), with what it acts on where that is not new.
    /// Without a key nothing happens. Errors: idempotency/already-done (Conflict, with the member
    /// "id").
    Result<void> claim(WriteTx& tx, AccountId account, std::string_view operation,
                       const std::optional<std::string>& key, std::string_view created_id);
    Result<void> erase(WriteTx& tx, AccountId account) { return store_.remove_all(tx, account); }
    /// Forgets keys after a day. A job.
    Result<void> sweep(Database& db, Instant now);

private:
    IdempotencyStore& store_;
    const Clock& clock_;
};

} // namespace keystead::idempotency

#include "features/idempotency/idempotency_service.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <chrono>

namespace keystead::idempotency {
namespace {

constexpr std::chrono::hours kRemembered{24};

Digest digest_of(std::string_view operation, std::string_view key)
{
    return crypto::sha256_of({as_bytes(operation), as_bytes(" "), as_bytes(key)});
}

Error already_done(const std::optional<std::string>& made)
{
    Error error{ErrorKind::Conflict, "idempotency/already-done",
                "A request with this Idempotency-Key was carried out before."};
    if (made) {
        error.extension = "\"id\":";
        append_json_string(error.extension, *made);
    }
    return error;
}

} // namespace

Result<void> IdempotencyService::check(ReadTx& tx, AccountId account, std::string_view operation,
                                       const std::optional<std::string>& key)
{
    if (!key) {
        return {};
    }
    KS_TRY(const auto made, store_.find(tx, account, digest_of(operation, *key)));
    return made ? Result<void>(already_done(made)) : Result<void>{};
}

Result<void> IdempotencyService::claim(WriteTx& tx, AccountId account, std::string_view operation,
                                       const std::optional<std::string>& key,
                                       std::string_view created_id)
{
    if (!key) {
        return {};
    }
    const Digest digest = digest_of(operation, *key);
    KS_TRY(const bool first, store_.insert(tx, account, digest, created_id, clock_.now()));
    if (first) {
        return {};
    }
    KS_TRY(const auto made, store_.find(tx, account, digest));
    return already_done(made);
}

Result<void> IdempotencyService::sweep(Database& db, Instant now)
{
    return db.upkeep([&](UpkeepTx& tx) { return store_.sweep(tx, now - kRemembered); });
}

} // namespace keystead::idempotency

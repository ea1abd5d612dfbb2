// features/password/password_hasher.h
//
// The slow step: Argon2id, a bounded number at a time, never inside a transaction. Hashes leave
// sealed under a key that the database does not hold, bound to their account (ASVS V11.4.2).
// Invariant: check() runs exactly one hash for whatever it is given; unknown, disabled and
// passwordless accounts take the decoy, whose cost is today's. What is dearer than today's (old
// settings, imports) is covered by the time slot that app/ derives from measure().
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/settings.h"
#include "crypto/argon2id.h"
#include "crypto/keys.h"
#include "features/password/password_policy.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace keystead::password {

using HashCost = crypto::Argon2idParameters;

/// A hash ready to be stored for one account.
struct HashedPassword {
    AccountId account;
    Bytes sealed;
    Satisfies satisfies;
    HashCost cost;
};

/// What is stored for an account.
struct StoredPassword {
    AccountId account;
    Bytes sealed;
    Satisfies satisfies;
    Instant changed_at;
    bool must_change; // an operator marked it as compromised: a new one is asked for at the next
                      // sign-in
    Bytes assessment =
        {}; // sealed (assessment_service.h); empty: not looked at since it was chosen
};

/// Which places of the queue a caller may take: half of them are kept for known devices, step-up
/// and recovery.
enum class QueuePlace : std::uint8_t { Open, Kept };

struct PasswordCheck {
    bool right = false;
    bool needs_rehash = false; // right, and hashed under a cost other than today's
};

/// Lets `at_once` callers in, keeps a bounded number waiting for at most 2 s, refuses the rest.
class HashGate {
public:
    HashGate(std::uint32_t at_once, std::uint32_t queue_max) : free_(at_once), queue_max_(queue_max)
    {
    }
    /// Errors: password/busy (Unavailable, retry_after).
    Result<void> enter(QueuePlace place);
    void leave();

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    std::uint32_t free_;
    std::uint32_t waiting_ = 0;
    const std::uint32_t queue_max_;
};

/// May be called from any thread. Every method asserts that no transaction is open on it.
class PasswordHasher {
public:
    /// `at_once`: PasswordSettings::hash_threads with 0 resolved to the number of cores.
    /// Everything handed in outlives the hasher.
    static Result<std::unique_ptr<PasswordHasher>> make(const PasswordSettings& settings,
                                                        std::uint32_t at_once,
                                                        const crypto::KeyRing& keys,
                                                        Random& random);

    /// Errors of all but measure(): password/busy, crypto/out-of-memory (both Unavailable).
    Result<HashedPassword> hash_new(AccountId account, const AcceptedPassword& password,
                                    QueuePlace place);

    /// One hash, whatever `stored` is: nothing for an account that is unknown, disabled or has no
    /// password, which is always wrong. Text that no password can be (too long, control characters)
    /// is hashed against the decoy and wrong. Errors: crypto/does-not-open,
    /// crypto/hash-not-supported when the row was tampered with.
    Result<PasswordCheck> check(const Secret& typed, const std::optional<StoredPassword>& stored,
                                QueuePlace place);

    /// The same password under today's cost, after check() said right and needs_rehash.
    Result<HashedPassword> rehash(const Secret& typed, const StoredPassword& stored,
                                  QueuePlace place);

    /// Argon2id of something a person may type that is no password (backup codes): 32 bytes. `salt`
    /// is 16.
    Result<Secret> derive(const Secret& text, ByteView salt, HashCost cost, QueuePlace place);

    /// How long one hash of that cost takes here (the longer of two tries): app/ sets the time slot
    /// of the credential lane above the dearest of today's cost and
    /// PasswordService::find_dearest_cost().
    Result<std::chrono::microseconds> measure(HashCost cost, const Clock& clock);

    HashCost cost() const { return cost_; }

private:
    PasswordHasher(const PasswordSettings& settings, std::uint32_t at_once,
                   const crypto::KeyRing& keys, Random& random);
    Result<HashedPassword> hash_and_seal(AccountId account, const Secret& text, Satisfies satisfies,
                                         QueuePlace place);

    HashCost cost_;
    HashGate gate_;
    const crypto::KeyRing& keys_;
    Random& random_;
    std::optional<Secret> decoy_; // PHC string of a password that nobody knows
};

} // namespace keystead::password

#include "features/password/password_hasher.h"

#include "storage/database.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace keystead::password {
namespace {

constexpr std::chrono::seconds kWaitMax{2};

Error busy()
{
    return Error{.kind = ErrorKind::Unavailable,
                 .code = "password/busy",
                 .detail = "Too many people are signing in at this moment. Try again shortly.",
                 .retry_after = std::chrono::seconds{2}};
}

/// What the ciphertext is bound to: moved to another account's row, it does not open.
std::string bound_to(AccountId account)
{
    return "password/" + account.text();
}

/// A place in the gate for as long as it lives. It belongs to the work: a client that hangs up
/// frees nothing.
class Place {
public:
    explicit Place(HashGate& gate) : gate_(gate) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { gate_.leave(); }

private:
    HashGate& gate_;
};

} // namespace

Result<void> HashGate::enter(QueuePlace place)
{
    std::unique_lock lock(mutex_);
    const std::uint32_t waiting_max = place == QueuePlace::Kept ? queue_max_ : queue_max_ / 2;
    if (free_ == 0) {
        if (waiting_ >= waiting_max) {
            return busy();
        }
        ++waiting_;
        const bool got_one = freed_.wait_for(lock, kWaitMax, [&] { return free_ > 0; });
        --waiting_;
        if (!got_one) {
            return busy();
        }
    }
    --free_;
    return {};
}

void HashGate::leave()
{
    {
        const std::lock_guard lock(mutex_);
        ++free_;
    }
    freed_.notify_one();
}

PasswordHasher::PasswordHasher(const PasswordSettings& settings, std::uint32_t at_once,
                               const crypto::KeyRing& keys, Random& random)
    : cost_{settings.argon2_memory_kib, settings.argon2_passes},
      gate_(at_once, settings.hash_queue_max), keys_(keys), random_(random)
{
}

Result<std::unique_ptr<PasswordHasher>> PasswordHasher::make(const PasswordSettings& settings,
                                                             std::uint32_t at_once,
                                                             const crypto::KeyRing& keys,
                                                             Random& random)
{
    KS_ASSERT(at_once > 0);
    std::unique_ptr<PasswordHasher> hasher(new PasswordHasher(settings, at_once, keys, random));
    // Well formed and of today's cost: a malformed one would be refused at once and give the answer
    // away.
    hasher->decoy_.emplace(crypto::argon2id_decoy(hasher->cost_, random));
    return hasher;
}

Result<HashedPassword> PasswordHasher::hash_and_seal(AccountId account, const Secret& text,
                                                     Satisfies satisfies, QueuePlace place)
{
    assert_no_transaction();
    KS_CHECK(gate_.enter(place));
    const Place held(gate_);
    KS_TRY(const Secret phc, crypto::argon2id_hash(text, cost_, random_));
    return HashedPassword{
        .account = account,
        .sealed = keys_.seal(crypto::KeyPurpose::PasswordSeal, bound_to(account), phc.reveal()),
        .satisfies = satisfies,
        .cost = cost_};
}

Result<HashedPassword> PasswordHasher::hash_new(AccountId account, const AcceptedPassword& password,
                                                QueuePlace place)
{
    return hash_and_seal(account, password.text(), password.satisfies(), place);
}

Result<PasswordCheck> PasswordHasher::check(const Secret& typed,
                                            const std::optional<StoredPassword>& stored,
                                            QueuePlace place)
{
    assert_no_transaction();
    const auto password = NormalizedPassword::from(typed);
    std::optional<Secret> opened;
    if (stored && password) {
        KS_TRY(Secret phc, keys_.open(crypto::KeyPurpose::PasswordSeal, bound_to(stored->account),
                                      stored->sealed));
        opened.emplace(std::move(phc));
    }
    const std::string_view phc = (opened ? *opened : *decoy_).reveal_text();
    const Secret nothing(0);
    KS_CHECK(gate_.enter(place));
    const Place held(gate_);
    KS_TRY(const bool fits, crypto::argon2id_verify(phc, password ? password->text() : nothing));
    const bool right = opened.has_value() && fits; // The decoy fits nobody, whatever was typed.
    return PasswordCheck{.right = right,
                         .needs_rehash = right && crypto::argon2id_needs_rehash(phc, cost_)};
}

Result<HashedPassword> PasswordHasher::rehash(const Secret& typed, const StoredPassword& stored,
                                              QueuePlace place)
{
    const auto password = NormalizedPassword::from(typed);
    KS_ASSERT(password.has_value()); // check() said that it is right.
    return hash_and_seal(stored.account, password->text(), stored.satisfies, place);
}

Result<Secret> PasswordHasher::derive(const Secret& text, ByteView salt, HashCost cost,
                                      QueuePlace place)
{
    assert_no_transaction();
    KS_CHECK(gate_.enter(place));
    const Place held(gate_);
    return crypto::argon2id_derive(text, cost, salt);
}

Result<std::chrono::microseconds> PasswordHasher::measure(HashCost cost, const Clock& clock)
{
    std::chrono::microseconds longest{0};
    const auto salt = random_bytes<16>(random_);
    for (int tries = 0; tries < 2; ++tries) {
        const auto start = clock.since_boot();
        KS_CHECK(
            derive(keys_.key(crypto::KeyPurpose::DecoyPassword), salt, cost, QueuePlace::Kept));
        longest = std::max(longest, clock.since_boot() - start);
    }
    return longest;
}

} // namespace keystead::password

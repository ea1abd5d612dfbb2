#include "features/known_device/known_device_service.h"

#include "crypto/hash.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::known_device {
namespace {

constexpr int kDevicesKept = 50; // of an account, the newest

} // namespace

KnownDeviceService::KnownDeviceService(KnownDeviceStore& store, const crypto::KeyRing& keys,
                                       const Clock& clock, Random& random)
    : store_(store), keys_(keys), mint_(keys, random), clock_(clock)
{
}

// The cookie's id: nobody can tell from it which address it is.
IdBytes KnownDeviceService::bound_id(std::string_view email) const
{
    const Digest digest = crypto::hmac_sha256(keys_.key(crypto::KeyPurpose::IdentifierDigest),
                                              as_bytes("known-device\n" + std::string(email)));
    IdBytes id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

bool KnownDeviceService::is_bound_to(std::string_view cookie, std::string_view email) const
{
    const auto token = mint_.parse(crypto::TokenKind::Device, cookie);
    return token && token->id == bound_id(email);
}

Device KnownDeviceService::parse(std::string_view cookie) const
{
    const auto token = mint_.parse(crypto::TokenKind::Device, cookie);
    return {token ? std::optional(token->digest) : std::nullopt};
}

Result<bool> KnownDeviceService::is_known(ReadTx& tx, AccountId account, const Device& device)
{
    return store_.has_device(tx, account, device.digest.value_or(Digest{}));
}

Result<Noted> KnownDeviceService::note(WriteTx& tx, AccountId account, std::string_view email,
                                       const Device& device, std::string_view country_code,
                                       Keep keep)
{
    Noted noted;
    if (!country_code.empty()) {
        KS_TRY(noted.new_country, store_.add_country(tx, account, country_code, clock_.now()));
    }
    if (keep == Keep::No) {
        KS_TRY(noted.known_since,
               store_.find_device(tx, account, device.digest.value_or(Digest{})));
        noted.new_device = !noted.known_since;
        return noted;
    }
    Digest digest = device.digest.value_or(Digest{});
    if (!device.digest) {
        auto token = mint_.make(crypto::TokenKind::Device, bound_id(email));
        digest = token.digest;
        noted.cookie.emplace(std::move(token.text));
    }
    const Instant now = clock_.now();
    KS_TRY(noted.new_device, store_.add_device(tx, account, digest, now));
    KS_TRY(noted.known_since, store_.find_device(tx, account, digest));
    if (noted.new_device) {
        KS_CHECK(store_.trim_devices(tx, account, kDevicesKept));
    }
    return noted;
}

Result<void> KnownDeviceService::forget_devices(WriteTx& tx, AccountId account)
{
    return store_.erase_devices(tx, account);
}

Result<int> KnownDeviceService::forget_everyones(WriteTx& tx)
{
    return store_.erase_all_devices(tx);
}

Result<void> KnownDeviceService::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(store_.erase_devices(tx, account));
    return store_.erase_countries(tx, account);
}

} // namespace keystead::known_device

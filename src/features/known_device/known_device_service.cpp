#include "features/known_device/known_device_service.h"

#include <utility>

namespace keystead::known_device {
namespace {

constexpr int kDevicesKept = 50; // of an account, the newest

} // namespace

KnownDeviceService::KnownDeviceService(KnownDeviceStore& store, const crypto::KeyRing& keys,
                                       const Clock& clock, Random& random)
    : store_(store), mint_(keys, random), clock_(clock), random_(random)
{
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

Result<Noted> KnownDeviceService::note(WriteTx& tx, AccountId account, const Device& device,
                                       std::string_view country_code, Keep keep)
{
    Noted noted;
    if (!country_code.empty()) {
        KS_TRY(noted.new_country, store_.add_country(tx, account, country_code));
    }
    if (keep == Keep::No) {
        KS_TRY(const bool known, is_known(tx, account, device));
        noted.new_device = !known;
        return noted;
    }
    Digest digest = device.digest.value_or(Digest{});
    if (!device.digest) {
        auto token = mint_.make(crypto::TokenKind::Device, random_bytes<16>(random_));
        digest = token.digest;
        noted.cookie.emplace(std::move(token.text));
    }
    KS_TRY(noted.new_device, store_.add_device(tx, account, digest, clock_.now()));
    if (noted.new_device) {
        KS_CHECK(store_.trim_devices(tx, account, kDevicesKept));
    }
    return noted;
}

Result<void> KnownDeviceService::forget_devices(WriteTx& tx, AccountId account)
{
    return store_.erase_devices(tx, account);
}

Result<void> KnownDeviceService::erase(WriteTx& tx, AccountId account)
{
    KS_CHECK(store_.erase_devices(tx, account));
    return store_.erase_countries(tx, account);
}

} // namespace keystead::known_device

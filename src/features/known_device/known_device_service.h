// features/known_device/known_device_service.h
//
// Which browsers and countries an account has signed in from before. A known device has an attempt
// budget of its own, so that strangers who guess cannot lock its owner out (K-11); a new one is
// reported (M-11). It never replaces a factor.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/random.h"
#include "core/secret.h"
#include "crypto/keys.h"
#include "crypto/token.h"
#include "features/known_device/known_device_store.h"
#include "storage/database.h"

#include <optional>
#include <string_view>
#include <vector>

namespace keystead::known_device {

/// What a cookie `__Host-keystead-device` stands for; nothing for anything that is not one of ours.
struct Device {
    std::optional<Digest> digest;
};

struct Noted {
    bool new_device = false;
    bool new_country = false;
    std::optional<Instant> known_since; // nothing: the browser is not known after this either
    std::optional<Secret> cookie;       // when the browser had none, its new one
};

class KnownDeviceService {
public:
    KnownDeviceService(KnownDeviceStore& store, const crypto::KeyRing& keys, const Clock& clock,
                       Random& random);

    Device parse(std::string_view cookie) const;
    /// Whether the cookie was made at a sign-in with that (canonical) address. Needs no look-up: it
    /// says for whom a place in a queue may be kept, not that the device is still known.
    bool is_bound_to(std::string_view cookie, std::string_view email) const;
    /// One statement, for an unknown account and for no device too.
    Result<bool> is_known(ReadTx& tx, AccountId account, const Device& device);

    enum class Keep : std::uint8_t {
        Yes,
        No
    }; // No: a shared device is looked at, but not remembered
    /// After a full sign-in, in its transaction. `country_code` may be empty.
    Result<Noted> note(WriteTx& tx, AccountId account, std::string_view email, const Device& device,
                       std::string_view country_code, Keep keep);
    /// From which the account has signed in; those it has known longest first.
    Result<std::vector<KnownCountry>> list_countries(ReadTx& tx, AccountId account)
    {
        return store_.list_countries(tx, account);
    }
    /// "This was not me": no device is known any more.
    Result<void> forget_devices(WriteTx& tx, AccountId account);
    /// After a restore: one that "this was not me" made unknown must not be known again. How many.
    Result<int> forget_everyones(WriteTx& tx);
    Result<void> erase(WriteTx& tx, AccountId account);

private:
    IdBytes bound_id(std::string_view email) const;

    KnownDeviceStore& store_;
    const crypto::KeyRing& keys_;
    crypto::TokenMint mint_;
    const Clock& clock_;
};

} // namespace keystead::known_device

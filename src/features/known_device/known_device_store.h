// features/known_device/known_device_store.h
//
// The SQL of known devices and countries, one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "storage/database.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::known_device {

struct KnownCountry {
    std::string code;        // ISO 3166-1 alpha-2
    Instant first_seen_at{}; // the epoch: before this was kept
};

struct KnownDeviceStore {
    Result<bool> has_device(ReadTx& tx, AccountId account, const Digest& token);
    /// Whether it is new.
    Result<bool> add_device(WriteTx& tx, AccountId account, const Digest& token, Instant now);
    Result<std::optional<Instant>> find_device(ReadTx& tx, AccountId account, const Digest& token);
    Result<bool> add_country(WriteTx& tx, AccountId account, std::string_view country_code,
                             Instant now);
    /// Those it has known longest first. There are some 250 countries at most.
    Result<std::vector<KnownCountry>> list_countries(ReadTx& tx, AccountId account);
    /// Keeps the newest `kept` devices.
    Result<void> trim_devices(WriteTx& tx, AccountId account, int kept);
    Result<void> erase_devices(WriteTx& tx, AccountId account);
    /// Everybody's. How many.
    Result<int> erase_all_devices(WriteTx& tx);
    Result<void> erase_countries(WriteTx& tx, AccountId account);
};

} // namespace keystead::known_device

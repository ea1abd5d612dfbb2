#include "features/known_device/known_device_store.h"

namespace keystead::known_device {

Result<bool> KnownDeviceStore::has_device(ReadTx& tx, AccountId account, const Digest& token)
{
    KS_TRY(const auto row,
           tx.query_one("SELECT 1 FROM known_device WHERE account_id = $1 AND token_digest = $2",
                        account, token));
    return row.has_value();
}

Result<bool> KnownDeviceStore::add_device(WriteTx& tx, AccountId account, const Digest& token,
                                          Instant now)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO known_device (account_id, token_digest, created_at) "
                   "VALUES ($1, $2, $3) ON CONFLICT (account_id, token_digest) DO NOTHING",
                   account, token, now));
    return rows == 1;
}

Result<std::optional<Instant>> KnownDeviceStore::find_device(ReadTx& tx, AccountId account,
                                                             const Digest& token)
{
    KS_TRY(const auto row, tx.query_one("SELECT created_at FROM known_device "
                                        "WHERE account_id = $1 AND token_digest = $2",
                                        account, token));
    return row ? std::optional(row->time(0)) : std::nullopt;
}

Result<bool> KnownDeviceStore::add_country(WriteTx& tx, AccountId account,
                                           std::string_view country_code, Instant now)
{
    KS_TRY(const int rows,
           tx.exec("INSERT INTO known_country (account_id, country_code, first_seen_at) "
                   "VALUES ($1, $2, $3) ON CONFLICT (account_id, country_code) DO NOTHING",
                   account, country_code, now));
    return rows == 1;
}

Result<std::vector<KnownCountry>> KnownDeviceStore::list_countries(ReadTx& tx, AccountId account)
{
    KS_TRY(const auto rows, tx.query("SELECT country_code, first_seen_at FROM known_country "
                                     "WHERE account_id = $1 ORDER BY first_seen_at, country_code",
                                     account));
    std::vector<KnownCountry> countries;
    for (const auto& row : rows) {
        countries.push_back({std::string(row.text(0)), row.time(1)});
    }
    return countries;
}

Result<void> KnownDeviceStore::trim_devices(WriteTx& tx, AccountId account, int kept)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM known_device WHERE account_id = $1 AND token_digest NOT IN "
                   "(SELECT token_digest FROM known_device WHERE account_id = $1 "
                   "ORDER BY created_at DESC, token_digest LIMIT $2)",
                   account, kept));
    return {};
}

Result<void> KnownDeviceStore::erase_devices(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM known_device WHERE account_id = $1", account));
    return {};
}

Result<int> KnownDeviceStore::erase_all_devices(WriteTx& tx)
{
    return tx.exec("DELETE FROM known_device");
}

Result<void> KnownDeviceStore::erase_countries(WriteTx& tx, AccountId account)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM known_country WHERE account_id = $1", account));
    return {};
}

} // namespace keystead::known_device

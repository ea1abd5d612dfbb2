// features/api_token/api_token_store.h
//
// The SQL of API tokens, one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/set_back.h"
#include "features/api_token/api_token.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keystead::api_token {

/// Where a token was last used from.
struct LastUse {
    Instant at{};
    std::string ip;
    std::int64_t place_kind = 0; // place::PlaceKind
    std::string country_code;
    std::string city;
};

/// A token as its owner sees it in a list.
struct Listed {
    ApiToken token;
    std::optional<Instant> old_secret_ends_at;
    std::optional<LastUse> last_use;
};

struct Secretless {
    Digest digest{};
    std::optional<Instant> ends_at; // of the older of two
};

/// A secret with its token.
struct Held {
    ApiToken token;
    Secretless secret;
};

struct Counted {
    TokenId token;
    std::int64_t day = 0;
    TokenUse kind = TokenUse::Api;
    std::int64_t uses = 0;
};

struct ApiTokenStore {
    Result<void> insert(WriteTx& tx, const ApiToken& token);
    Result<void> insert_secret(WriteTx& tx, TokenId token, const Digest& digest, Instant now);
    Result<std::int64_t> count_live(ReadTx& tx, AccountId account, Instant now);
    Result<std::optional<ApiToken>> find(ReadTx& tx, AccountId account, TokenId id);
    Result<std::optional<Held>> find_by_digest(ReadTx& tx, const Digest& digest);
    Result<std::vector<Secretless>> list_secrets(ReadTx& tx, TokenId id);
    /// With last use and the old secret's end, newest first.
    Result<std::vector<Listed>> list(ReadTx& tx, AccountId account, int limit);
    Result<std::vector<ApiToken>> list_over(ReadTx& tx, Instant expired_before, int limit);
    Result<std::vector<TokenId>> list_made_in(ReadTx& tx, AccountId account, SessionId session);
    Result<std::vector<Digest>> list_digests(ReadTx& tx, AccountId account);
    Result<std::vector<Digest>> list_all_digests(ReadTx& tx);

    /// The current secret gets an end.
    Result<void> end_current_secret(WriteTx& tx, TokenId id, Instant ends_at);
    Result<void> remove_secret(WriteTx& tx, const Digest& digest);
    /// Answers whether there was one.
    Result<bool> remove(WriteTx& tx, AccountId account, TokenId id);
    Result<std::vector<Digest>> remove_secrets(WriteTx& tx, TokenId id);
    Result<int> suspend_all(WriteTx& tx, Instant now);
    Result<int> suspend_of(WriteTx& tx, AccountId account, Instant now);
    /// In order of their ids.
    Result<std::vector<AccountId>> list_suspended_accounts(ReadTx& tx, AccountId after, int limit);
    /// Those that had expired by `clock.seen` and would not have by `clock.wall`. Whose.
    Result<std::vector<AccountId>> suspend_expired(WriteTx& tx, const SetBack& clock);
    /// Old secrets that had ended by then.
    Result<void> remove_ended_secrets(WriteTx& tx, Instant moment);
    /// Tokens and secrets made later than that were made then, and live as long.
    Result<void> rebase(WriteTx& tx, Instant moment);
    Result<bool> confirm(WriteTx& tx, AccountId account, TokenId id);

    Result<std::vector<Counted>> list_days(ReadTx& tx, AccountId account, std::int64_t since_day);
    Result<void> record_use(UpkeepTx& tx, TokenId id, const LastUse& use);
    Result<void> add_uses(UpkeepTx& tx, const Counted& counted);
    Result<void> sweep_uses(UpkeepTx& tx, std::int64_t before_day);
};

} // namespace keystead::api_token

// features/session/session_store.h
//
// The SQL of sessions, one method a statement.
#pragma once

#include "features/session/session.h"
#include "storage/database.h"

#include <optional>
#include <vector>

namespace keystead::session {

/// A run of sessions by id: behind `after`, up to `last`.
struct SessionSlice {
    SessionId after;
    SessionId last;
    bool is_end = false; // none follow
};

struct SessionStore {
    Result<void> insert(WriteTx& tx, const Session& session);
    Result<std::optional<Session>> find_by_token(ReadTx& tx, const Digest& token);
    Result<std::optional<Session>> find(ReadTx& tx, AccountId account, SessionId id);
    /// All of an account, newest first, expired ones too; `limit` at most.
    Result<std::vector<Session>> list(ReadTx& tx, AccountId account, int limit);
    /// How many of the account's sessions are not over at `now`.
    Result<std::int64_t> count_live(ReadTx& tx, AccountId account, Instant now);
    /// The account's live session that has been silent longest.
    Result<std::optional<Session>> find_stalest(ReadTx& tx, AccountId account, Instant now);
    /// Gives the session a new token, if it still holds the old one; answers whether it did.
    Result<bool> replace_token(WriteTx& tx, const Session& renewed, const Digest& old_token);
    Result<void> set_device_known_since(WriteTx& tx, SessionId id, Instant since);
    Result<std::optional<Digest>> set_must_authenticate(WriteTx& tx, AccountId account,
                                                        SessionId id);

    /// The three ways to end sessions answer the tokens of the rows they removed.
    Result<std::optional<Digest>> remove(WriteTx& tx, AccountId account, SessionId id);
    Result<std::vector<Digest>> remove_others(WriteTx& tx, AccountId account, SessionId kept);
    /// The named session, those of the browser it began in, and those of browsers that the account
    /// does not know, or knows only since `since`.
    struct Removed {
        SessionId id;
        Digest token;
    };
    Result<std::vector<Removed>> remove_unfamiliar(WriteTx& tx, AccountId account, SessionId named,
                                                   Instant since);
    Result<std::vector<Digest>> remove_all(WriteTx& tx, AccountId account);
    /// Those begun or authenticated after that.
    Result<std::vector<Digest>> remove_begun_after(WriteTx& tx, Instant moment);
    /// Of everyone; how many there were.
    /// Those authenticated in that time were authenticated at its beginning.
    Result<void> make_stale(WriteTx& tx, Instant from, Instant to);
    /// No last activity is later than that.
    Result<void> bound_activity(WriteTx& tx, Instant moment);
    Result<int> remove_of_everyone(WriteTx& tx);
    /// The tokens of an account's sessions, for whoever must drop them from memory.
    Result<std::vector<Digest>> list_tokens(ReadTx& tx, AccountId account);

    Result<void> record_activity(UpkeepTx& tx, SessionId id, Instant last_active_at);
    /// The next so many sessions behind that one, in the order of ids.
    Result<SessionSlice> slice_after(ReadTx& tx, SessionId after, int sessions);
    /// Those of a slice that have been silent too long at `now`, in the order of ids, at most
    /// `limit`.
    Result<std::vector<Session>> list_idle(ReadTx& tx, const SessionSlice& slice, Instant now,
                                           int limit);
    /// Some whose lifetime is over at `now`, at most `limit`.
    Result<std::vector<Session>> list_expired(ReadTx& tx, Instant now, int limit);
    Result<void> sweep_activity(UpkeepTx& tx, const SessionSlice& slice);
};

} // namespace keystead::session

// features/link/link_store.h
//
// The table of one-time links: one method a statement.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "core/set_back.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::link {

/// Stored by number; a number is never used again.
enum class Purpose : std::uint8_t {
    SignUp = 1,
    Invitation = 2,
    SetUp = 3,
    Recovery = 4,
    EmailChange = 5,
    EmailUndo = 6,
    NotificationAddress = 7,
    NotMe = 8,
    FactorResetObjection = 9,
};

/// Inert: a row like any other that no token opens, written where there is nobody to write it for.
enum class Effect : std::uint8_t { Usable = 1, Inert = 2 };

/// What a link is bound to.
struct Binding {
    std::optional<AccountId> account;
    std::string address;   // canonical, or empty
    std::string reference; // or empty
    Instant expires_at;
};

struct LinkRow {
    LinkId id;
    Digest digest;
    Digest slot; // what at most one live link exists for
    Purpose purpose;
    Effect effect;
    std::optional<AccountId> account;
    std::string_view address;
    std::string_view reference;
    Instant made_at;
    Instant expires_at;
};

class LinkStore {
public:
    /// Puts the row into its slot, whatever link was there.
    Result<void> replace(WriteTx& tx, const LinkRow& row);
    Result<std::optional<Binding>> spend(WriteTx& tx, LinkId id, const Digest& digest,
                                         Purpose purpose, Instant now);
    Result<std::optional<Binding>> find(ReadTx& tx, LinkId id, const Digest& digest,
                                        Purpose purpose, Instant now);
    Result<void> end_requests_of(WriteTx& tx, AccountId account, Instant now);
    Result<void> end_purpose_of(WriteTx& tx, AccountId account, Purpose purpose, Instant now);
    Result<void> end_purpose(WriteTx& tx, Purpose purpose, Instant now);
    /// How many were still open.
    Result<int> end_all(WriteTx& tx, Instant now);
    /// Ends at `clock.wall` what had expired by `clock.seen`. How many.
    Result<int> end_expired(WriteTx& tx, const SetBack& clock);
    /// Those made later than that are made then, and live as long as before.
    Result<void> rebase(WriteTx& tx, Instant moment);
    Result<void> remove_of(WriteTx& tx, AccountId account, std::string_view address);
    /// How many rows went.
    Result<int> remove_ended_before(WriteTx& tx, Instant before);
};

} // namespace keystead::link

// features/notify/outbox_store.h
//
// SQL of the outbox. One method a statement; decides nothing.
#pragma once

#include "core/bytes.h"
#include "core/clock.h"
#include "core/id.h"
#include "core/result.h"
#include "features/notify/mail_templates.h"
#include "features/notify/message.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keystead::notify {

/// Stored: never renumber.
enum class OutboxState : std::uint8_t { Waiting = 1, Sent = 2, Merged = 3, GivenUp = 4 };

struct OutboxRow {
    MessageId id;
    std::optional<AccountId> account;
    Purpose purpose = Purpose::SignUpLink;
    Place place = Place::Other;
    Digest address_digest = {};
    Instant created_at;
    Instant due_at;
    std::optional<Instant> admitted_at;
    std::uint32_t attempts = 0;
    Bytes payload;
};

/// Mails of the last hour.
struct RecentLinks {
    std::int64_t all = 0;
    std::int64_t own = 0; // of them, asked for by one account
    std::optional<Instant> newest;
};

class OutboxStore {
public:
    /// Nobody else counts this address's mails until the transaction ends.
    Result<void> lock_address(WriteTx& tx, const Digest& address_digest, Instant now);
    Result<RecentLinks> count_links(ReadTx& tx, const Digest& address_digest, Purpose purpose,
                                    Purpose otherwise, AccountId asked_by, Instant since);
    Result<void> delete_addresses_before(ChangeTx& tx, Instant before);
    /// A new row, waiting; `attempts` and `admitted_at` are not looked at.
    Result<void> insert(ChangeTx& tx, const OutboxRow& row);
    /// Waiting and due at `now`, the longest due first.
    Result<std::vector<OutboxRow>> list_due(ReadTx& tx, Place place, Instant now,
                                            std::uint32_t limit);
    /// How many messages of any purpose an address was admitted since `since`.
    Result<std::int64_t> count_admitted(ReadTx& tx, const Digest& address_digest, Instant since);
    Result<void> set_place(ChangeTx& tx, MessageId id, Place place);
    /// How many messages of a purpose an address was admitted since `since`.
    Result<std::int64_t> count_admitted(ReadTx& tx, const Digest& address_digest, Purpose purpose,
                                        Instant since);
    /// Counts an attempt and puts the message off until `due_at`. False if it is not waiting any
    /// more.
    Result<bool> claim(ChangeTx& tx, MessageId id, Instant now, Instant due_at);
    /// What is claimed is due now. How many messages.
    Result<int> release_claims(ChangeTx& tx, Instant now);
    Result<void> put_off(ChangeTx& tx, MessageId id, Instant due_at, std::string_view last_error);
    /// The payload is erased with it.
    Result<void> finish(ChangeTx& tx, MessageId id, OutboxState state, Instant now,
                        std::string_view last_error);
    /// No time of a message is later than that. How many messages.
    Result<int> bound_times(ChangeTx& tx, Instant moment);
    /// Every message that waits: given up, its payload erased. How many.
    Result<int> give_up_waiting(ChangeTx& tx, Instant now, std::string_view last_error);
    Result<void> delete_finished_before(ChangeTx& tx, Instant before);
    Result<void> delete_finished_of(ChangeTx& tx, AccountId account);
    Result<void> detach(ChangeTx& tx, AccountId account);
};

} // namespace keystead::notify

// features/notify/outbox_sender.h
//
// Sends what waits in the outbox. A job: after each wake-up and about every ten seconds. Delivered
// at least once: a message whose answer was lost is sent again with the same Message-ID. Grave
// notices leave first; a quarter of each batch is kept for the rest. An address that had many of
// them within the hour waits with the rest, so that nobody's flood holds up anybody else's.
//
//     waiting ──claim──▶ in delivery ──▶ sent
//        ▲ │                  │
//        │ └─ enough of it ─▶ merged      (sign-in notices beyond some an hour, decided
//        here, where nothing races) └──── later ◀────────┴─ 3 days old ─▶ given up
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "core/settings.h"
#include "crypto/keys.h"
#include "features/notify/mail_transport.h"
#include "features/notify/outbox_store.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace keystead::notify {

class OutboxSender {
public:
    /// `report` is told of each delivery that did not succeed, for the log; it must not throw.
    using Report = std::function<void(MessageId, std::string_view cause)>;

    OutboxSender(Database& database, const crypto::KeyRing& keys, MailTransport& transport,
                 const Settings& settings, Report report = {});

    struct Summary {
        std::uint32_t sent = 0;
        std::uint32_t merged = 0;
        std::uint32_t failed = 0; // put off or given up
        bool more = false;        // the batch was full: call again
    };
    /// One batch. One at a time, whoever calls.
    Result<Summary> run_once(Instant now);

    /// What the process before this one was sending when it was killed is due again. Before the
    /// first run: one server alone has the database (the node's lock on either engine), so that
    /// nobody is sending any of it. How many messages.
    Result<int> release_claims(Instant now);

    /// How long after the n-th attempt (from 1) the next one comes.
    static std::chrono::seconds backoff(std::uint32_t attempts);

private:
    Result<std::vector<OutboxRow>> list_due(ReadTx& tx, Instant now, bool& more);
    Result<bool> is_too_much(ChangeTx& tx, OutboxRow& row, Instant now, std::uint32_t& merged);
    Result<std::vector<OutboxRow>> claim(Instant now, Summary& summary);
    Result<void> deliver(const OutboxRow& row, Instant now, Summary& summary, bool& reachable);
    Delivery attempt(const OutboxRow& row);
    Result<void> sweep(Instant now);

    Database& database_;
    const crypto::KeyRing& keys_;
    MailTransport& transport_;
    Report report_;
    std::string product_name_;
    std::string from_name_;
    std::string from_address_;
    std::string base_url_;
    std::string support_url_;
    std::uint32_t per_hour_max_;
    OutboxStore store_;
    std::mutex one_at_a_time_;
};

} // namespace keystead::notify

#include "features/notify/outbox_sender.h"

#include "features/notify/mail_message.h"
#include "features/notify/mail_templates.h"
#include "features/notify/message_payload.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

namespace keystead::notify {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint32_t kBatchMax = 16;
// Longer than a whole batch can take, so that nothing claimed is claimed again while it is being
// sent.
constexpr minutes kClaim{15};
constexpr std::int64_t kGraveAnHour = 30; // that go first, of an address
constexpr hours kGiveUpAfter{72};
constexpr hours kKeepFinished{24};
constexpr std::array<std::chrono::seconds, 5> kBackoff = {minutes{1}, minutes{5}, minutes{30},
                                                          hours{2}, hours{8}};

} // namespace

OutboxSender::OutboxSender(Database& database, const crypto::KeyRing& keys,
                           MailTransport& transport, const Settings& settings, Report report)
    : database_(database), keys_(keys), transport_(transport), report_(std::move(report)),
      product_name_(settings.product.name),
      from_name_(settings.mail.from_name.empty() ? settings.product.name : settings.mail.from_name),
      from_address_(settings.mail.from_address),
      base_url_(settings.server.base_url + settings.server.base_path),
      support_url_(settings.product.support_url), per_hour_max_(settings.mail.per_hour_max)
{
}

std::chrono::seconds OutboxSender::backoff(std::uint32_t attempts)
{
    return kBackoff[std::clamp<std::size_t>(attempts, 1, kBackoff.size()) - 1];
}

Result<OutboxSender::Summary> OutboxSender::run_once(Instant now)
{
    const std::lock_guard lock(one_at_a_time_);
    Summary summary;
    KS_TRY(const std::vector<OutboxRow> claimed, claim(now, summary));
    bool reachable = true;
    for (const OutboxRow& row : claimed) {
        if (!reachable) { // A server that is not there is not asked sixteen times. Next time these
                          // come first.
            summary.failed += 1;
            KS_CHECK(database_.upkeep([&](UpkeepTx& tx) {
                return store_.put_off(tx, row.id, now + kBackoff.front(), "not tried: no server");
            }));
            continue;
        }
        KS_CHECK(deliver(row, now, summary, reachable));
    }
    if (claimed.empty()) {
        KS_CHECK(sweep(now));
    }
    summary.more = reachable && summary.more;
    return summary;
}

Result<int> OutboxSender::release_claims(Instant now)
{
#ifndef KEYSTEAD_WITHOUT_RELEASED_CLAIMS
    return database_.upkeep([&](UpkeepTx& tx) { return store_.release_claims(tx, now); });
#else
    static_cast<void>(now);
    return 0;
#endif
}

Result<std::vector<OutboxRow>> OutboxSender::list_due(ReadTx& tx, Instant now, bool& more)
{
    constexpr std::uint32_t kGraveMax = kBatchMax - kBatchMax / 4;
    KS_TRY(std::vector<OutboxRow> due, store_.list_due(tx, Place::Grave, now, kGraveMax));
    const auto room = kBatchMax - static_cast<std::uint32_t>(due.size());
    KS_TRY(std::vector<OutboxRow> others, store_.list_due(tx, Place::Other, now, room));
    more = due.size() == kGraveMax || others.size() == room;
    std::ranges::move(others, std::back_inserter(due));
    return due;
}

Result<bool> OutboxSender::is_too_much(ChangeTx& tx, OutboxRow& row, Instant now,
                                       std::uint32_t& merged)
{
    if (row.admitted_at) {
        return false;
    }
    if (may_merge(row.purpose)) {
        KS_TRY(const std::int64_t admitted,
               store_.count_admitted(tx, row.address_digest, row.purpose, now - hours{1}));
        if (admitted >= per_hour_max_) {
            KS_CHECK(store_.finish(tx, row.id, OutboxState::Merged, now, ""));
            merged += 1;
            return true;
        }
    }
    if (row.place == Place::Grave) {
        KS_TRY(const std::int64_t admitted,
               store_.count_admitted(tx, row.address_digest, now - hours{1}));
        if (admitted >= kGraveAnHour) {
            KS_CHECK(store_.set_place(tx, row.id, Place::Other));
            return true;
        }
    }
    return false;
}

Result<std::vector<OutboxRow>> OutboxSender::claim(Instant now, Summary& summary)
{
    struct Claimed {
        std::vector<OutboxRow> rows;
        std::uint32_t merged = 0;
        bool more = false;
    };
    auto outcome = database_.upkeep([&](UpkeepTx& tx) -> Result<Claimed> {
        Claimed claimed;
        KS_TRY(std::vector<OutboxRow> due, list_due(tx, now, claimed.more));
        for (OutboxRow& row : due) {
            KS_TRY(const bool too_much, is_too_much(tx, row, now, claimed.merged));
            if (too_much) {
                claimed.more = true; // Where it was put, it is looked at again.
                continue;
            }
            KS_TRY(const bool ours, store_.claim(tx, row.id, now, now + kClaim));
            if (ours) {
                row.attempts += 1;
                claimed.rows.push_back(std::move(row));
            }
        }
        return claimed;
    });
    KS_TRY(Claimed claimed, std::move(outcome));
    summary.merged = claimed.merged;
    summary.more = claimed.more;
    return std::move(claimed.rows);
}

Delivery OutboxSender::attempt(const OutboxRow& row)
{
    const auto opened =
        keys_.open(crypto::KeyPurpose::OutboxSeal, "outbox/" + row.id.text(), row.payload);
    if (!opened) {
        return {Delivery::Outcome::Refused, opened.error().cause};
    }
    const auto payload = decode_payload(*opened);
    if (!payload) {
        return {Delivery::Outcome::Refused, payload.error().cause};
    }
    Wording wording =
        word(row.purpose, *payload, row.created_at,
             {.product_name = product_name_, .base_url = base_url_, .support_url = support_url_});
    auto composed = compose({.from_name = from_name_,
                             .from_address = from_address_,
                             .to = std::string(payload->to),
                             .subject = std::move(wording.subject),
                             .text = std::move(wording.text),
                             .html = std::move(wording.html),
                             .message_id = row.id.text(),
                             .date = row.created_at});
    if (!composed) {
        return {Delivery::Outcome::Refused, composed.error().cause};
    }
    Secret text = Secret::copy_of(std::string_view(*composed));
    explicit_bzero(composed->data(), composed->size());
    return transport_.send({.from = from_address_,
                            .to = std::string(payload->to),
                            .message_id = row.id.text(),
                            .text = std::move(text)});
}

Result<void> OutboxSender::deliver(const OutboxRow& row, Instant now, Summary& summary,
                                   bool& reachable)
{
    const Delivery delivery = attempt(row);
    const bool sent = delivery.outcome == Delivery::Outcome::Sent;
    reachable = delivery.outcome != Delivery::Outcome::Unreachable;
    (sent ? summary.sent : summary.failed) += 1;
    if (!sent && report_) {
        report_(row.id, delivery.cause);
    }
    const Instant next = now + backoff(row.attempts);
    const bool too_old = next > row.created_at + kGiveUpAfter;
    return database_.upkeep([&](UpkeepTx& tx) {
        if (!sent && !too_old) {
            return store_.put_off(tx, row.id, next, delivery.cause);
        }
        return store_.finish(tx, row.id, sent ? OutboxState::Sent : OutboxState::GivenUp, now,
                             delivery.cause);
    });
}

Result<void> OutboxSender::sweep(Instant now)
{
    return database_.upkeep([&](UpkeepTx& tx) -> Result<void> {
        KS_CHECK(store_.delete_addresses_before(tx, now - kKeepFinished));
        return store_.delete_finished_before(tx, now - kKeepFinished);
    });
}

} // namespace keystead::notify

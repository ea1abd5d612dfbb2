#include "features/product_event/product_event_service.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>

namespace keystead::product_event {
namespace {

using audit::Detail;

Error at_event(Error error, std::size_t index, std::string_view member)
{
    error.fields = {
        {"/events/" + std::to_string(index) + std::string(member), error.code, error.detail}};
    return error;
}

} // namespace

Digest ProductEventService::digest_of(std::string_view what, std::string_view text) const
{
    return crypto::hmac_sha256(
        p_.keys.key(crypto::KeyPurpose::IdentifierDigest),
        as_bytes("product-event\n" + std::string(what) + "\n" + std::string(text)));
}

// Until the end nobody erases them: what is recorded of a person is erased with the person. Always
// in one order, so that two requests do not wait for each other.
Result<void> ProductEventService::lock_accounts(WriteTx& tx,
                                                const std::vector<ProductEvent>& events)
{
    std::map<AccountId, std::size_t> first;
    for (std::size_t i = 0; i < events.size(); ++i) {
        first.try_emplace(events[i].account, i);
    }
    for (const auto& one : first) {
        KS_CHECK(tx.lock(one.first));
        KS_TRY(const auto account, p_.accounts.find(tx, one.first));
        if (!account) {
            return at_event(
                {ErrorKind::InvalidInput, "product-event/no-account", "There is no such account."},
                one.second, "/account");
        }
    }
    return {};
}

Result<Recorded> ProductEventService::claim(WriteTx& tx, const Actor& client,
                                            const ProductEvent& event, std::size_t index)
{
    const Instant now = p_.clock.now();
    std::string whose;
#ifndef KEYSTEAD_WITHOUT_PRODUCT_EVENT_OWN_IDS
    whose = client.client.text() + "\n"; // Nobody takes an id before another program tells it.
#endif
    const KnownEvent wanted{.id_digest = digest_of("id", whose + event.id),
                            .id = ProductEventId::make(now, p_.random),
                            .account = event.account,
                            .content = digest_of("content", content_of(event))};
    KS_TRY(const bool first, p_.store.insert(tx, wanted, now));
#ifndef KEYSTEAD_WITHOUT_PRODUCT_EVENT_ONCE
    if (!first) {
        KS_TRY(const auto known, p_.store.find(tx, wanted.id_digest));
        if (!known || known->content != wanted.content) {
            return at_event({ErrorKind::Conflict, "product-event/id-taken",
                             "An event of that id was told before, and said something else."},
                            index, "/id");
        }
        return Recorded{known->id, Recorded::Kind::Repeated};
    }
#else
    static_cast<void>(first);
    static_cast<void>(index);
#endif
    return Recorded{wanted.id, Recorded::Kind::New};
}

Result<void> ProductEventService::append(WriteTx& tx, const Actor& client,
                                         const ProductEvent& event, ProductEventId id)
{
    // The circumstances are those of the person. Where the client itself called from, the access
    // log says under the same request id.
    Actor actor = client;
    actor.ip = event.ip;
    actor.client_description = {.user_agent = event.user_agent};
    std::vector<Detail> details = {
        {"occurred_at", rfc3339(event.at)},
        {"type", event.type, Detail::Kind::Personal},
        {"summary", event.summary, Detail::Kind::Personal},
        {"external_id", event.id, Detail::Kind::Personal},
    };
    if (!event.link.empty()) {
        details.push_back({"link", event.link, Detail::Kind::Personal});
    }
    if (event.amount) {
        details.push_back(
            {"minor_units", std::to_string(event.amount->minor_units), Detail::Kind::Personal});
        details.push_back({"currency", event.amount->currency, Detail::Kind::Personal});
    }
    if (!event.data.empty()) {
        details.push_back({"data", event.data, Detail::Kind::Personal});
    }
    return p_.audit.append(tx, {.actor = actor,
                                .action = kAction,
                                .account = event.account,
                                .target = {"product-event", id.text()},
                                .details = std::move(details)});
}

Result<std::vector<Recorded>> ProductEventService::record(WriteTx& tx, const Actor& client,
                                                          const std::vector<ProductEvent>& events)
{
    KS_CHECK(lock_accounts(tx, events));
    // Ids are claimed in one order too, and recorded in the product's.
    std::vector<std::size_t> order(events.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {},
                             [&](std::size_t i) { return std::string_view(events[i].id); });
    std::vector<Recorded> recorded(events.size());
    for (const std::size_t i : order) {
        KS_TRY(recorded[i], claim(tx, client, events[i], i));
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (recorded[i].kind == Recorded::Kind::New) {
            KS_CHECK(append(tx, client, events[i], recorded[i].id));
        }
    }
    return recorded;
}

Result<void> ProductEventService::sweep(Database& db, Instant now)
{
    const Instant older_than = now - p_.retention - std::chrono::hours{24};
    return db.upkeep([&](UpkeepTx& tx) { return p_.store.sweep(tx, older_than); });
}

} // namespace keystead::product_event

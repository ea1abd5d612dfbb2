#include "features/audit/audit_reader_service.h"

#include "core/encoding.h"
#include "crypto/hash.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace keystead::audit {

namespace {

Error event_damaged(std::uint64_t leaf)
{
    return {.code = "audit/event-damaged",
            .cause = "the event of entry " + std::to_string(leaf) + " cannot be read"};
}

Result<void> add_values(LogEvent& event, StoredValues& stored)
{
    auto values = decode_values(stored.contents);
    if (!values) {
        return event_damaged(event.leaf);
    }
    std::ranges::move(*values, std::back_inserter(event.values));
    if (stored.ip_digest) {
        event.ip_digests.push_back(*stored.ip_digest);
    }
    return {};
}

/// Decodes what was stored and puts its values beside it.
Result<std::vector<LogEvent>> complete(ReadTx& tx, AuditStore& store,
                                       std::vector<NumberedEvent> stored)
{
    std::vector<LogEvent> events;
    events.reserve(stored.size());
    std::vector<EventId> ids;
    std::map<EventId, std::size_t> places;
    for (NumberedEvent& one : stored) {
        auto event = decode_event(one.canonical);
        if (!event) {
            return event_damaged(one.leaf_index);
        }
        places.emplace(event->id, events.size());
        ids.push_back(event->id);
        events.push_back({.leaf = one.leaf_index,
                          .nonce = std::move(one.nonce),
                          .canonical = std::move(one.canonical),
                          .event = *std::move(event),
                          .values = {},
                          .ip_digests = {}});
    }
    for (std::size_t at = 0; at < ids.size(); at += AuditStore::kAtOnceMax) {
        const std::span<const EventId> some =
            std::span(ids).subspan(at, std::min(AuditStore::kAtOnceMax, ids.size() - at));
        KS_TRY(auto values, store.list_values_of(tx, some));
        for (StoredValues& value : values) {
            KS_CHECK(add_values(events[places.at(value.event)], value));
        }
    }
    for (LogEvent& event : events) {
        std::ranges::sort(event.values, {}, &PersonalValue::position);
    }
    return events;
}

} // namespace

Digest ip_digest(const crypto::KeyRing& keys, const IpAddress& ip)
{
    return crypto::hmac_sha256(keys.key(crypto::KeyPurpose::IdentifierDigest),
                               as_bytes("ip:" + ip.text()));
}

Digest AuditReader::digest_of(const IpAddress& ip) const
{
    return ip_digest(keys_, ip);
}

Result<std::uint64_t> AuditReader::tree_size(ReadTx& tx) const
{
    KS_TRY(const TreeHead head, store_.load_head(tx));
    return head.size;
}

Result<std::uint64_t> AuditReader::first_leaf(ReadTx& tx) const
{
    KS_TRY(const auto first, store_.find_first_leaf(tx));
    return first ? *first : tree_size(tx);
}

Result<std::vector<LogEvent>> AuditReader::list_range(ReadTx& tx, std::uint64_t first,
                                                      std::uint64_t count) const
{
    KS_TRY(auto stored, store_.list_numbered(tx, first, first + count));
    return complete(tx, store_, std::move(stored));
}

Result<std::vector<LogEvent>> AuditReader::list_leaves(ReadTx& tx,
                                                       std::span<const std::uint64_t> leaves) const
{
    if (leaves.empty()) {
        return std::vector<LogEvent>{};
    }
    KS_TRY(auto stored, store_.list_leaves(tx, leaves));
    return complete(tx, store_, std::move(stored));
}

Result<std::optional<LogEvent>> AuditReader::find(ReadTx& tx, EventId id) const
{
    KS_TRY(auto stored, store_.list_of_id(tx, id));
    KS_TRY(auto events, complete(tx, store_, std::move(stored)));
    return events.empty() ? std::nullopt : std::optional(std::move(events.front()));
}

Result<std::vector<IpMark>> AuditReader::list_ip_marks(ReadTx& tx, AccountId subject) const
{
    KS_TRY(const auto stored, store_.list_ip_digests_of(tx, subject));
    std::vector<IpMark> marks;
    marks.reserve(stored.size());
    for (const auto& one : stored) {
        marks.push_back({.leaf = one.leaf_index, .digest = one.digest});
    }
    return marks;
}

} // namespace keystead::audit

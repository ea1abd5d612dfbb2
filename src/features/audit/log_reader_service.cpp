#include "features/audit/log_reader_service.h"

#include "core/result.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace keystead::audit {
namespace {

Result<std::vector<Digest>> load_tile(ReadTx& tx, TileAddress address)
{
    AuditStore store;
    KS_TRY(auto hashes, store.find_tile(tx, address));
    if (!hashes) {
        return Error{.code = "audit/tree-damaged", .cause = "a tile of the audit tree is missing"};
    }
    return *std::move(hashes);
}

} // namespace

Result<TreeHead> LogReaderService::head(ReadTx& tx)
{
    return AuditStore{}.load_head(tx);
}

Result<std::optional<std::vector<Digest>>> LogReaderService::find_tile(ReadTx& tx,
                                                                       TileAddress address)
{
    return AuditStore{}.find_tile(tx, address);
}

Result<Digest> LogReaderService::root_at(ReadTx& tx, std::uint64_t size)
{
    KS_TRY(const TreeHead tree, head(tx));
    if (size > tree.size) {
        return Error{ErrorKind::NotFound, "audit/no-such-leaf", "The log has no such entry."};
    }
    const auto load = [&](TileAddress address) { return load_tile(tx, address); };
    const auto read = [&](merkle::Node node) { return node_from_tiles(node, load); };
    return merkle::root_of(size, read);
}

Result<std::vector<Digest>> LogReaderService::inclusion(ReadTx& tx, std::uint64_t leaf_index,
                                                        std::uint64_t size)
{
    const auto load = [&](TileAddress address) { return load_tile(tx, address); };
    const auto read = [&](merkle::Node node) { return node_from_tiles(node, load); };
    return merkle::inclusion_proof(leaf_index, size, read);
}

Result<LoggedEvent> LogReaderService::load_event(ReadTx& tx, EventId id,
                                                 std::optional<AccountId> subject)
{
    AuditStore store;
    KS_TRY(auto stored, store.find_event(tx, id));
    if (!stored) {
        return Error{ErrorKind::NotFound, "audit/event-not-found", "There is no such event."};
    }
    if (!stored->leaf_index) {
        return Error{.kind = ErrorKind::Unavailable,
                     .code = "audit/not-numbered",
                     .detail = "The event has no place in the log yet: ask again in a second.",
                     .retry_after = std::chrono::seconds{1}};
    }
    LoggedEvent event{.leaf_index = *stored->leaf_index,
                      .nonce = std::move(stored->nonce),
                      .canonical = std::move(stored->canonical),
                      .account = stored->account.value_or(AccountId{})};
    KS_TRY(const auto contents, store.list_values_of_event(tx, id, subject));
    for (const Bytes& part : contents) {
        auto values = decode_values(part);
        if (!values) {
            return Error{.code = "audit/event-damaged",
                         .cause = "values of audit event " + id.text() + " cannot be read"};
        }
        std::ranges::move(*values, std::back_inserter(event.values));
    }
    return event;
}

} // namespace keystead::audit

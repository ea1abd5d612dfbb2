#include "features/audit/audit_sequencer.h"

#include "features/audit/canonical_event.h"
#include "features/audit/tiles.h"

#include <utility>
#include <vector>

namespace keystead::audit {

Result<std::size_t> AuditSequencer::number(ChangeTx& tx)
{
    AuditStore store;
    KS_TRY(const TreeHead head, store.lock_head(tx));
    KS_TRY(const std::vector<NumberedEvent> events, store.number_events(tx, head.size, kBatchMax));
    if (events.empty()) {
        return std::size_t{0};
    }
    const auto load = [&](TileAddress address) -> Result<std::vector<Digest>> {
        KS_TRY(auto hashes, store.find_tile(tx, address));
        if (!hashes) {
            return Error{.code = "audit/tree-damaged",
                         .cause = "a tile of the audit tree is missing"};
        }
        return *std::move(hashes);
    };
    KS_TRY(RightEdge edge, RightEdge::load(head.size, load));
    for (const NumberedEvent& event : events) {
        if (event.leaf_index != edge.size()) {
            return Error{.code = "audit/tree-damaged", .cause = "events were numbered with a gap"};
        }
        edge.append(log_entry(event.nonce, event.canonical));
    }
    for (const Tile& tile : edge.changed_tiles()) {
        KS_CHECK(store.put_tile(tx, tile));
    }
    KS_CHECK(store.update_head(tx, {.size = edge.size(), .root = edge.root()}));
    return events.size();
}

Result<void> AuditSequencer::before_commit(WriteTx& tx)
{
    KS_TRY([[maybe_unused]] const std::size_t count, number(tx));
    return {};
}

Result<void> AuditSequencer::run_once(Instant)
{
    const auto number_some = [](WriteTx& tx) -> Result<std::size_t> {
        KS_TRY(const std::size_t count, number(tx));
        tx.audit_recorded(); // Numbering is the log's own work: it adds no event about itself.
        return count;
    };
    for (;;) {
        KS_TRY(const std::size_t numbered, database_.write(number_some));
        if (numbered < kBatchMax) {
            return {};
        }
    }
}

} // namespace keystead::audit

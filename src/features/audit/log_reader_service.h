// features/audit/log_reader_service.h
//
// Reads the log as the tree has it: head, tiles, single events with what is left of their personal
// values. For the slices that hand the log out; decides nothing about who may see it. Stateless.
#pragma once

#include "core/result.h"
#include "features/audit/audit_store.h"
#include "features/audit/canonical_event.h"
#include "features/audit/merkle.h"
#include "features/audit/tiles.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace keystead::audit {

/// An event in its place in the tree.
struct LoggedEvent {
    std::uint64_t leaf_index = 0;
    Bytes nonce;
    Bytes canonical;
    AccountId account; // nil: on nobody's page
    std::vector<PersonalValue> values;
};

class LogReaderService {
public:
    static Result<TreeHead> head(ReadTx& tx);
    static Result<std::optional<std::vector<Digest>>> find_tile(ReadTx& tx, TileAddress address);
    /// The root that the tree had at `size` leaves. Errors: audit/no-such-leaf (NotFound) when it
    /// never was that large, audit/tree-damaged.
    static Result<Digest> root_at(ReadTx& tx, std::uint64_t size);
    /// Proof of a leaf against the tree of `size` leaves. Errors: as root_at.
    static Result<std::vector<Digest>> inclusion(ReadTx& tx, std::uint64_t leaf_index,
                                                 std::uint64_t size);
    /// With the values that belong to `subject`, or with all. Errors: audit/event-not-found
    /// (NotFound), audit/not-numbered (Unavailable: the sequencer has not come by yet),
    /// audit/event-damaged.
    static Result<LoggedEvent> load_event(ReadTx& tx, EventId id, std::optional<AccountId> subject);
};

} // namespace keystead::audit

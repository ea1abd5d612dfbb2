// features/audit_search/audit_search_store.h
//
// SQL of the index: sets of leaves by term and block, times by block, and how far it goes. One
// method a statement; decides nothing.
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "features/audit_search/leaf_set.h"
#include "features/audit_search/search_term.h"
#include "storage/database.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace keystead::audit_search {

enum class Direction : std::uint8_t { NewestFirst, OldestFirst };

/// The leaves of one block that have a term, or may be of a time.
struct BlockLeaves {
    std::uint64_t block = 0;
    LeafSet leaves;
};

struct Posting {
    Term term = 0;
    LeafSet leaves;
};

/// The first and the last time in each part of a block; a part without events has none.
struct BlockTimes {
    struct Span {
        std::int64_t at_min = INT64_MAX; // microseconds, as stored
        std::int64_t at_max = INT64_MIN;
    };
    std::array<Span, kBlockParts> parts;
};

/// Errors of all: those of the statements; audit-search/damaged where a row is not what we write.
class AuditSearchStore {
public:
    static constexpr std::size_t kTermsMax = 32; // of one find_postings() or put_postings()

    Result<std::uint64_t> load_indexed(ReadTx& tx);
    /// Makes the row when it is missing, and locks it until the end of the transaction.
    Result<std::uint64_t> lock_indexed(ChangeTx& tx);
    Result<void> update_indexed(UpkeepTx& tx, std::uint64_t indexed);

    /// From block `from` on in that direction, at most `limit`.
    Result<std::vector<BlockLeaves>> list_postings(ReadTx& tx, Term term, std::uint64_t from,
                                                   Direction direction, std::uint32_t limit);
    /// As list_postings: leaves in parts that have an event at or after `first` and one at or
    /// before `last`.
    Result<std::vector<BlockLeaves>> list_times(ReadTx& tx, Instant first, Instant last,
                                                std::uint64_t from, Direction direction,
                                                std::uint32_t limit);

    Result<std::vector<Posting>> find_postings(ReadTx& tx, std::uint64_t block,
                                               std::span<const Term> terms);
    Result<void> put_postings(UpkeepTx& tx, std::uint64_t block, std::span<const Posting> postings);
    Result<void> update_posting(WriteTx& tx, std::uint64_t block, const Posting& posting);
    Result<void> delete_posting(WriteTx& tx, std::uint64_t block, Term term);

    Result<BlockTimes> find_times(ReadTx& tx, std::uint64_t block);
    Result<void> put_times(UpkeepTx& tx, std::uint64_t block, const BlockTimes& times);
    Result<void> delete_times(WriteTx& tx, std::uint64_t before_block);
};

} // namespace keystead::audit_search

#include "features/audit_search/audit_search_store.h"

#include "storage/careful_row.h"

#include <algorithm>
#include <string>
#include <utility>

namespace keystead::audit_search {

namespace {

constexpr std::size_t kRowsAtOnce = 16; // of kPutSixteen

constexpr std::string_view kPutSixteen =
    "INSERT INTO audit_posting (term, block, leaves) VALUES "
    "($1, $2, $3), ($4, $5, $6), ($7, $8, $9), ($10, $11, $12), "
    "($13, $14, $15), ($16, $17, $18), ($19, $20, $21), ($22, $23, $24), "
    "($25, $26, $27), ($28, $29, $30), ($31, $32, $33), ($34, $35, $36), "
    "($37, $38, $39), ($40, $41, $42), ($43, $44, $45), ($46, $47, $48) "
    "ON CONFLICT (term, block) DO UPDATE SET leaves = excluded.leaves";

Error damaged(std::string_view what)
{
    return {.code = "audit-search/damaged", .cause = std::string(what)};
}

Result<LeafSet> leaves_of(ByteView bytes)
{
    const auto leaves = LeafSet::decode(bytes);
    if (!leaves) {
        return damaged("a set of leaves in audit_posting is not one");
    }
    return *leaves;
}

void append_number(Bytes& bytes, std::int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(number) >> shift & 0xff));
    }
}

std::int64_t number_at(ByteView bytes, std::size_t at)
{
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) {
        number = number << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
    }
    return static_cast<std::int64_t>(number);
}

constexpr std::size_t kSpanBytes = 16;

Result<BlockTimes> times_of(ByteView bytes)
{
    BlockTimes times;
    if (bytes.size() != kSpanBytes * times.parts.size()) {
        return damaged("times in audit_search_time have the wrong length");
    }
    for (std::size_t part = 0; part < times.parts.size(); ++part) {
        times.parts[part] = {number_at(bytes, part * kSpanBytes),
                             number_at(bytes, part * kSpanBytes + kSpanBytes / 2)};
    }
    return times;
}

Result<std::uint64_t> indexed_of(const Row& row)
{
    storage::CarefulRow careful(row);
    const std::uint64_t indexed = careful.count(0);
    if (!careful.is_whole()) {
        return damaged("audit_search does not say how much is indexed");
    }
    return indexed;
}

} // namespace

Result<std::uint64_t> AuditSearchStore::load_indexed(ReadTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT indexed FROM audit_search WHERE id = 1"));
    return row ? indexed_of(*row) : Result<std::uint64_t>(0);
}

Result<std::uint64_t> AuditSearchStore::lock_indexed(ChangeTx& tx)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("INSERT INTO audit_search (id, indexed) VALUES (1, 0) ON CONFLICT (id) "
                        "DO UPDATE SET indexed = audit_search.indexed RETURNING indexed"));
    if (!row) {
        return damaged("audit_search has no row");
    }
    return indexed_of(*row);
}

Result<void> AuditSearchStore::update_indexed(UpkeepTx& tx, std::uint64_t indexed)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE audit_search SET indexed = $1 WHERE id = 1", indexed));
    return {};
}

Result<std::vector<BlockLeaves>> AuditSearchStore::list_postings(ReadTx& tx, Term term,
                                                                 std::uint64_t from,
                                                                 Direction direction,
                                                                 std::uint32_t limit)
{
    std::vector<BlockLeaves> blocks;
    blocks.reserve(limit);
    const auto take = [&](const RowView& row) -> Result<void> {
        storage::CarefulRow careful(row);
        KS_TRY(const LeafSet leaves, leaves_of(careful.bytes(1)));
        blocks.push_back({careful.count(0), leaves});
        if (!careful.is_whole()) {
            return damaged("a block of the index has no number");
        }
        return {};
    };
    KS_CHECK(direction == Direction::NewestFirst
                 ? tx.for_each("SELECT block, leaves FROM audit_posting WHERE term = $1 AND "
                               "block <= $2 ORDER BY block DESC LIMIT $3",
                               take, term, from, limit)
                 : tx.for_each("SELECT block, leaves FROM audit_posting WHERE term = $1 AND "
                               "block >= $2 ORDER BY block LIMIT $3",
                               take, term, from, limit));
    return blocks;
}

Result<std::vector<BlockLeaves>> AuditSearchStore::list_times(ReadTx& tx, Instant first,
                                                              Instant last, std::uint64_t from,
                                                              Direction direction,
                                                              std::uint32_t limit)
{
    auto answer = direction == Direction::NewestFirst
                      ? tx.query("SELECT block, parts FROM audit_search_time WHERE block <= $1 AND "
                                 "at_max >= $2 AND at_min <= $3 ORDER BY block DESC LIMIT $4",
                                 from, first, last, limit)
                      : tx.query("SELECT block, parts FROM audit_search_time WHERE block >= $1 AND "
                                 "at_max >= $2 AND at_min <= $3 ORDER BY block LIMIT $4",
                                 from, first, last, limit);
    KS_TRY(const Rows rows, std::move(answer));
    std::vector<BlockLeaves> blocks;
    for (const Row& row : rows) {
        storage::CarefulRow careful(row);
        KS_TRY(const BlockTimes times, times_of(careful.bytes(1)));
        BlockLeaves block{.block = careful.count(0), .leaves = {}};
        if (!careful.is_whole()) {
            return damaged("the times of a block have no number");
        }
        for (std::uint32_t part = 0; part < kBlockParts; ++part) {
            if (times.parts[part].at_max >= to_micros(first) &&
                times.parts[part].at_min <= to_micros(last)) {
                block.leaves.add_range(part * kPartLeaves, (part + 1) * kPartLeaves);
            }
        }
        blocks.push_back(block);
    }
    return blocks;
}

Result<std::vector<Posting>> AuditSearchStore::find_postings(ReadTx& tx, std::uint64_t block,
                                                             std::span<const Term> terms)
{
    KS_ASSERT(!terms.empty() && terms.size() <= kTermsMax);
    std::vector<SqlParam> params(terms.begin(), terms.end());
    params.resize(kTermsMax, SqlParam(terms.back())); // Repeated, it means nothing more to an IN.
    params.emplace_back(block);
    KS_TRY(const Rows rows,
           tx.query_list(
               "SELECT term, leaves FROM audit_posting WHERE term IN ("
               "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
               "$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32) "
               "AND block = $33",
               params));
    std::vector<Posting> postings;
    postings.reserve(rows.size());
    for (const Row& row : rows) {
        KS_TRY(const LeafSet leaves, leaves_of(row.bytes(1)));
        postings.push_back({row.integer(0), leaves});
    }
    return postings;
}

Result<void> AuditSearchStore::put_postings(UpkeepTx& tx, std::uint64_t block,
                                            std::span<const Posting> postings)
{
    while (!postings.empty()) {
        const std::size_t count = postings.size() < kRowsAtOnce ? 1 : kRowsAtOnce;
        std::vector<Bytes> encoded;
        encoded.reserve(count);
        std::vector<SqlParam> params;
        for (const Posting& posting : postings.first(count)) {
            encoded.push_back(posting.leaves.encode());
            params.emplace_back(posting.term);
            params.emplace_back(block);
            params.emplace_back(encoded.back());
        }
        auto put = count == kRowsAtOnce
                       ? tx.exec_list(kPutSixteen, params)
                       : tx.exec_list("INSERT INTO audit_posting (term, block, leaves) VALUES "
                                      "($1, $2, $3) ON CONFLICT (term, block) "
                                      "DO UPDATE SET leaves = excluded.leaves",
                                      params);
        if (!put) {
            return std::move(put).error();
        }
        postings = postings.subspan(count);
    }
    return {};
}

Result<void> AuditSearchStore::update_posting(WriteTx& tx, std::uint64_t block,
                                              const Posting& posting)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("UPDATE audit_posting SET leaves = $3 WHERE term = $1 AND block = $2",
                   posting.term, block, posting.leaves.encode()));
    return {};
}

Result<void> AuditSearchStore::delete_posting(WriteTx& tx, std::uint64_t block, Term term)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM audit_posting WHERE term = $1 AND block = $2", term, block));
    return {};
}

Result<BlockTimes> AuditSearchStore::find_times(ReadTx& tx, std::uint64_t block)
{
    KS_TRY(const std::optional<Row> row,
           tx.query_one("SELECT parts FROM audit_search_time WHERE block = $1", block));
    return row ? times_of(row->bytes(0)) : BlockTimes{};
}

Result<void> AuditSearchStore::put_times(UpkeepTx& tx, std::uint64_t block, const BlockTimes& times)
{
    Bytes parts;
    BlockTimes::Span whole;
    for (const auto& span : times.parts) {
        append_number(parts, span.at_min);
        append_number(parts, span.at_max);
        whole.at_min = std::min(whole.at_min, span.at_min);
        whole.at_max = std::max(whole.at_max, span.at_max);
    }
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("INSERT INTO audit_search_time (block, at_min, at_max, parts) VALUES "
                   "($1, $2, $3, $4) ON CONFLICT (block) DO UPDATE SET at_min = excluded.at_min, "
                   "at_max = excluded.at_max, parts = excluded.parts",
                   block, whole.at_min, whole.at_max, parts));
    return {};
}

Result<void> AuditSearchStore::delete_times(WriteTx& tx, std::uint64_t before_block)
{
    KS_TRY([[maybe_unused]] const int rows,
           tx.exec("DELETE FROM audit_search_time WHERE block < $1", before_block));
    return {};
}

} // namespace keystead::audit_search

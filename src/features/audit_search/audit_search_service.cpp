#include "features/audit_search/audit_search_service.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace keystead::audit_search {

namespace {

/// Entries from `begin` on and before `end`.
struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool is_empty() const { return begin >= end; }
};

/// The blocks of one term, or of a time, in one direction, read ahead a few at a time.
class BlockReader {
public:
    BlockReader(ReadTx& tx, AuditSearchStore& store, const Filter& filter, std::optional<Term> term,
                Direction direction)
        : tx_(tx), store_(store), filter_(filter), term_(term), direction_(direction)
    {
    }
    /// The first block at `block` or beyond it, in the direction; nothing when there is none.
    Result<const BlockLeaves*> seek(std::uint64_t block)
    {
        for (;;) {
            while (at_ < ahead_.size() && is_before(ahead_[at_].block, block)) {
                ++at_;
            }
            if (at_ < ahead_.size()) {
                return &ahead_[at_];
            }
            if (at_end_) {
                return nullptr;
            }
            KS_CHECK(read_ahead(block));
        }
    }

private:
    bool is_before(std::uint64_t a, std::uint64_t b) const
    {
        return direction_ == Direction::NewestFirst ? a > b : a < b;
    }
    Result<void> read_ahead(std::uint64_t from)
    {
        constexpr std::uint32_t kAheadMax = 1024;
        auto blocks = term_ ? store_.list_postings(tx_, *term_, from, direction_, ahead_max_)
                            : store_.list_times(tx_, filter_.from.value_or(Instant::min()),
                                                filter_.before
                                                    ? *filter_.before - std::chrono::microseconds{1}
                                                    : Instant::max(),
                                                from, direction_, ahead_max_);
        if (!blocks) {
            return std::move(blocks).error();
        }
        at_end_ = blocks->size() < ahead_max_;
        ahead_max_ = std::min(ahead_max_ * 4, kAheadMax);
        ahead_ = *std::move(blocks);
        at_ = 0;
        return {};
    }

    ReadTx& tx_;
    AuditSearchStore& store_;
    const Filter& filter_;
    std::optional<Term> term_; // nothing: the filter's time
    Direction direction_;
    std::vector<BlockLeaves> ahead_;
    std::size_t at_ = 0; // in ahead_: those before are passed
    std::uint32_t ahead_max_ = 8;
    bool at_end_ = false;
};

class Search {
public:
    Search(ReadTx& tx, const audit::AuditReader& reader, AuditSearchStore& store,
           const Filter& filter, Direction direction, std::uint32_t limit)
        : tx_(tx), reader_(reader), store_(store), filter_(filter), direction_(direction),
          limit_(std::clamp(limit, std::uint32_t{1}, AuditSearchService::kPageMax))
    {
        for (const Term term : terms_of(filter)) {
            readers_.emplace_back(tx, store, filter, term, direction);
        }
        if (filter.has_time()) {
            readers_.emplace_back(tx, store, filter, std::nullopt, direction);
        }
    }

    Result<Found> run(Range range, std::uint64_t size)
    {
        KS_TRY(const std::uint64_t indexed, store_.load_indexed(tx_));
        // Without terms the order of the tree is the index.
        const std::uint64_t border = readers_.empty() ? range.begin : indexed;
        const Range old{range.begin, std::min(range.end, border)};
        const Range fresh{std::max(range.begin, border), range.end};
        if (direction_ == Direction::NewestFirst) {
            KS_CHECK(read_through(fresh));
            KS_CHECK(look_up(old));
        } else {
            KS_CHECK(look_up(old));
            KS_CHECK(read_through(fresh));
        }
        found_.size = size;
        return std::move(found_);
    }

private:
    bool newest_first() const { return direction_ == Direction::NewestFirst; }

    /// Takes an event that was read. False: the page is full, or enough was read.
    bool take(audit::LogEvent& event)
    {
        if (matches(filter_, event)) {
            if (found_.items.size() == limit_) {
                // There is more; it begins at this event, or after the last one of the page.
                found_.next = newest_first() ? found_.items.back().leaf : event.leaf;
                return false;
            }
            found_.items.push_back(std::move(event));
        }
        return true;
    }

    bool may_read(std::uint64_t next)
    {
        // A page that is full already knows where the next one begins.
        if (!found_.next && read_ >= AuditSearchService::kReadMax) {
            found_.next = next;
        }
        return !found_.next;
    }

    /// Every event of a range, one after the other.
    Result<void> read_through(Range range)
    {
        constexpr std::uint64_t kAtOnce = 64;
        while (!range.is_empty() && may_read(newest_first() ? range.end : range.begin)) {
            const std::uint64_t count = std::min(kAtOnce, range.end - range.begin);
            const std::uint64_t first = newest_first() ? range.end - count : range.begin;
            KS_TRY(auto events, reader_.list_range(tx_, first, count));
            KS_CHECK(take_all(events));
            (newest_first() ? range.end : range.begin) = newest_first() ? first : first + count;
            read_ += static_cast<std::uint32_t>(count);
        }
        return {};
    }

    Result<void> take_all(std::vector<audit::LogEvent>& events)
    {
        if (newest_first()) {
            std::ranges::reverse(events);
        }
        for (audit::LogEvent& event : events) {
            if (!take(event)) {
                break;
            }
        }
        return {};
    }

    /// The events of a range that the index names.
    Result<void> look_up(Range range)
    {
        if (range.is_empty() || found_.next) {
            return {};
        }
        std::uint64_t block =
            newest_first() ? (range.end - 1) / kBlockLeaves : range.begin / kBlockLeaves;
        for (;;) {
            KS_TRY(const std::optional<BlockLeaves> common, next_common(block));
            if (!common || common->block < range.begin / kBlockLeaves ||
                common->block > (range.end - 1) / kBlockLeaves) {
                return {};
            }
            KS_CHECK(read_leaves(*common, range));
            if (found_.next || (newest_first() && common->block == 0)) {
                return {};
            }
            block = newest_first() ? common->block - 1 : common->block + 1;
        }
    }

    /// The first block at or beyond `block` in which every term has leaves, with those common to
    /// all: each reader in turn leaps to where the one before stands.
    Result<std::optional<BlockLeaves>> next_common(std::uint64_t block)
    {
        std::size_t agreed = 0;
        for (std::size_t at = 0; agreed < readers_.size(); at = (at + 1) % readers_.size()) {
            KS_TRY(const BlockLeaves* const here, readers_[at].seek(block));
            if (here == nullptr) {
                return std::optional<BlockLeaves>{};
            }
            agreed = here->block == block ? agreed + 1 : 1;
            block = here->block;
        }
        BlockLeaves common{.block = block, .leaves = LeafSet::all()};
        for (BlockReader& reader : readers_) {
            KS_TRY(const BlockLeaves* const here, reader.seek(block));
            common.leaves &= here->leaves;
        }
        return std::optional(common);
    }

    Result<void> read_leaves(const BlockLeaves& block, Range range)
    {
        std::vector<std::uint64_t> leaves;
        for (std::uint32_t place = block.leaves.next(0); place < kBlockLeaves;
             place = block.leaves.next(place + 1)) {
            const std::uint64_t leaf = block.block * kBlockLeaves + place;
            if (leaf >= range.begin && leaf < range.end) {
                leaves.push_back(leaf);
            }
        }
        if (newest_first()) {
            std::ranges::reverse(leaves);
        }
        std::span<const std::uint64_t> left(leaves);
        while (!left.empty() && may_read(newest_first() ? left.front() + 1 : left.front())) {
            const auto some = left.first(std::min(audit::AuditReader::kLeavesMax, left.size()));
            KS_TRY(auto events, reader_.list_leaves(tx_, some));
            KS_CHECK(take_all(events));
            left = left.subspan(some.size());
            read_ += static_cast<std::uint32_t>(some.size());
        }
        return {};
    }

    ReadTx& tx_;
    const audit::AuditReader& reader_;
    AuditSearchStore& store_;
    const Filter& filter_;
    Direction direction_;
    std::uint32_t limit_;
    std::vector<BlockReader> readers_;
    Found found_;
    std::uint32_t read_ = 0;
};

} // namespace

Result<Found> AuditSearchService::newest(ReadTx& tx, const Filter& filter,
                                         std::optional<std::uint64_t> before,
                                         std::uint32_t limit) const
{
    KS_TRY(const std::uint64_t size, reader_.tree_size(tx));
    KS_TRY(const std::uint64_t first, reader_.first_leaf(tx)); // Retention took those before.
    return Search(tx, reader_, store_, filter, Direction::NewestFirst, limit)
        .run({first, std::min(before.value_or(size), size)}, size);
}

Result<Found> AuditSearchService::oldest(ReadTx& tx, const Filter& filter, std::uint64_t from,
                                         std::optional<std::uint64_t> end,
                                         std::uint32_t limit) const
{
    KS_TRY(const std::uint64_t size, reader_.tree_size(tx));
    KS_TRY(const std::uint64_t first, reader_.first_leaf(tx)); // Retention took those before.
    return Search(tx, reader_, store_, filter, Direction::OldestFirst, limit)
        .run({std::max(from, first), std::min(end.value_or(size), size)}, size);
}

} // namespace keystead::audit_search

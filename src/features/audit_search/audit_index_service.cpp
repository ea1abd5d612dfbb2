#include "features/audit_search/audit_index_service.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace keystead::audit_search {

namespace {

constexpr std::uint64_t kBatchesMax = 256; // of one run; then others have their turn

using LeavesByTerm = std::map<Term, LeafSet>;

std::uint32_t place_of(std::uint64_t leaf)
{
    return static_cast<std::uint32_t>(leaf % kBlockLeaves);
}

/// Adds to what the block has of these terms.
Result<void> merge(UpkeepTx& tx, AuditSearchStore& store, std::uint64_t block,
                   const LeavesByTerm& added)
{
    std::vector<Posting> postings;
    std::vector<Term> terms;
    postings.reserve(added.size());
    for (const auto& [term, leaves] : added) {
        postings.push_back({term, leaves});
        terms.push_back(term);
    }
    for (std::size_t at = 0; at < terms.size(); at += AuditSearchStore::kTermsMax) {
        const auto some =
            std::span(terms).subspan(at, std::min(AuditSearchStore::kTermsMax, terms.size() - at));
        KS_TRY(const auto stored, store.find_postings(tx, block, some));
        for (const Posting& posting : stored) {
            const auto found = std::ranges::lower_bound(postings, posting.term, {}, &Posting::term);
            found->leaves |= posting.leaves;
        }
    }
    return store.put_postings(tx, block, postings);
}

/// Takes leaves out of what the block has of these terms.
Result<void> subtract(WriteTx& tx, AuditSearchStore& store, std::uint64_t block,
                      const LeavesByTerm& removed)
{
    std::vector<Term> terms;
    for (const auto& [term, leaves] : removed) {
        terms.push_back(term);
    }
    for (std::size_t at = 0; at < terms.size(); at += AuditSearchStore::kTermsMax) {
        const auto some =
            std::span(terms).subspan(at, std::min(AuditSearchStore::kTermsMax, terms.size() - at));
        KS_TRY(const auto stored, store.find_postings(tx, block, some));
        for (Posting posting : stored) {
            posting.leaves -= removed.at(posting.term);
            KS_CHECK(posting.leaves.is_empty() ? store.delete_posting(tx, block, posting.term)
                                               : store.update_posting(tx, block, posting));
        }
    }
    return {};
}

} // namespace

Result<std::uint64_t> AuditIndexService::index_batch(UpkeepTx& tx) const
{
    // Locked before events are read: an erasure that deletes values waits, or has happened.
    KS_TRY(const std::uint64_t first, store_.lock_indexed(tx));
    KS_TRY(const std::uint64_t size, reader_.tree_size(tx));
    // Within one block, in whole parts.
    const std::uint64_t block = first / kBlockLeaves;
    const std::uint64_t room = std::min(kBatchLeaves, (block + 1) * kBlockLeaves - first);
    const std::uint64_t count =
        std::min(room, (size - std::min(first, size)) / kPartLeaves * kPartLeaves);
    if (count == 0) {
        return std::uint64_t{0};
    }
    KS_TRY(const auto events, reader_.list_range(tx, first, count));
    KS_TRY(BlockTimes times, store_.find_times(tx, block));
    LeavesByTerm added;
    for (const audit::LogEvent& event : events) {
        const std::uint32_t place = place_of(event.leaf);
        for (const Term term : terms_of(event)) {
            added[term].add(place);
        }
        auto& span = times.parts[place / kPartLeaves];
        span.at_min = std::min(span.at_min, to_micros(event.event.at));
        span.at_max = std::max(span.at_max, to_micros(event.event.at));
    }
    KS_CHECK(merge(tx, store_, block, added));
    KS_CHECK(store_.put_times(tx, block, times));
    KS_CHECK(store_.update_indexed(tx, first + count));
    return count;
}

Result<void> AuditIndexService::run_once(Database& database) const
{
    for (std::uint64_t batch = 0; batch < kBatchesMax; ++batch) {
        // Most of the time there is nothing to do: found out without a change.
        KS_TRY(const bool due, database.read([&](ReadTx& tx) -> Result<bool> {
            KS_TRY(const std::uint64_t indexed, store_.load_indexed(tx));
            KS_TRY(const std::uint64_t size, reader_.tree_size(tx));
            return size >= indexed + kPartLeaves;
        }));
        if (!due) {
            break;
        }
        KS_TRY([[maybe_unused]] const auto count,
               database.upkeep([&](UpkeepTx& tx) { return index_batch(tx); }));
    }
    return {};
}

Result<void> AuditIndexService::forget_addresses(WriteTx& tx, AccountId subject) const
{
    KS_TRY(const std::uint64_t indexed, store_.lock_indexed(tx));
    KS_TRY(const auto marks, reader_.list_ip_marks(tx, subject));
    std::map<std::uint64_t, LeavesByTerm> removed;
    for (const audit::IpMark& mark : marks) {
        if (mark.leaf < indexed) {
            removed[mark.leaf / kBlockLeaves][term_of_ip(mark.digest)].add(place_of(mark.leaf));
        }
    }
    for (const auto& [block, leaves] : removed) {
        KS_CHECK(subtract(tx, store_, block, leaves));
    }
    return {};
}

Result<void> AuditIndexService::forget(WriteTx& tx, std::span<const audit::LogEvent> events) const
{
    KS_TRY(const std::uint64_t indexed, store_.lock_indexed(tx));
    std::map<std::uint64_t, LeavesByTerm> removed;
    for (const audit::LogEvent& event : events) {
        if (event.leaf >= indexed) {
            continue;
        }
        for (const Term term : terms_of(event)) {
            removed[event.leaf / kBlockLeaves][term].add(place_of(event.leaf));
        }
    }
    for (const auto& [block, leaves] : removed) {
        KS_CHECK(subtract(tx, store_, block, leaves));
    }
    // What is deleted is the oldest: whole blocks before the last one have no events left.
    return events.empty() ? Result<void>{}
                          : store_.delete_times(tx, events.back().leaf / kBlockLeaves);
}

} // namespace keystead::audit_search

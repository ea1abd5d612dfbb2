// features/audit_search/audit_search_service.h
//
// Finds events of the whole log by anything that a filter names, newest or oldest first. Positions
// are leaf indexes: an event that is written meanwhile gets a greater one, on PostgreSQL too, where
// events are numbered after their commit; so a page after a page neither repeats nor leaves out.
#pragma once

#include "core/result.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit_search/audit_search_store.h"
#include "features/audit_search/search_term.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace keystead::audit_search {

struct Found {
    std::vector<audit::LogEvent> items;
    /// Where to go on: newest first, the entries before it are left to look at; oldest first, those
    /// from it on. Nothing: the end was reached, which oldest first is never final.
    std::optional<std::uint64_t> next;
    /// How many entries the log had.
    std::uint64_t size = 0;
};

class AuditSearchService {
public:
    static constexpr std::uint32_t kPageMax = 100;
    /// Events that one call reads at most; then it answers what it has, and `next`.
    static constexpr std::uint32_t kReadMax = 4096;

    explicit AuditSearchService(const audit::AuditReader& reader) : reader_(reader) {}

    /// Entries before `before`, newest first; at most `limit`, which is kPageMax at most. Errors:
    /// those of the statements; audit-search/damaged, audit/event-damaged.
    Result<Found> newest(ReadTx& tx, const Filter& filter, std::optional<std::uint64_t> before,
                         std::uint32_t limit) const;
    /// Entries from `from` on and before `end`, oldest first. As above.
    Result<Found> oldest(ReadTx& tx, const Filter& filter, std::uint64_t from,
                         std::optional<std::uint64_t> end, std::uint32_t limit) const;

    /// How many entries the index says that it knows, whatever the log has.
    Result<std::uint64_t> indexed(ReadTx& tx) const { return store_.load_indexed(tx); }

private:
    const audit::AuditReader& reader_;
    mutable AuditSearchStore store_;
};

} // namespace keystead::audit_search

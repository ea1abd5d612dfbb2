// features/audit_export/audit_export_service.h
//
// Writes the log as a file, piece by piece. What lies between two pieces is the Position, a plain
// value: whoever asks for the next piece hands it back, so that nothing is held meanwhile.
#pragma once

#include "core/actor.h"
#include "core/result.h"
#include "features/audit/audit_log.h"
#include "features/audit/audit_reader_service.h"
#include "features/audit_search/audit_search_service.h"
#include "features/log_proof/log_proof_service.h"
#include "storage/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keystead::audit_export {

enum class Format : std::uint8_t { JsonLines, Csv };
/// "jsonl" or "csv"; nothing for anything else.
std::optional<Format> parse_format(std::string_view text);
std::string_view format_word(Format format);

struct Order {
    audit_search::Filter filter;
    std::string filter_names; // "actor,from": for the record
    Format format = Format::JsonLines;
    bool pseudonymous = false;

    bool is_whole() const { return filter_names.empty(); }
};

/// How far an export has come.
struct Position {
    std::uint64_t next = 0;  // leaf
    std::uint64_t size = 0;  // of the tree that it shows
    std::uint64_t lines = 0; // of events and entries
    std::uint64_t first = 0; // whose event was kept when it began
    bool ended = false;

    std::string text() const;
    static std::optional<Position> parse(std::string_view text);
};

/// Some entries of the log in a row, as a file of its own.
struct Parcel {
    std::string file;         // JSON Lines: a selection, each event with its proof
    std::uint64_t next = 0;   // the entry after the last one
    std::uint64_t size = 0;   // of the tree
    std::uint64_t events = 0; // those that are kept
};

class AuditExportService {
public:
    AuditExportService(audit::AuditLog& audit, const audit::AuditReader& reader,
                       const audit_search::AuditSearchService& search,
                       const log_proof::LogProofService& proofs)
        : audit_(audit), reader_(reader), search_(search), proofs_(proofs)
    {
    }

    /// Records that the log is about to be handed out.
    Result<void> record(WriteTx& tx, const Actor& actor, const Order& order);
    /// The beginning of the file. Errors: those of the statements; audit/no-origin,
    /// audit/not-numbered (Unavailable: retention was at work, ask again in a second).
    Result<Position> begin(ReadTx& tx, const Order& order, std::string& out) const;
    /// Appends some lines and moves on, or stops before, when `out` has kPieceBytes; the last call
    /// appends the end. Errors: those of the statements; audit/tree-damaged, audit/event-damaged,
    /// audit-export/overtaken (Conflict: retention removed events that were not written yet).
    static constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
    Result<Position> go_on(ReadTx& tx, const Order& order, Position position,
                           std::string& out) const;

    /// The entries from `first` (below the tree's size) to the end of its bundle. Errors: as
    /// go_on.
    Result<Parcel> parcel(ReadTx& tx, std::uint64_t first, bool pseudonymous) const;

private:
    Result<void> append_range(ReadTx& tx, const Order& order, Position& position,
                              std::string& out) const;
    Result<void> check_not_overtaken(ReadTx& tx, const Position& position) const;
    Result<void> append_found(ReadTx& tx, const Order& order, Position& position,
                              std::string& out) const;
    Result<void> append_line(ReadTx& tx, const Order& order, const Position& position,
                             audit::LogEvent& event, std::string& out) const;

    audit::AuditLog& audit_;
    const audit::AuditReader& reader_;
    const audit_search::AuditSearchService& search_;
    const log_proof::LogProofService& proofs_;
};

} // namespace keystead::audit_export

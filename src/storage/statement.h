// storage/statement.h
//
// What a statement of the common SQL subset does, told from its first words. Not a parser: it only
// needs to be right about what it lets pass, and calls everything else Other, which both engines
// refuse.
#pragma once

#include <cstdint>
#include <string_view>

namespace keystead::storage {

/// What the statements of a transaction may change.
enum class Access : std::uint8_t { Nothing, UpkeepTables, Everything };

enum class StatementKind : std::uint8_t { Select, Insert, Update, Delete, Other };

struct StatementSummary {
    StatementKind kind = StatementKind::Other;
    std::string_view table = {}; // what is changed; empty for Select and Other
};

/// A WITH that changes something counts as Other: PostgreSQL reports its changes as those of a
/// SELECT.
StatementSummary summarize(std::string_view sql);

} // namespace keystead::storage

// storage/statistics.h
//
// How much was asked of the database, for tests that compare the work of two paths: a stranger must
// not learn from it whether an account exists.
#pragma once

#include <cstdint>

namespace keystead {

/// Statements in the transactions that this thread has asked for. BEGIN, COMMIT and the
/// before-commit hook do not count.
std::uint64_t statement_count();

namespace storage {
/// For the engines alone.
void count_statements(std::uint64_t statements);
} // namespace storage

} // namespace keystead

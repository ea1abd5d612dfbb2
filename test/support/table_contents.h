// test/support/table_contents.h
//
// What stands in the tables of a test database, read past our own storage layer: to compare before
// and after.
#pragma once

#include "test/support/test_database.h"

#include <map>
#include <string>
#include <vector>

namespace keystead::test {

/// Each table's rows as text, sorted. Nothing to parse: two states are equal or they are not.
using TableContents = std::map<std::string, std::vector<std::string>>;
TableContents read_tables(const TestDatabase& database);

} // namespace keystead::test

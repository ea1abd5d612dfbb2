// storage/upkeep_tables.h
//
// The tables of storage/upkeep_tables.txt, which the build compiles in.
#pragma once

#include <string_view>

namespace keystead::storage {

bool is_upkeep_table(std::string_view table);

} // namespace keystead::storage

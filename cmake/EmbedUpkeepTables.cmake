# cmake -DOUTPUT=x.cpp -DLIST=upkeep_tables.txt -P EmbedUpkeepTables.cmake
#
# Writes the list of upkeep tables into a C++ source.
cmake_minimum_required(VERSION 3.25)
file(STRINGS "${LIST}" lines)
set(body "")
foreach(line IN LISTS lines)
  if(line STREQUAL "" OR line MATCHES "^#")
    continue()
  endif()
  if(NOT line MATCHES "^[a-z0-9_]+$")
    message(FATAL_ERROR "${LIST}: '${line}' is no table's name")
  endif()
  string(APPEND body "    \"${line}\",\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/EmbedUpkeepTables.cmake.
#include \"storage/upkeep_tables.h\"

#include <algorithm>
#include <iterator>

namespace keystead::storage {
namespace {

constexpr std::string_view kUpkeepTables[] = {
${body}};

} // namespace

bool is_upkeep_table(std::string_view table)
{
    return std::find(std::begin(kUpkeepTables), std::end(kUpkeepTables), table) != std::end(kUpkeepTables);
}

} // namespace keystead::storage
")

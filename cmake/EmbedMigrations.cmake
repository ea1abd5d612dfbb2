# cmake -DOUTPUT=x.cpp -DLIST=files.txt -P EmbedMigrations.cmake
#
# Writes the migrations named in LIST (a path a line) into one C++ source, in order of number.
cmake_minimum_required(VERSION 3.25)
file(STRINGS "${LIST}" files)
set(entries "")
set(numbers "")
foreach(file IN LISTS files)
  if(file MATCHES "\\.postgres\\.sql$")
    string(REGEX REPLACE "\\.postgres\\.sql$" ".sql" common "${file}")
    if(NOT EXISTS "${common}")
      message(FATAL_ERROR "${file} has no common text beside it")
    endif()
    continue()
  endif()
  get_filename_component(base "${file}" NAME)
  if(NOT base MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
  endif()
  set(number "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  if(number IN_LIST numbers)
    message(FATAL_ERROR "${file}: migration number ${number} is taken")
  endif()
  list(APPEND numbers "${number}")
  list(APPEND entries "${number}|${name}|${file}")
endforeach()
list(SORT entries)

set(body "")
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([0-9]+)\\|([a-z0-9_]+)\\|(.*)$" ignored "${entry}")
  set(name "${CMAKE_MATCH_2}")
  set(file "${CMAKE_MATCH_3}")
  string(REGEX REPLACE "^0+" "" number "${CMAKE_MATCH_1}")
  file(READ "${file}" sql)
  set(postgres "")
  string(REGEX REPLACE "\\.sql$" ".postgres.sql" twin "${file}")
  if(EXISTS "${twin}")
    file(READ "${twin}" postgres)
  endif()
  # Deferred constraints would fail the COMMIT of everybody who shares a batch.
  string(TOUPPER "${sql}${postgres}" shouted)
  if(shouted MATCHES "DEFERRABLE")
    message(FATAL_ERROR "${file}: constraints are not deferred here")
  endif()
  string(SHA256 checksum "${sql}|${postgres}")
  string(APPEND body "    {${number}, \"${name}\",\n     R\"sql(${sql})sql\",\n     R\"sql(${postgres})sql\",\n     \"${checksum}\"},\n")
endforeach()
list(LENGTH entries count)
file(WRITE "${OUTPUT}" "// Made by cmake/EmbedMigrations.cmake.
#include \"storage/embedded_migrations.h\"

namespace keystead {
namespace {

constexpr Migration kMigrations[${count}] = {
${body}};

} // namespace

std::span<const Migration> embedded_migrations() { return kMigrations; }

} // namespace keystead
")

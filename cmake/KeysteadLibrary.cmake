# keystead_library(core SOURCES a.cpp b.cpp LINKS x y PRIVATE_LINKS z TESTS a_test.cpp TEST_LINKS w FUZZ a_fuzz.cpp)
#
# SHARDS n runs the test program n times at once, each with its share of the tests, and before all others: for one that takes
# longer than all of those together.
#
# Makes target ks_<name>, links only what is named, and one test program <name>_tests. Sources that do not exist are an error.
#
# Beside them: `all_tests` builds every test program; `race_tests` those with a test that starts threads (its name says Race,
# Racing, Concurrent or Thread; ctest label "race"), for the thread sanitizer; `fuzzers` every fuzz target, listed in
# <build>/fuzzers.txt.
add_custom_target(all_tests)
add_custom_target(race_tests)
add_custom_target(fuzzers)
file(WRITE ${CMAKE_BINARY_DIR}/fuzzers.txt "")

function(keystead_library name)
  cmake_parse_arguments(ARG "" "SHARDS" "SOURCES;LINKS;PRIVATE_LINKS;TESTS;TEST_LINKS;FUZZ" ${ARGN})
  add_library(ks_${name} STATIC ${ARG_SOURCES})
  foreach(source ${ARG_SOURCES})
    get_filename_component(path ${source} ABSOLUTE)
    if(KEYSTEAD_WITHOUT_GUARD AND path STREQUAL KEYSTEAD_WITHOUT_GUARD_IN)
      # What only the guard used is then unused.
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-Wno-unused;-Wno-unused-parameter"
        COMPILE_DEFINITIONS KEYSTEAD_WITHOUT_${KEYSTEAD_WITHOUT_GUARD})
    endif()
  endforeach()
  target_link_libraries(ks_${name} PUBLIC keystead_flags ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(ARG_TESTS AND NOT KEYSTEAD_FUZZ)
    find_package(GTest REQUIRED)
    add_executable(${name}_tests ${ARG_TESTS})
    target_link_libraries(${name}_tests PRIVATE ks_${name} ${ARG_PRIVATE_LINKS} ${ARG_TEST_LINKS} GTest::gtest GTest::gtest_main)
    target_include_directories(${name}_tests PRIVATE ${CMAKE_SOURCE_DIR})
    set(tests ${name})
    if(ARG_SHARDS)
      set(tests "")
      foreach(shard RANGE 1 ${ARG_SHARDS})
        list(APPEND tests ${name}_${shard})
      endforeach()
    endif()
    foreach(test ${tests})
      add_test(NAME ${test} COMMAND ${name}_tests WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    endforeach()
    if(ARG_SHARDS)
      foreach(shard RANGE 1 ${ARG_SHARDS})
        math(EXPR index "${shard} - 1")
        # GTEST_OUTPUT names a folder, in which each program makes a file of its name: these have the same one.
        set_tests_properties(${name}_${shard} PROPERTIES COST 1000
          ENVIRONMENT "GTEST_TOTAL_SHARDS=${ARG_SHARDS};GTEST_SHARD_INDEX=${index}"
          ENVIRONMENT_MODIFICATION "GTEST_OUTPUT=string_append:${name}_${shard}.json")
      endforeach()
    endif()
    add_dependencies(all_tests ${name}_tests)
    foreach(test_source ${ARG_TESTS})
      file(STRINGS ${test_source} racing REGEX "^TEST.*(Race|Racing|Concurren|Thread)" LIMIT_COUNT 1)
      if(racing)
        set_tests_properties(${tests} PROPERTIES LABELS race)
        add_dependencies(race_tests ${name}_tests)
      endif()
    endforeach()
  endif()
  if(KEYSTEAD_FUZZ)
    foreach(target_source ${ARG_FUZZ})
      get_filename_component(target ${target_source} NAME_WE)
      add_executable(${target} ${target_source})
      target_link_libraries(${target} PRIVATE ks_${name} ${ARG_PRIVATE_LINKS})
      target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzzers ${target})
      file(APPEND ${CMAKE_BINARY_DIR}/fuzzers.txt "${target}\n")
    endforeach()
  endif()
endfunction()

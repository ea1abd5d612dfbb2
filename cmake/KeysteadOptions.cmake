# Flags that every target shares, and the switches of a build.
set(KEYSTEAD_SANITIZE "" CACHE STRING "address+undefined, thread, or empty")
set(KEYSTEAD_WITHOUT_GUARD "" CACHE STRING "Name of one guard that a test build leaves out (tools/guards)")
set(KEYSTEAD_WITHOUT_GUARD_IN "" CACHE STRING "The one source that is compiled without it")
option(KEYSTEAD_FUZZ "Build the libFuzzer targets (Clang)" OFF)

# -O2, not -O3: GCC 12 then warns wrongly of bounds inside its own library, and nothing here is faster for it.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(keystead_flags INTERFACE)
target_include_directories(keystead_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(keystead_flags INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wno-missing-field-initializers -fno-omit-frame-pointer)
target_compile_definitions(keystead_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE MATCHES "Rel")
  target_compile_options(keystead_flags INTERFACE -fstack-protector-strong -fcf-protection)
  target_compile_definitions(keystead_flags INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(keystead_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns wrongly of the members of an empty std::optional or std::variant; Clang's builds have the like, and right.
  target_compile_options(keystead_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(KEYSTEAD_SANITIZE STREQUAL "address+undefined")
  target_compile_options(keystead_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(keystead_flags INTERFACE -fsanitize=address,undefined)
elseif(KEYSTEAD_SANITIZE STREQUAL "thread")
  # Asio's fences are beside its locks; GCC only says that it does not look at them.
  target_compile_options(keystead_flags INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(keystead_flags INTERFACE -fsanitize=thread)
endif()
if(KEYSTEAD_FUZZ) # Coverage in the libraries too: a fuzzer that sees only its own main is blind.
  target_compile_options(keystead_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

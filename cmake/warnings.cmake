# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
option(VSL_WERROR "Treat warnings as errors" OFF)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
                    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The annotations on guarded members say nothing to gcc; clang proves them.
  add_compile_options(-Wthread-safety -Werror=thread-safety)
endif()
if(VSL_WERROR)
  add_compile_options(-Werror)
endif()

set(VSL_SANITIZE "" CACHE STRING "address;undefined or thread")
if(VSL_SANITIZE)
  string(REPLACE ";" "," sanitizers "${VSL_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  if("thread" IN_LIST VSL_SANITIZE)
    # gcc notes at every bare fence that TSan cannot see it; which ones we have is in
    # docs/spec/wire-v2.md#leases. (clang's TSan is a static library: tests that count allocations
    # with an operator new of their own could not be linked.)
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    # The shadow of TSan lies at fixed addresses, which kernels with more than 28 random bits of
    # mmap address hit by chance. Children inherit the personality.
    find_program(VSL_SETARCH setarch REQUIRED)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${VSL_SETARCH};${CMAKE_HOST_SYSTEM_PROCESSOR};-R)
  endif()
endif()

if(VSL_FUZZ)  # counts branches and watches comparisons, so that libFuzzer can follow an input
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

option(VSL_COVERAGE "Count which lines the tests run (gcov)" OFF)
if(VSL_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

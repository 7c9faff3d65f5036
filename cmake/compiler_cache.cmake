# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# ccache makes the five builds of `make check` affordable; without it they are only slower.
find_program(VSL_CCACHE ccache)
if(VSL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${VSL_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VSL_CCACHE})
endif()

# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# vsl_define(TARGET NAME VALUE): the string VALUE as macro NAME, for those sources of the target that
# mention it. Versions and paths of the tree differ between releases and clones: given to every
# source they would leave a compiler cache with nothing that it knows.
function(vsl_define target name value)
  get_target_property(sources ${target} SOURCES)
  get_target_property(folder ${target} SOURCE_DIR)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.cpp$")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
      file(STRINGS ${source} uses REGEX ${name} LIMIT_COUNT 1)
      if(uses)
        set_property(SOURCE ${source} TARGET_DIRECTORY ${target}
                     APPEND PROPERTY COMPILE_DEFINITIONS "${name}=\"${value}\"")
      endif()
    endif()
  endforeach()
endfunction()

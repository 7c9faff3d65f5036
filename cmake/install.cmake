# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# What `make install` puts on a system: library, headers, pkg-config file, CMake package.
# The command installs itself in apps/videostream.
include(CMakePackageConfigHelpers)

install(TARGETS videostream EXPORT VideoStreamTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
# What the C++ headers ask for; CMake overlooks it in targets and projects without C++.
target_compile_features(videostream INTERFACE cxx_std_20)
if(TARGET videostream_tool)  # finds the library beside it under any prefix
  set_target_properties(videostream_tool PROPERTIES
                        INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/videostream)
install(FILES include/videostream.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/videostream DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")

file(RELATIVE_PATH up_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" up_to_prefix ${up_to_prefix})
configure_file(cmake/videostream.pc.in videostream.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/videostream.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/VideoStream)
install(EXPORT VideoStreamTargets NAMESPACE VideoStream:: DESTINATION ${package_dir})
configure_package_config_file(cmake/VideoStreamConfig.cmake.in VideoStreamConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(VideoStreamConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/VideoStreamConfig.cmake
              ${PROJECT_BINARY_DIR}/VideoStreamConfigVersion.cmake
        DESTINATION ${package_dir})

# Two goals that build no tests: the command as it runs in the build tree, with the modules that it
# loads, and all that is installed.
add_custom_target(command DEPENDS videostream videostream_modules)
add_custom_target(installed DEPENDS command)
if(TARGET videostream_tool)
  add_dependencies(command videostream_tool)
endif()
if(TARGET gstvideostream)
  add_dependencies(installed gstvideostream)
endif()

# cmake --install: headers, libraries, and what find_package(tern) and
# pkg-config need. All dependencies are private.

include(CMakePackageConfigHelpers)

install(TARGETS tern EXPORT tern_targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(tern_run_time_libraries)  # beside libtern, which opens them
  install(TARGETS ${tern_run_time_libraries}
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(TARGET tern_command)
  set_target_properties(tern_command PROPERTIES
    INSTALL_RPATH "\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS tern_command RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/tern"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tern")
install(EXPORT tern_targets FILE tern-targets.cmake NAMESPACE tern::
  DESTINATION "${package_dir}")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/tern-config.cmake.in"
  "${tern_generated_dir}/tern-config.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${tern_generated_dir}/tern-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${tern_generated_dir}/tern-config.cmake"
  "${tern_generated_dir}/tern-config-version.cmake"
  DESTINATION "${package_dir}")

# Paths relative to tern.pc: the package may be moved as a whole.
file(RELATIVE_PATH tern_prefix_from_pc
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/tern.pc.in"
  "${tern_generated_dir}/tern.pc" @ONLY)
install(FILES "${tern_generated_dir}/tern.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

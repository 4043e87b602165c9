# tests/<name>/**/*.cc -> build/bin/test_<name>, one ctest entry a file, so that
# ctest -j has something to spread. tests/tools/X.cc -> build/bin/X.

find_package(Catch2 QUIET CONFIG)
if(NOT Catch2_FOUND)
  message(FATAL_ERROR "The tests need Catch2: install catch2, run "
    "tools/install_deps.sh, or configure with -DTERN_BUILD_TESTS=OFF.")
endif()

set(TERN_TEST_TIMEOUT 600 CACHE STRING "Seconds one test file may take")
mark_as_advanced(TERN_TEST_TIMEOUT)

# Tests include <catch2/catch.hpp>, as in Catch2 2; with Catch2 3 a header of
# that name leads to the new one. main() is compiled once.
set(catch_dir "${PROJECT_BINARY_DIR}/catch")
add_library(tern_test INTERFACE)
target_link_libraries(tern_test INTERFACE tern tern_private ${CMAKE_DL_LIBS})
target_include_directories(tern_test INTERFACE "${PROJECT_SOURCE_DIR}/tests")
# The code under test keeps its optimisation; the tests need little.
target_compile_options(tern_test INTERFACE -O1)
if(Catch2_VERSION VERSION_LESS 3)
  file(CONFIGURE OUTPUT "${catch_dir}/main.cc" CONTENT
    "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  add_library(tern_test_main STATIC "${catch_dir}/main.cc")
  target_link_libraries(tern_test_main PUBLIC Catch2::Catch2)
  target_compile_options(tern_test_main PRIVATE -O0)
  target_link_libraries(tern_test INTERFACE tern_test_main)
else()
  file(CONFIGURE OUTPUT "${catch_dir}/catch2/catch.hpp" CONTENT
    "#pragma once\n#include <catch2/catch_all.hpp>\nusing Catch::Approx;\n")
  target_include_directories(tern_test INTERFACE "${catch_dir}")
  target_link_libraries(tern_test INTERFACE Catch2::Catch2WithMain)
endif()

function(tern_add_tests name)
  set(program test_${name})
  add_executable(${program} ${ARGN})
  target_link_libraries(${program} PRIVATE tern_test)
  if(name STREQUAL "keras")
    target_link_libraries(${program} PRIVATE tern_keras_vectors)
  endif()
  add_dependencies(${program} tern ${tern_run_time_libraries})
  set(stems "")
  foreach(source IN LISTS ARGN)
    file(STRINGS "${source}" cases LIMIT_COUNT 1 REGEX
      "^ *(TEST_CASE|SCENARIO|TEMPLATE_[A-Z_]*TEST_CASE)")
    if(NOT cases)
      # Should it get a test one day, it needs an entry.
      set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY
        CMAKE_CONFIGURE_DEPENDS "${source}")
      continue()
    endif()
    # Catch's option -# makes a tag of each file's name.
    get_filename_component(stem "${source}" NAME_WE)
    if(stem IN_LIST stems)
      message(FATAL_ERROR "tests/${name} has two files named ${stem}.cc; each "
        "test file of a program needs its own name.")
    endif()
    list(APPEND stems ${stem})
    add_test(NAME ${name}/${stem} COMMAND ${program} "-#" "[#${stem}]~[.]")
    set_tests_properties(${name}/${stem} PROPERTIES
      LABELS ${name}
      TIMEOUT ${TERN_TEST_TIMEOUT})
  endforeach()
endfunction()

file(GLOB test_dirs CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/*")
foreach(dir IN LISTS test_dirs)
  get_filename_component(name "${dir}" NAME)
  if(NOT IS_DIRECTORY "${dir}" OR name MATCHES "^(tools|golden|fuzz|data)$")
    continue()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${dir}/*.cc")
  if(sources)
    tern_add_tests(${name} ${sources})
  endif()
endforeach()

file(GLOB test_tools CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/tools/*.cc")
foreach(source IN LISTS test_tools)
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE tern tern_private)
endforeach()

# tools/X.cc -> build/bin/X; examples/X/main.cc -> build/bin/X;
# benchmarks/*.cc -> build/bin/tern_bench.

# Checks of Keras' golden vectors, which golden_vectors and the tests share.
if(TERN_BUILD_TOOLS OR TERN_BUILD_TESTS)
  file(GLOB keras_vectors CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/tools/golden/keras/*.cc")
  add_library(tern_keras_vectors STATIC EXCLUDE_FROM_ALL ${keras_vectors})
  target_link_libraries(tern_keras_vectors PUBLIC tern tern_private)
endif()

if(TERN_BUILD_TOOLS)
  # The files of tools/Y/ belong to the programs Y and Y_*.
  file(GLOB tools CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tools/*.cc")
  foreach(source IN LISTS tools)
    get_filename_component(name "${source}" NAME_WE)
    if(name STREQUAL "golden_vectors" AND NOT TERN_HAS_JSON)
      continue()  # its cases are JSON files
    endif()
    if(name STREQUAL "tern" AND NOT TERN_HAS_CLI11)
      continue()  # which reads its command line
    endif()
    string(REGEX REPLACE "_.*" "" folder "${name}")
    file(GLOB parts CONFIGURE_DEPENDS
      "${PROJECT_SOURCE_DIR}/tools/${folder}/*.cc")
    if(name STREQUAL "tern")  # the target of that name is the library
      set(target tern_command)
    else()
      set(target ${name})
    endif()
    add_executable(${target} "${source}" ${parts})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
    target_link_libraries(${target} PRIVATE tern tern_private)
    if(name STREQUAL "tern")
      target_link_libraries(${target} PRIVATE CLI11::CLI11)
    elseif(name STREQUAL "golden_vectors")
      target_link_libraries(${target} PRIVATE tern_keras_vectors)
    endif()
    add_dependencies(${target} tern ${tern_run_time_libraries})
  endforeach()
endif()

if(TERN_BUILD_EXAMPLES)
  # An example sees what a user sees: the public headers and tern::tern.
  file(GLOB examples CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/examples/*/main.cc")
  foreach(source IN LISTS examples)
    get_filename_component(dir "${source}" DIRECTORY)
    get_filename_component(name "${dir}" NAME)
    if(EXISTS "${dir}/CMakeLists.txt")  # a project of its own
      continue()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS "${dir}/*.cc")
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE tern::tern tern_warnings)
    add_dependencies(${name} tern ${tern_run_time_libraries})
  endforeach()
endif()

if(TERN_BUILD_BENCHMARKS AND TERN_HAS_BENCHMARK)
  # Some benchmarks measure processes: benchmarks/X/main.cc -> build/bin/X.
  file(GLOB benchmarks CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/benchmarks/*.cc")
  file(GLOB measured CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/benchmarks/*/main.cc")
  add_executable(tern_bench ${benchmarks})
  target_link_libraries(tern_bench PRIVATE tern::tern tern_warnings
    benchmark::benchmark)
  add_dependencies(tern_bench tern ${tern_run_time_libraries})
  foreach(source IN LISTS measured)
    get_filename_component(dir "${source}" DIRECTORY)
    get_filename_component(name "${dir}" NAME)
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE tern::tern tern_warnings)
    add_dependencies(tern_bench ${name})
  endforeach()
endif()

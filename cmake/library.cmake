# libtern: all layers of src/, the CPU kernels and the generated lists.

set(tern_layers core io ops autodiff graph data saved_model keras)
set(tern_generated_dir "${PROJECT_BINARY_DIR}/generated")

set(tern_sources "")
foreach(layer IN LISTS tern_layers)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/src/${layer}/*.cc")
  list(APPEND tern_sources ${sources})
endforeach()
file(GLOB_RECURSE tern_plain_kernels CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/kernels/cpu/plain/*.cc")

include(registrations)
include(cpu_kernels)
include(protobuf_messages)

add_library(tern SHARED
  ${tern_sources}
  ${tern_plain_kernels}
  ${tern_registration_sources}
  ${tern_cpu_isa_sources}
  ${tern_message_objects})
add_library(tern::tern ALIAS tern)
set_target_properties(tern PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  EXPORT_NAME tern)
target_compile_features(tern PUBLIC cxx_std_20)

# What runs while a model is defined, traced, read or written is to be small
# rather than fast. (ops/math and ops/state are on the way of eager code.)
set(tern_small_sources ${tern_sources})
list(FILTER tern_small_sources INCLUDE REGEX
  "/src/(io|ops/[a-z]+|graph/(graph_def|passes|v1)|saved_model|keras)/")
list(FILTER tern_small_sources EXCLUDE REGEX "/src/ops/(math|state)/")
set_source_files_properties(${tern_small_sources} PROPERTIES
  COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")

# Its loops run over a few signals side by side: -O2 leaves such alone.
set_source_files_properties(
  "${PROJECT_SOURCE_DIR}/kernels/cpu/plain/signal/fourier.cc"
  PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")

# How every file of Tern's own is compiled, tests included: they may look
# behind the public headers.
add_library(tern_private INTERFACE)
target_include_directories(tern_private INTERFACE
  "${PROJECT_SOURCE_DIR}/include"
  "${PROJECT_SOURCE_DIR}/src"
  "${PROJECT_SOURCE_DIR}"
  "${tern_generated_dir}")
target_link_libraries(tern_private INTERFACE
  tern_warnings
  tern_optional
  Eigen3::Eigen
  protobuf::libprotobuf
  ZLIB::ZLIB
  Threads::Threads)
target_compile_definitions(tern_private INTERFACE
  # Only core/parallel.h opens parallel regions.
  EIGEN_DONT_PARALLELIZE)
if(tern_has_messages)
  add_dependencies(tern_private tern_messages)
endif()

target_include_directories(tern PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(tern PRIVATE $<BUILD_INTERFACE:tern_private>
  ${CMAKE_DL_LIBS})
target_compile_options(tern PRIVATE
  # One rounding a written operation, on every architecture.
  -ffp-contract=off
  # Nobody replaces a function of libtern: calls inside it may be inlined and
  # need no indirection.
  -fno-semantic-interposition)
target_link_options(tern PRIVATE -Wl,-Bsymbolic-functions -Wl,--as-needed)
if(NOT TERN_SANITIZE)  # whose run-time library is the program's
  target_link_options(tern PRIVATE -Wl,--no-undefined)
endif()

# Libraries of their own for heavy dependencies, opened with dlopen from the
# folder of libtern.
set(tern_run_time_libraries "")
function(tern_run_time_library name dependency)
  if(NOT ARGN)
    return()
  endif()
  add_library(${name} SHARED ${ARGN})
  target_link_libraries(${name} PRIVATE tern tern_private ${dependency})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH "\$ORIGIN")
  set(tern_run_time_libraries ${tern_run_time_libraries} ${name} PARENT_SCOPE)
endfunction()

if(TERN_HAS_HDF5)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/hdf5/*.cc")
  tern_run_time_library(tern_hdf5 hdf5::hdf5 ${sources})
endif()
if(TERN_HAS_CODECS)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/images/*.cc")
  tern_run_time_library(tern_images tern_codecs ${sources})
endif()
if(TERN_HAS_ONEDNN)
  file(GLOB sources CONFIGURE_DEPENDS
    "${PROJECT_SOURCE_DIR}/kernels/cpu/onednn/*.cc")
  tern_run_time_library(tern_onednn tern_ONEDNN ${sources})
endif()

# What Tern is built on. Required: Eigen, protobuf, zlib, threads.
# Each optional one has a switch TERN_WITH_X = AUTO, ON or OFF; the code sees
# TERN_HAS_X.

find_package(Threads REQUIRED)

macro(tern_require package debian_package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "Tern needs ${package}: install ${debian_package}, or "
      "run tools/install_deps.sh.")
  endif()
endmacro()

tern_require(Eigen3 libeigen3-dev CONFIG)
tern_require(Protobuf "libprotobuf-dev and protobuf-compiler")
tern_require(ZLIB zlib1g-dev)

# Private libraries and definitions of libtern that come from the optional
# dependencies that were found.
add_library(tern_optional INTERFACE)

set(tern_optional_found "")
set(tern_optional_missing "")

# After a quiet search, records whether X is there: `target` exists then.
macro(tern_optional x debian_package target)
  if(TARGET ${target})
    set(TERN_HAS_${x} TRUE)
    list(APPEND tern_optional_found ${x})
  else()
    set(TERN_HAS_${x} FALSE)
    list(APPEND tern_optional_missing ${x})
    if(TERN_WITH_${x} STREQUAL "ON")
      message(FATAL_ERROR "TERN_WITH_${x} is ON, but it was not found: install "
        "${debian_package}, or run tools/install_deps.sh.")
    endif()
  endif()
endmacro()

# Whether to look for X at all.
macro(tern_wanted x description variable)
  set(TERN_WITH_${x} AUTO CACHE STRING "${description}: AUTO, ON or OFF")
  set_property(CACHE TERN_WITH_${x} PROPERTY STRINGS AUTO ON OFF)
  string(TOUPPER "${TERN_WITH_${x}}" TERN_WITH_${x})
  if(NOT TERN_WITH_${x} MATCHES "^(AUTO|ON|OFF)$")
    message(FATAL_ERROR
      "TERN_WITH_${x} is \"${TERN_WITH_${x}}\"; it must be AUTO, ON or OFF.")
  endif()
  if(TERN_WITH_${x} STREQUAL "OFF")
    set(${variable} FALSE)
  else()
    set(${variable} TRUE)
  endif()
endmacro()

# An optional library with a CMake package.
macro(tern_optional_package x description debian_package package target)
  tern_wanted(${x} "${description}" wanted)
  if(wanted)
    find_package(${package} QUIET ${ARGN})
    tern_optional(${x} ${debian_package} ${target})
  else()
    set(TERN_HAS_${x} FALSE)
  endif()
endmacro()

# An optional library that only has a header and a library file.
macro(tern_optional_library x description debian_package header library)
  tern_wanted(${x} "${description}" wanted)
  if(wanted)
    find_path(TERN_${x}_INCLUDE_DIR ${header})
    find_library(TERN_${x}_LIBRARY ${library})
    mark_as_advanced(TERN_${x}_INCLUDE_DIR TERN_${x}_LIBRARY)
    if(TERN_${x}_INCLUDE_DIR AND TERN_${x}_LIBRARY)
      add_library(tern_${x} UNKNOWN IMPORTED)
      set_target_properties(tern_${x} PROPERTIES
        IMPORTED_LOCATION "${TERN_${x}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${TERN_${x}_INCLUDE_DIR}")
    endif()
    tern_optional(${x} ${debian_package} tern_${x})
  else()
    set(TERN_HAS_${x} FALSE)
  endif()
endmacro()

# Those that libtern itself links.
macro(tern_link_optional x target)
  if(TERN_HAS_${x})
    target_link_libraries(tern_optional INTERFACE ${target})
    target_compile_definitions(tern_optional INTERFACE TERN_HAS_${x}=1)
  endif()
endmacro()

# oneDNN is linked by tern_onednn alone, a library opened on first use. Not by
# its CMake package: Debian's asks for OpenCL, which Tern does not use.
tern_optional_library(ONEDNN "oneDNN: fast convolutions"
  libdnnl-dev oneapi/dnnl/dnnl.hpp dnnl)
if(TERN_HAS_ONEDNN)
  target_compile_definitions(tern_optional INTERFACE TERN_HAS_ONEDNN=1)
endif()
# Image formats are linked by tern_images alone, a library opened on first use.
add_library(tern_codecs INTERFACE)
set(TERN_HAS_CODECS FALSE)
macro(tern_link_codec x target)
  if(TERN_HAS_${x})
    set(TERN_HAS_CODECS TRUE)
    target_link_libraries(tern_codecs INTERFACE ${target})
    target_compile_definitions(tern_optional INTERFACE TERN_HAS_${x}=1)
  endif()
endmacro()
tern_optional_package(JPEG "JPEG images" libjpeg-dev JPEG JPEG::JPEG)
tern_link_codec(JPEG JPEG::JPEG)
tern_optional_package(PNG "PNG images" libpng-dev PNG PNG::PNG)
tern_link_codec(PNG PNG::PNG)
tern_optional_library(GIF "GIF images" libgif-dev gif_lib.h gif)
tern_link_codec(GIF tern_GIF)
tern_optional_library(SNAPPY "Snappy compression" libsnappy-dev snappy.h snappy)
tern_link_optional(SNAPPY tern_SNAPPY)
tern_optional_library(RE2 "RE2 regular expressions" libre2-dev re2/re2.h re2)
tern_link_optional(RE2 tern_RE2)
tern_optional_library(UTF8PROC "Unicode tables" libutf8proc-dev utf8proc.h
  utf8proc)
tern_link_optional(UTF8PROC tern_UTF8PROC)
tern_optional_library(FARMHASH "FarmHash fingerprints" libfarmhash-dev
  farmhash.h farmhash)
tern_link_optional(FARMHASH tern_FARMHASH)
tern_optional_package(JSON "nlohmann-json" nlohmann-json3-dev nlohmann_json
  nlohmann_json::nlohmann_json CONFIG)
tern_link_optional(JSON nlohmann_json::nlohmann_json)

# HDF5 is linked by tern_hdf5 alone, a library opened on first use.
tern_optional_package(HDF5 "Keras .h5 and .keras files" libhdf5-dev HDF5
  hdf5::hdf5 COMPONENTS C)

if(TERN_BUILD_TOOLS)
  tern_optional_package(CLI11 "the command line `tern`" libcli11-dev CLI11
    CLI11::CLI11 CONFIG)
endif()
if(TERN_BUILD_BENCHMARKS)
  tern_optional_package(BENCHMARK "Google Benchmark" libbenchmark-dev benchmark
    benchmark::benchmark CONFIG)
endif()

list(JOIN tern_optional_found ", " found)
list(JOIN tern_optional_missing ", " missing)
message(STATUS "Tern: optional dependencies found: ${found}")
if(missing)
  message(STATUS "Tern: optional dependencies not found: ${missing}")
endif()

# Language, warnings, sanitizers and where things are built.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Programs need no new link when only the inside of libtern changed.
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "Tern needs g++ 12 or later, or clang++ 14 or later; "
    "found g++ ${CMAKE_CXX_COMPILER_VERSION}.")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND
       CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "Tern needs g++ 12 or later, or clang++ 14 or later; "
    "found clang++ ${CMAKE_CXX_COMPILER_VERSION}.")
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TERN_CCACHE ccache)
  mark_as_advanced(TERN_CCACHE)
  if(TERN_CCACHE)
    # Checkouts in other folders share what was compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=true
      "${TERN_CCACHE}")
  endif()
endif()

# The hot loops choose -O3 themselves (cpu_kernels.cmake); the rest gains
# nothing from it but compile time.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

# Warnings of Tern's own targets; not of what users compile.
add_library(tern_warnings INTERFACE)
target_compile_options(tern_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${TERN_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 and 13 report these for correct code once inlining sets in.
  target_compile_options(tern_warnings INTERFACE
    -Wno-aggressive-loop-optimizations -Wno-array-bounds
    -Wno-maybe-uninitialized -Wno-restrict
    -Wno-stringop-overflow -Wno-stringop-overread)
endif()

if(TERN_SANITIZE)
  add_compile_options(-fsanitize=${TERN_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TERN_SANITIZE})
endif()

if(TERN_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TERN_BUILD_FUZZERS needs clang and its libFuzzer; "
      "found ${CMAKE_CXX_COMPILER_ID}. Other compilers run the inputs of "
      "tests/fuzz/corpus without it.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

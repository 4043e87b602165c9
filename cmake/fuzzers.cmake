# tests/fuzz/X_fuzz.cc -> build/bin/fuzz_X: LLVMFuzzerTestOneInput for one
# reader of outside bytes; tests/fuzz/corpus/X/ holds small inputs for it, and
# tests/fuzz/corpus/X.shared patterns of real files below $TERN_SHARED.
#
# With TERN_BUILD_FUZZERS (clang) they are libFuzzer programs; any other build
# links a main() that runs the inputs once. Both ways the inputs are a test.

if(TERN_BUILD_FUZZERS)
  set(fuzz_main "")
  set(corpus_flags -runs=0)
else()
  set(fuzz_main "${PROJECT_SOURCE_DIR}/tests/fuzz/run_corpus.cc")
  set(corpus_flags "")
endif()

file(GLOB fuzz_targets CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cc")
foreach(source IN LISTS fuzz_targets)
  get_filename_component(name "${source}" NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name "${name}")
  set(corpus "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
  if(NOT IS_DIRECTORY "${corpus}")
    message(FATAL_ERROR "${source} needs inputs to start from: ${corpus}/")
  endif()
  add_executable(fuzz_${name} "${source}" ${fuzz_main})
  target_link_libraries(fuzz_${name} PRIVATE tern tern_private)
  add_dependencies(fuzz_${name} tern ${tern_run_time_libraries})
  set(inputs "${corpus}")
  if(TERN_BUILD_FUZZERS)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  elseif(EXISTS "${corpus}.shared")
    list(APPEND inputs "${corpus}.shared")
  endif()
  add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${corpus_flags} ${inputs})
  set_tests_properties(fuzz/${name} PROPERTIES
    LABELS fuzz
    TIMEOUT 600)
endforeach()

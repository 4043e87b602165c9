# The list of everything that registers ops, Keras objects or plain CPU kernels,
# generated from the sources: no static constructors, so a static library works too.

# tern_collect(<output> <kind> <sources...>) writes <output> at build time, and
# leaves it untouched when no registration came or went.
function(tern_collect output kind)
  set(list_file "${output}.sources")
  list(JOIN ARGN "\n" lines)
  file(GENERATE OUTPUT "${list_file}" CONTENT "${lines}\n")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" -D "OUTPUT=${output}" -D "KIND=${kind}"
      -D "SOURCES=${list_file}"
      -P "${PROJECT_SOURCE_DIR}/cmake/collect_registrations.cmake"
    DEPENDS ${ARGN} "${list_file}"
      "${PROJECT_SOURCE_DIR}/cmake/collect_registrations.cmake"
    COMMENT "Collecting the registrations of ${kind}"
    VERBATIM)
endfunction()

set(op_sources ${tern_sources})
list(FILTER op_sources INCLUDE REGEX
  "/src/(ops|autodiff|graph|data|saved_model|keras)/")
tern_collect("${tern_generated_dir}/register_ops.cc" ops ${op_sources})
# Ops that run functions have their kernels beside the program executor.
set(kernel_sources ${tern_plain_kernels} ${tern_sources})
list(FILTER kernel_sources INCLUDE REGEX "/(kernels|src/graph)/")
tern_collect("${tern_generated_dir}/register_plain_kernels.cc" plain_kernels
  ${kernel_sources})
set(keras_sources ${tern_sources})
list(FILTER keras_sources INCLUDE REGEX "/src/keras/")
tern_collect("${tern_generated_dir}/register_objects.cc" objects
  ${keras_sources})
set(tern_registration_sources
  "${tern_generated_dir}/register_objects.cc"
  "${tern_generated_dir}/register_ops.cc"
  "${tern_generated_dir}/register_plain_kernels.cc")

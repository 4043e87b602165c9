# src/io/proto/*.proto, included as "io/proto/x.pb.h" and imported by each
# other as "io/proto/x.proto". No public header knows them.

file(GLOB tern_protos CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/src/io/proto/*.proto")
set(tern_message_objects "")
set(tern_has_messages FALSE)
if(tern_protos)
  set(tern_has_messages TRUE)
  file(MAKE_DIRECTORY "${tern_generated_dir}")
  set(message_sources "")
  foreach(proto IN LISTS tern_protos)
    get_filename_component(name "${proto}" NAME_WE)
    set(stem "${tern_generated_dir}/io/proto/${name}.pb")
    add_custom_command(
      OUTPUT "${stem}.cc" "${stem}.h"
      COMMAND protobuf::protoc -I "${PROJECT_SOURCE_DIR}/src"
        "--cpp_out=${tern_generated_dir}" "${proto}"
      # A message's text depends on all that it may import.
      DEPENDS ${tern_protos}
      COMMENT "Generating ${name}.pb"
      VERBATIM)
    list(APPEND message_sources "${stem}.cc" "${stem}.h")
  endforeach()
  add_library(tern_messages OBJECT ${message_sources})
  target_include_directories(tern_messages PUBLIC "${tern_generated_dir}")
  target_link_libraries(tern_messages PUBLIC protobuf::libprotobuf)
  # Generated code is protobuf's own; -O1 is enough for it.
  target_compile_options(tern_messages PRIVATE -w)
  set(tern_message_objects $<TARGET_OBJECTS:tern_messages>)
endif()

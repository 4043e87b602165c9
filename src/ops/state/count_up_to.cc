// count_up_to.cc: variables that count.

#include "ops/infer_context.h"
#include "ops/op_def.h"

namespace tern {

void register_count_up_to_ops(OpRegistry& registry) {
  // Runs as the op on resources (graph/v1/ref_variables.h).
  registry.add("CountUpTo")
      .input("ref: Ref(T)")
      .output("output: T")
      .attr("limit: int")
      .attr("T: {int32, int64}")
      .infer(scalar_output)
      .traits(kStateful);
  registry.add("ResourceCountUpTo")
      .input("resource: resource")
      .output("output: T")
      .attr("limit: int")
      .attr("T: {int32, int64}")
      .infer(scalar_output)
      .traits(kStateful | kKeepsNoInput);
}

}  // namespace tern

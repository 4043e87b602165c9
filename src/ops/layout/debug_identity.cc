// debug_identity.cc: what debuggers put into graphs to look at tensors; without
// one they pass tensors on.

#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"

namespace tern {
namespace {

OpBuilder add_pass(OpRegistry& registry, const char* name, const char* input) {
  OpBuilder op = registry.add(name);
  op.input(input).output("output: T").attr("T: type");
  return op.infer(same_as_input).forwards();
}

}  // namespace

void register_debug_identity_ops(OpRegistry& registry) {
  for (const char* name : {"Copy", "CopyHost"})
    add_pass(registry, name, "input: T")
        .attr("tensor_name: string = ''")
        .attr("debug_ops_spec: list(string) = []");
  add_pass(registry, "DebugIdentity", "input: T")
      .attr("device_name: string = ''")
      .attr("tensor_name: string = ''")
      .attr("debug_urls: list(string) = []")
      .attr("gated_grpc: bool = false");
  add_pass(registry, "DebugGradientIdentity", "input: T")
      .grad([](GradContext& g) { g.set(0, g.output_gradient()); })
      .grad_reads({});
  add_pass(registry, "CheckPinned", "tensor: T");
}

}  // namespace tern

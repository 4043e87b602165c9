// v1_control_flow.cc: branches and loops of TensorFlow 1's graphs. They say
// where values flow and run in a session, never by themselves.

#include "ops/infer_context.h"
#include "ops/op_def.h"

namespace tern {
namespace {

void like_input(InferContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) {
    c.set_output(i, c.input(0));
    c.set_output_handle(i, c.handle(0));
  }
}

/// One of the inputs: what all of them agree on.
void merge_shape(InferContext& c) {
  Shape shape = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) shape = shape.relax(c.input(i));
  c.set_output(0, shape);
  c.set_output_handle(0, c.handle(0));
  c.set_output(1, Shape());
}

/// Some input but the index: what all of them agree on.
void selected_shape(InferContext& c) {
  Shape shape = c.input(1);
  for (int i = 2; i < c.num_inputs(); ++i) shape = shape.relax(c.input(i));
  c.set_output(0, shape);
}

}  // namespace

void register_v1_control_flow_ops(OpRegistry& registry) {
  for (bool is_ref : {false, true}) {
    const std::string prefix = is_ref ? "Ref" : "";
    const char* type = is_ref ? "Ref(T)" : "T";
    registry.add(prefix + "Switch")
        .input(std::string("data: ") + type)
        .input("pred: bool")
        .output(std::string("output_false: ") + type)
        .output(std::string("output_true: ") + type)
        .attr("T: type")
        .infer(like_input)
        .traits(kHostOnly)
        .all_set_by_kernel();
    registry.add(prefix + "Merge")
        .input(is_ref ? "inputs: Ref(N * T)" : "inputs: N * T")
        .output(std::string("output: ") + type)
        .output("value_index: int32")
        .attr("T: type")
        .attr("N: int >= 1")
        .infer(merge_shape)
        .traits(kHostOnly)
        .all_set_by_kernel();
    registry.add(prefix + "Enter")
        .input(std::string("data: ") + type)
        .output(std::string("output: ") + type)
        .attr("T: type")
        .attr("frame_name: string")
        .attr("is_constant: bool = false")
        .attr("parallel_iterations: int = 10")
        .infer(like_input)
        .traits(kHostOnly)
        .all_set_by_kernel();
    for (const char* name : {"Exit", "NextIteration"})
      registry.add(prefix + name)
          .input(std::string("data: ") + type)
          .output(std::string("output: ") + type)
          .attr("T: type")
          .infer(like_input)
          .traits(kHostOnly)
          .all_set_by_kernel();
  }
  registry.add("RefSelect")
      .input("index: int32")
      .input("inputs: Ref(N * T)")
      .output("output: Ref(T)")
      .attr("T: type")
      .attr("N: int >= 1")
      .infer(selected_shape)
      .traits(kHostOnly)
      .all_set_by_kernel();
  registry.add("RefIdentity")
      .input("input: Ref(T)")
      .output("output: Ref(T)")
      .attr("T: type")
      .infer(like_input)
      .traits(kHostOnly)
      .all_set_by_kernel();
  registry.add("LoopCond")
      .input("input: bool")
      .output("output: bool")
      .infer(same_as_input)
      .traits(kHostOnly)
      .all_set_by_kernel();
  registry.add("ControlTrigger").traits(kStateful | kHostOnly);
}

}  // namespace tern

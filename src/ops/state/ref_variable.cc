// ref_variable.cc: variables of TensorFlow 1, which hand out references to
// themselves. No kernel runs on references: sessions turn them into resources
// (graph/v1/ref_variables.h).

#include "ops/infer_context.h"
#include "ops/op_def.h"

namespace tern {
namespace {

constexpr const char* kNumbers = "T: numbertype";
constexpr const char* kAny = "T: type";

void same_as_reference(InferContext& c) { c.set_output(0, c.input(0)); }

OpBuilder add_update(OpRegistry& registry,
                     const char* name,
                     const char* types,
                     bool use_locking) {
  OpBuilder op = registry.add(name);
  op.input("ref: Ref(T)").output("output_ref: Ref(T)").attr(types);
  op.attr(use_locking ? "use_locking: bool = true"
                      : "use_locking: bool = false");
  op.infer(same_as_reference).no_grad().traits(kStateful);
  return op;
}

void add_scatter(OpRegistry& registry,
                 const char* name,
                 const char* types,
                 bool use_locking) {
  OpBuilder op = add_update(registry, name, types, use_locking);
  op.input("indices: Tindices")
      .input("updates: T")
      .attr("Tindices: {int32, int64}");
  if (std::string_view(name).starts_with("ScatterNd"))
    op.attr("bad_indices_policy: string = ''");
}

}  // namespace

void register_ref_variable_ops(OpRegistry& registry) {
  for (const char* name : {"Variable", "VariableV2"})
    registry.add(name)
        .output("ref: Ref(dtype)")
        .attr("shape: shape")
        .attr("dtype: type")
        .attr("container: string = ''")
        .attr("shared_name: string = ''")
        .infer([](InferContext& c) {
          Shape shape = c.attr<Shape>("shape");
          // The older op wrote [] where it knew nothing.
          bool unknown = c.op().name == "Variable" && shape.rank() == 0;
          c.set_output(0, unknown ? Shape::unknown() : shape);
        })
        .no_grad()
        .traits(kStateful);

  OpBuilder assign = add_update(registry, "Assign", kAny, true);
  assign.input("value: T").attr("validate_shape: bool = true");
  assign.infer([](InferContext& c) {
    c.set_output(0,
                 c.attr<bool>("validate_shape") ? c.input(0).merge(c.input(1))
                                                : c.input(1));
  });
  for (const char* name : {"AssignAdd", "AssignSub"}) {
    OpBuilder op = add_update(registry, name, kNumbers, false);
    op.input("value: T");
    op.infer(
        [](InferContext& c) { c.set_output(0, c.input(0).merge(c.input(1))); });
  }
  registry.add("IsVariableInitialized")
      .input("ref: Ref(dtype)")
      .output("is_initialized: bool")
      .attr("dtype: type")
      .infer(scalar_output)
      .no_grad()
      .traits(kStateful);

  for (const char* name : {"ScatterAdd",
                           "ScatterSub",
                           "ScatterMul",
                           "ScatterDiv",
                           "ScatterMin",
                           "ScatterMax",
                           "ScatterNdAdd",
                           "ScatterNdSub",
                           "ScatterNdMin",
                           "ScatterNdMax"})
    add_scatter(registry, name, kNumbers, false);
  for (const char* name : {"ScatterUpdate", "ScatterNdUpdate"})
    add_scatter(registry, name, kAny, true);

  registry.add("StridedSliceAssign")
      .input("ref: Ref(T)")
      .input("begin: Index")
      .input("end: Index")
      .input("strides: Index")
      .input("value: T")
      .output("output_ref: Ref(T)")
      .attr(kAny)
      .attr("Index: {int32, int64}")
      .attr("begin_mask: int = 0")
      .attr("end_mask: int = 0")
      .attr("ellipsis_mask: int = 0")
      .attr("new_axis_mask: int = 0")
      .attr("shrink_axis_mask: int = 0")
      .infer(same_as_reference)
      .no_grad()
      .traits(kStateful);
}

}  // namespace tern

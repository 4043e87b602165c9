// identity.cc: constants, placeholders, and ops that pass a tensor on.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Output i is input i, with what is known of the values behind a handle.
void pass_on(InferContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) {
    c.set_output(i, c.input(i));
    if (c.input_dtype(i) == resource || c.input_dtype(i) == variant)
      c.set_output_handle(i, c.handle(i));
  }
}

void pass_gradients(GradContext& g) {
  for (int i = 0; i < g.num_outputs(); ++i) g.set(i, g.output_gradient(i));
}

void shape_from_attr(InferContext& c) {
  c.set_output(0, c.attr<Shape>("shape"));
}

/// Whatever is fed must fit the attr.
void default_or_fed(InferContext& c) {
  const Shape& shape = c.attr<Shape>("shape");
  if (!c.input(0).is_compatible_with(shape))
    throw InvalidArgumentError("Dimension mismatch: the default has shape ",
                               c.input(0).debug_string(),
                               ", the placeholder ",
                               shape.debug_string());
  c.set_output(0, shape.is_fully_known() ? shape : c.input(0));
}

void ensured_shape(InferContext& c) {
  const Shape& expected = c.attr<Shape>("shape");
  if (!c.input(0).is_compatible_with(expected))
    throw InvalidArgumentError("Shape of tensor input ",
                               c.input(0).debug_string(),
                               " is not compatible with expected shape ",
                               expected.debug_string(),
                               ".");
  c.set_output(0, c.input(0).merge(expected));
}

}  // namespace

void register_identity_ops(OpRegistry& registry) {
  registry.add("Const")
      .output("output: dtype")
      .attr("value: tensor")
      .attr("dtype: type")
      .infer([](InferContext& c) {
        c.set_output(0, c.attr<Tensor>("value").shape());
      })
      .no_grad();

  registry.add("Placeholder")
      .output("output: dtype")
      .attr("dtype: type")
      .attr("shape: shape = { unknown_rank: true }")
      .infer(shape_from_attr)
      .set_by_kernel();

  registry.add("PlaceholderWithDefault")
      .input("input: dtype")
      .output("output: dtype")
      .attr("dtype: type")
      .attr("shape: shape")
      .infer(default_or_fed)
      .grad(pass_gradients)
      .grad_reads({})
      .forwards();

  registry.add("NoOp").infer([](InferContext&) {});

  registry.add("Identity")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .infer(pass_on)
      .grad(pass_gradients)
      .grad_reads({})
      .traits(kElementwise)
      .forwards();

  registry.add("IdentityN")
      .input("input: T")
      .output("output: T")
      .attr("T: list(type) >= 1")
      .infer(pass_on)
      .grad(pass_gradients)
      .grad_reads({})
      .forwards();

  registry.add("StopGradient")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .infer(pass_on)
      .no_grad()
      .traits(kElementwise)
      .forwards();

  registry.add("PreventGradient")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .attr("message: string = ''")
      .infer(pass_on)
      .grad([](GradContext& g) {
        throw InvalidArgumentError("Gradient explicitly disabled. Reason: ",
                                   g.attr<std::string>("message"));
      })
      .grad_reads({})
      .traits(kElementwise)
      .forwards();

  registry.add("Snapshot")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .infer(pass_on)
      .forwards();

  registry.add("DeepCopy")
      .input("x: T")
      .output("y: T")
      .attr("T: type")
      .infer(pass_on)
      .traits(kStateful);

  registry.add("GuaranteeConst")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .infer(pass_on)
      .traits(kStateful)
      .forwards();

  registry.add("EnsureShape")
      .input("input: T")
      .output("output: T")
      .attr("shape: shape")
      .attr("T: type")
      .infer(ensured_shape)
      .grad(pass_gradients)
      .grad_reads({})
      .forwards();
}

Tensor identity(const Tensor& input) { return raw<"Identity">(input); }

Tensor stop_gradient(const Tensor& input) { return raw<"StopGradient">(input); }

Tensor ensure_shape(const Tensor& x, const Shape& shape) {
  return raw<"EnsureShape">(x, {{"shape", shape}});
}

}  // namespace tern

// Local response normalization, and batch normalization as TensorFlow's first
// version had it.

#include "ops/apply.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void check_lrn_input(const InferContext& c, int i) {
  if (c.input(i).has_rank() && c.input(i).rank() != 4)
    throw InvalidArgumentError("in must be 4-dimensional, got shape ",
                               c.input(i).debug_string());
}

void add_lrn_attrs(OpBuilder& op) {
  op.output("output: T")
      .attr("depth_radius: int = 5")
      .attr("bias: float = 1.0")
      .attr("alpha: float = 1.0")
      .attr("beta: float = 0.5")
      .attr("T: {half, bfloat16, float} = DT_FLOAT");
}

void infer_lrn(InferContext& c) {
  check_lrn_input(c, 0);
  same_as_input(c);
}

void infer_lrn_grad(InferContext& c) {
  Shape shape = Shape::unknown();
  for (int i : {0, 1, 2}) {
    check_lrn_input(c, i);
    if (!shape.is_compatible_with(c.input(i)))
      throw InvalidArgumentError(
          "input_grads, input_image, and out_image should have the same "
          "shape, got ",
          shape.debug_string(),
          " and ",
          c.input(i).debug_string());
    shape = shape.merge(c.input(i));
  }
  c.set_output(0, shape);
}

constexpr const char* kNumberTypes =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";

/// The vectors after input t have an entry a channel.
std::int64_t channels_of(const InferContext& c, int vectors) {
  Shape t = image_input(c, 0, 4);
  std::int64_t channels = t[3];
  for (int i = 1; i <= vectors; ++i) {
    const Shape& vector = c.with_rank(i, 1);
    if (!vector.has_rank() || vector[0] < 0) continue;
    if (channels >= 0 && vector[0] != channels)
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " must have as many elements as t has channels: ",
          vector[0],
          " vs. ",
          channels);
    channels = vector[0];
  }
  return channels;
}

void infer_batch_norm(InferContext& c) {
  Shape t = image_input(c, 0, 4);
  t.set_dim(3, channels_of(c, 4));
  c.set_output(0, t);
}

void infer_batch_norm_grad(InferContext& c) {
  Shape t = image_input(c, 0, 4);
  std::int64_t channels = channels_of(c, 3);
  t.set_dim(3, channels);
  if (!c.input(4).is_compatible_with(t))
    throw InvalidArgumentError("backprop must have the shape of t, ",
                               t.debug_string(),
                               ", got ",
                               c.input(4).debug_string());
  c.set_output(0, t);
  for (int i = 1; i < 5; ++i) c.set_output(i, {channels});
}

void batch_norm_grad(GradContext& g) {
  Tensors d = raw<"BatchNormWithGlobalNormalizationGrad">.outputs(
      {g.input(0), g.input(1), g.input(2), g.input(4), g.dy()},
      {{"variance_epsilon", g.attr_value("variance_epsilon")},
       {"scale_after_normalization",
        g.attr_value("scale_after_normalization")}});
  for (int i = 0; i < 5; ++i) g.set(i, d[static_cast<std::size_t>(i)]);
}

}  // namespace

void register_local_response_ops(OpRegistry& registry) {
  OpBuilder lrn = registry.add("LRN");
  lrn.input("input: T");
  add_lrn_attrs(lrn);
  lrn.infer(infer_lrn).grad([](GradContext& g) {
    g.set(0,
          raw<"LRNGrad">(g.dy(),
                         g.input(0),
                         g.output(),
                         {{"depth_radius", g.attr_value("depth_radius")},
                          {"bias", g.attr_value("bias")},
                          {"alpha", g.attr_value("alpha")},
                          {"beta", g.attr_value("beta")}}));
  });
  OpBuilder grad = registry.add("LRNGrad");
  grad.input("input_grads: T").input("input_image: T").input("output_image: T");
  add_lrn_attrs(grad);
  grad.infer(infer_lrn_grad);

  registry.add("BatchNormWithGlobalNormalization")
      .input("t: T")
      .input("m: T")
      .input("v: T")
      .input("beta: T")
      .input("gamma: T")
      .output("result: T")
      .attr(kNumberTypes)
      .attr("variance_epsilon: float")
      .attr("scale_after_normalization: bool")
      .infer(infer_batch_norm)
      .grad(batch_norm_grad)
      .grad_reads({"t", "m", "v", "gamma"});
  registry.add("BatchNormWithGlobalNormalizationGrad")
      .input("t: T")
      .input("m: T")
      .input("v: T")
      .input("gamma: T")
      .input("backprop: T")
      .output("dx: T")
      .output("dm: T")
      .output("dv: T")
      .output("db: T")
      .output("dg: T")
      .attr(kNumberTypes)
      .attr("variance_epsilon: float")
      .attr("scale_after_normalization: bool")
      .infer(infer_batch_norm_grad);
}

}  // namespace tern

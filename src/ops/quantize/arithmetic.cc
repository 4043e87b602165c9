// arithmetic.cc: ops on quantized integers with the ranges that they stand
// for.

#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/core/shape.h"

namespace tern {
namespace {

/// Inputs from `first` on are scalars; output 0 has this shape, the others
/// are its range.
void with_range(InferContext& c, const Shape& shape, int first) {
  for (int i = first; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, shape);
  for (int i = 1; i < c.num_outputs(); ++i) c.set_output(i, Shape());
}

void like_input(InferContext& c) { with_range(c, c.input(0), 1); }

void range_only(InferContext& c) {
  c.with_rank(1, 0);
  c.with_rank(2, 0);
  c.set_output(0, Shape());
  c.set_output(1, Shape());
}

void broadcast(InferContext& c) {
  with_range(c, broadcast_static_shape(c.input(0), c.input(1)), 2);
}

/// The bias is a vector as long as the last dimension.
void biased(InferContext& c) {
  const Shape& input = c.with_rank_at_least(0, 1);
  const Shape& bias = c.with_rank(1, 1);
  if (input.has_rank() && bias.has_rank() && input[-1] >= 0 && bias[0] >= 0 &&
      input[-1] != bias[0])
    throw InvalidArgumentError(
        "Must provide as many biases as the last "
        "dimension of the input tensor: ",
        bias.debug_string(),
        " vs. ",
        input.debug_string());
  with_range(c, input, 2);
}

void multiplied(InferContext& c) {
  const Shape &a = c.with_rank(0, 2), &b = c.with_rank(1, 2);
  auto dim = [](const Shape& shape, bool second) {
    return shape.has_rank() ? shape[second ? 1 : 0] : -1;
  };
  const bool ta = c.attr<bool>("transpose_a"), tb = c.attr<bool>("transpose_b");
  const std::int64_t inner_a = dim(a, !ta), inner_b = dim(b, tb);
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b)
    throw InvalidArgumentError(
        "Dimensions must be equal, but are ", inner_a, " and ", inner_b);
  with_range(c, Shape{dim(a, ta), dim(b, !tb)}, 2);
}

void concatenated(InferContext& c) {
  const auto parts = static_cast<int>(c.attr<std::int64_t>("N"));
  c.with_rank(0, 0);
  for (int i = 1 + parts; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  const auto given = c.value_as_int(0);
  Shape shape = c.input(1);
  if (!given || !shape.has_rank()) {
    shape = Shape::unknown();
  } else {
    if (*given < -shape.rank() || *given >= shape.rank())
      throw InvalidArgumentError("concat_dim must be in [",
                                 -shape.rank(),
                                 ", ",
                                 shape.rank(),
                                 "), got ",
                                 *given);
    const auto axis =
        static_cast<int>(*given < 0 ? *given + shape.rank() : *given);
    std::int64_t size = 0;
    for (int i = 1; i <= parts; ++i) {
      const Shape& part = c.with_rank(i, shape.rank());
      const std::int64_t length = part.has_rank() ? part[axis] : -1;
      size = size < 0 || length < 0 ? -1 : size + length;
      if (!part.has_rank()) continue;
      Shape others = part;
      others.set_dim(axis, shape[axis]);
      shape = shape.merge(others);
    }
    shape.set_dim(axis, size);
  }
  c.set_output(0, shape);
  c.set_output(1, Shape());
  c.set_output(2, Shape());
}

void reshaped(InferContext& c) {
  const Shape& input = c.input(0);
  Shape shape = c.value_as_partial_shape(1);
  // A -1 asks for what is left over only where the values are known.
  if (input.is_fully_known() && c.value_as_ints(1)) {
    std::int64_t known = 1;
    int open = -1;
    for (int d = 0; d < shape.rank(); ++d) {
      if (shape[d] < 0 && open >= 0)
        throw InvalidArgumentError("Only one dimension may be unknown in ",
                                   shape.debug_string());
      if (shape[d] < 0) open = d;
      if (shape[d] >= 0 && __builtin_mul_overflow(known, shape[d], &known))
        throw InvalidArgumentError(
            "Shape ", shape.debug_string(), " has too many elements");
    }
    const std::int64_t size = input.num_elements();
    if (open >= 0 ? known == 0 || size % known != 0 : known != size)
      throw InvalidArgumentError("Cannot reshape a tensor with ",
                                 size,
                                 " elements to shape ",
                                 shape.debug_string());
    if (open >= 0) shape.set_dim(open, size / known);
  }
  c.with_rank(2, 0);
  c.with_rank(3, 0);
  c.set_output(0, shape);
  c.set_output(1, Shape());
  c.set_output(2, Shape());
}

}  // namespace

void register_quantized_arithmetic_ops(OpRegistry& registry) {
  registry.add("QuantizeDownAndShrinkRange")
      .input("input: Tinput")
      .input("input_min: float")
      .input("input_max: float")
      .output("output: out_type")
      .output("output_min: float")
      .output("output_max: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16}")
      .no_grad()
      .traits(kHostOnly)
      .infer(like_input);
  registry.add("Requantize")
      .input("input: Tinput")
      .input("input_min: float")
      .input("input_max: float")
      .input("requested_output_min: float")
      .input("requested_output_max: float")
      .output("output: out_type")
      .output("output_min: float")
      .output("output_max: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16}")
      .no_grad()
      .traits(kHostOnly)
      .infer(like_input);
  registry.add("RequantizationRange")
      .input("input: Tinput")
      .input("input_min: float")
      .input("input_max: float")
      .output("output_min: float")
      .output("output_max: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .no_grad()
      .traits(kHostOnly)
      .infer(range_only);
  registry.add("QuantizedRelu")
      .input("features: Tinput")
      .input("min_features: float")
      .input("max_features: float")
      .output("activations: out_type")
      .output("min_activations: float")
      .output("max_activations: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16} = DT_QUINT8")
      .no_grad()
      .traits(kHostOnly)
      .infer(like_input);
  registry.add("QuantizedRelu6")
      .input("features: Tinput")
      .input("min_features: float")
      .input("max_features: float")
      .output("activations: out_type")
      .output("min_activations: float")
      .output("max_activations: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16} = DT_QUINT8")
      .no_grad()
      .traits(kHostOnly)
      .infer(like_input);
  registry.add("QuantizedReluX")
      .input("features: Tinput")
      .input("max_value: float")
      .input("min_features: float")
      .input("max_features: float")
      .output("activations: out_type")
      .output("min_activations: float")
      .output("max_activations: float")
      .attr("Tinput: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16} = DT_QUINT8")
      .no_grad()
      .traits(kHostOnly)
      .infer(like_input);
  registry.add("QuantizedBiasAdd")
      .input("input: T1")
      .input("bias: T2")
      .input("min_input: float")
      .input("max_input: float")
      .input("min_bias: float")
      .input("max_bias: float")
      .output("output: out_type")
      .output("min_out: float")
      .output("max_out: float")
      .attr("T1: {qint8, quint8, qint32, qint16, quint16}")
      .attr("T2: {qint8, quint8, qint32, qint16, quint16}")
      .attr("out_type: {qint8, quint8, qint32, qint16, quint16}")
      .no_grad()
      .traits(kHostOnly)
      .infer(biased);
  registry.add("QuantizedAdd")
      .input("x: T1")
      .input("y: T2")
      .input("min_x: float")
      .input("max_x: float")
      .input("min_y: float")
      .input("max_y: float")
      .output("z: Toutput")
      .output("min_z: float")
      .output("max_z: float")
      .attr("T1: {qint8, quint8, qint32, qint16, quint16}")
      .attr("T2: {qint8, quint8, qint32, qint16, quint16}")
      .attr("Toutput: {qint8, quint8, qint32, qint16, quint16} = DT_QINT32")
      .no_grad()
      .traits(kHostOnly)
      .infer(broadcast);
  registry.add("QuantizedConcat")
      .input("concat_dim: int32")
      .input("values: N * T")
      .input("input_mins: N * float")
      .input("input_maxes: N * float")
      .output("output: T")
      .output("output_min: float")
      .output("output_max: float")
      .attr("N: int >= 2")
      .attr("T: type")
      .no_grad()
      .traits(kHostOnly)
      .host("concat_dim")
      .infer(concatenated);
  registry.add("QuantizedMul")
      .input("x: T1")
      .input("y: T2")
      .input("min_x: float")
      .input("max_x: float")
      .input("min_y: float")
      .input("max_y: float")
      .output("z: Toutput")
      .output("min_z: float")
      .output("max_z: float")
      .attr("T1: {qint8, quint8, qint32, qint16, quint16}")
      .attr("T2: {qint8, quint8, qint32, qint16, quint16}")
      .attr("Toutput: {qint8, quint8, qint32, qint16, quint16} = DT_QINT32")
      .no_grad()
      .traits(kHostOnly)
      .infer(broadcast);
  registry.add("QuantizedMatMul")
      .input("a: T1")
      .input("b: T2")
      .input("min_a: float")
      .input("max_a: float")
      .input("min_b: float")
      .input("max_b: float")
      .output("out: Toutput")
      .output("min_out: float")
      .output("max_out: float")
      .attr("T1: {qint8, quint8, qint32, qint16, quint16}")
      .attr("T2: {qint8, quint8, qint32, qint16, quint16}")
      .attr("Toutput: {qint8, quint8, qint32, qint16, quint16} = DT_QINT32")
      .attr("transpose_a: bool = false")
      .attr("transpose_b: bool = false")
      .attr("Tactivation: {qint8, quint8, qint32, qint16, quint16} = DT_QUINT8")
      .no_grad()
      .traits(kHostOnly)
      .infer(multiplied);
  registry.add("QuantizedReshape")
      .input("tensor: T")
      .input("shape: Tshape")
      .input("input_min: float")
      .input("input_max: float")
      .output("output: T")
      .output("output_min: float")
      .output("output_max: float")
      .attr("T: type")
      .attr("Tshape: {int32, int64} = DT_INT32")
      .no_grad()
      .traits(kHostOnly)
      .host("shape")
      .infer(reshaped)
      .set_by_kernel(0);
}

}  // namespace tern

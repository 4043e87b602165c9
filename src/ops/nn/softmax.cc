// Softmax and the cross-entropies computed from logits.

#include <algorithm>
#include <numeric>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/nn.h"

namespace tern {
namespace {

void infer_softmax(InferContext& c) {
  if (c.input(0).rank() == 0)
    throw InvalidArgumentError("logits must have >= 1 dimension, got []");
  same_as_input(c);
}

Tensor sum_over_classes(const Tensor& x) {
  return raw<"Sum">(x, Tensor(-1), {{"keep_dims", true}});
}

/// The softmax's Jacobian is symmetric: diag(p) - p·pᵀ, row by row.
Tensor softmax_jacobian_times(const Tensor& v, const Tensor& p) {
  return raw<"Mul">(raw<"Sub">(v, sum_over_classes(raw<"Mul">(v, p))), p);
}

Tensor per_row(const Tensor& loss) {
  return raw<"ExpandDims">(loss, Tensor(-1));
}

/// d(loss)/d(logits) is the op's second output, whose own gradient is the
/// softmax's; that makes the loss twice differentiable.
Tensor gradient_of_logits(GradContext& g) {
  Tensor gradient = raw<"Mul">(per_row(g.dy(0)), g.output(1));
  if (g.has_dy(1))
    gradient = raw<"AddV2">(
        gradient, softmax_jacobian_times(g.dy(1), raw<"Softmax">(g.input(0))));
  return gradient;
}

void infer_cross_entropy(InferContext& c) {
  const Shape& logits = c.input(0);
  const Shape& labels = c.input(1);
  Shape rows = Shape::unknown_dims(2);
  if (logits.has_rank() && labels.has_rank()) {
    try {
      rows = broadcast_static_shape(logits, labels);
    } catch (const InvalidArgumentError&) {
      throw InvalidArgumentError(
          "logits and labels must be broadcastable: logits_size=",
          logits.debug_string(),
          " labels_size=",
          labels.debug_string());
    }
  } else if (logits.rank() > 2 || labels.rank() > 2) {
    rows = logits.has_rank() ? logits : labels;
  }
  if (rows.rank() != 2)
    throw InvalidArgumentError(
        "logits and labels must be either 2-dimensional, or broadcasted to be "
        "2-dimensional: logits ",
        logits.debug_string(),
        ", labels ",
        labels.debug_string());
  c.set_output(0, {rows[0]});
  c.set_output(1, rows);
}

void infer_sparse_cross_entropy(InferContext& c) {
  const Shape& logits = c.input(0);
  const Shape& labels = c.input(1);
  if (logits.has_rank() && logits.rank() != 2)
    throw InvalidArgumentError("logits must be 2-D, but got shape ",
                               logits.debug_string());
  if (labels.has_rank() && labels.rank() != 1)
    throw InvalidArgumentError("labels must be 1-D, but got shape ",
                               labels.debug_string());
  Shape rows = logits.has_rank() ? logits : Shape::unknown_dims(2);
  std::int64_t count = labels.has_rank() ? labels[0] : -1;
  if (rows[0] >= 0 && count >= 0 && rows[0] != count)
    throw InvalidArgumentError(
        "logits and labels must have the same first dimension, got logits "
        "shape ",
        logits.debug_string(),
        " and labels shape ",
        labels.debug_string());
  if (rows[1] == 0)
    throw InvalidArgumentError(
        "Must have at least one class, but got logits "
        "shape ",
        logits.debug_string());
  if (rows[0] < 0) rows.set_dim(0, count);
  c.set_output(0, {rows[0]});
  c.set_output(1, rows);
}

}  // namespace

void register_softmax_ops(OpRegistry& registry) {
  registry.add("Softmax")
      .input("logits: T")
      .output("softmax: T")
      .attr("T: {half, bfloat16, float, double}")
      .infer(infer_softmax)
      .grad([](GradContext& g) {
        g.set(0, softmax_jacobian_times(g.dy(), g.output()));
      })
      .grad_reads({"softmax"});

  registry.add("LogSoftmax")
      .input("logits: T")
      .output("logsoftmax: T")
      .attr("T: {half, bfloat16, float, double}")
      .infer(infer_softmax)
      .grad([](GradContext& g) {
        Tensor dy = g.dy();
        g.set(
            0,
            raw<"Sub">(
                dy, raw<"Mul">(sum_over_classes(dy), raw<"Exp">(g.output()))));
      })
      .grad_reads({"logsoftmax"});

  registry.add("SoftmaxCrossEntropyWithLogits")
      .input("features: T")
      .input("labels: T")
      .output("loss: T")
      .output("backprop: T")
      .attr("T: {half, bfloat16, float, double}")
      .infer(infer_cross_entropy)
      .grad([](GradContext& g) {
        if (g.needs(0))
          g.set(0, sum_to_shape_of(gradient_of_logits(g), g.input(0)));
        // As in TensorFlow, `backprop` counts as constant in the labels.
        if (g.needs(1))
          g.set(1,
                sum_to_shape_of(
                    raw<"Mul">(per_row(g.dy(0)),
                               raw<"Neg">(raw<"LogSoftmax">(g.input(0)))),
                    g.input(1)));
      })
      .grad_reads({"features", "backprop"});

  registry.add("SparseSoftmaxCrossEntropyWithLogits")
      .input("features: T")
      .input("labels: Tlabels")
      .output("loss: T")
      .output("backprop: T")
      .attr("T: {half, bfloat16, float, double}")
      .attr("Tlabels: {int32, int64} = DT_INT64")
      .infer(infer_sparse_cross_entropy)
      .grad([](GradContext& g) { g.set(0, gradient_of_logits(g)); })
      .grad_reads({"features", "backprop"});
}

namespace nn {
namespace {

/// x with `axis` and the last axis swapped, as the ops want their classes
/// last; swapping twice restores x.
Tensor swap_with_last(const Tensor& x, int axis, const char* function) {
  int rank = x.shape().rank();
  if (axis == -1 || axis == rank - 1) return x;
  if (rank < 0)
    throw InvalidArgumentError(
        function, ": the rank must be known for axis ", axis);
  if (axis < -rank || axis >= rank)
    throw InvalidArgumentError(function,
                               ": axis ",
                               axis,
                               " is outside the rank of shape ",
                               x.shape().debug_string());
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)],
            order.back());
  return raw<"Transpose">(x, Tensor(order));
}

/// All dimensions of x but the last, as an int64 vector.
Tensor outer_dims(const Tensor& x) {
  if (x.shape().has_rank()) {
    Shape outer = x.shape().slice(0, -1);
    if (outer.is_fully_known()) return Tensor(outer.to_vector());
  }
  return raw<"StridedSlice">(raw<"Shape">(x, {{"out_type", int64}}),
                             Tensor{0},
                             Tensor({-1}),
                             Tensor({1}));
}

/// [..., classes] as [rows, classes].
Tensor as_rows(const Tensor& x) {
  if (x.shape().rank() == 2) return x;
  if (x.shape().is_fully_known()) {
    std::int64_t rows = x.shape().slice(0, -1).num_elements();
    std::vector<std::int64_t> dims = {rows, x.shape()[-1]};
    return raw<"Reshape">(x, Tensor(dims));
  }
  Tensor dims = raw<"Shape">(x, {{"out_type", int64}});
  Tensor classes = raw<"StridedSlice">(
      dims, Tensor({-1}), Tensor{0}, Tensor({1}), {{"end_mask", 1}});
  return raw<"Reshape">(
      x,
      raw<"ConcatV2">(
          Tensors{Tensor(std::vector<std::int64_t>{-1}), classes, Tensor(0)}));
}

/// Half precision would lose the loss: TensorFlow computes it in float.
Tensor in_full_precision(const Tensor& logits) {
  DType dtype = logits.dtype();
  return dtype == float16 || dtype == bfloat16
             ? raw<"Cast">(logits, {{"DstT", float32}})
             : logits;
}

Tensor as_type(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : raw<"Cast">(x, {{"DstT", dtype}});
}

}  // namespace

Tensor softmax(const Tensor& logits) { return raw<"Softmax">(logits); }

Tensor softmax(const Tensor& logits, LastAxisOptions options) {
  Tensor swapped = swap_with_last(logits, options.axis, "softmax");
  return swap_with_last(softmax(swapped), options.axis, "softmax");
}

Tensor log_softmax(const Tensor& logits) { return raw<"LogSoftmax">(logits); }

Tensor log_softmax(const Tensor& logits, LastAxisOptions options) {
  Tensor swapped = swap_with_last(logits, options.axis, "log_softmax");
  return swap_with_last(log_softmax(swapped), options.axis, "log_softmax");
}

Tensor softmax_cross_entropy_with_logits(const Tensor& labels,
                                         const Tensor& logits,
                                         LastAxisOptions options) {
  constexpr const char* kName = "softmax_cross_entropy_with_logits";
  Tensor x = swap_with_last(in_full_precision(logits), options.axis, kName);
  Tensor y = labels.is_weak() ? labels.as_dtype(x.dtype())
                              : as_type(labels, x.dtype());
  y = swap_with_last(y, options.axis, kName);
  Tensor loss = raw<"SoftmaxCrossEntropyWithLogits">(as_rows(x), as_rows(y));
  if (x.shape().rank() != 2) loss = raw<"Reshape">(loss, outer_dims(x));
  return as_type(loss, logits.dtype());
}

Tensor sparse_softmax_cross_entropy_with_logits(const Tensor& labels,
                                                const Tensor& logits) {
  Tensor x = in_full_precision(logits);
  bool rows = x.shape().rank() == 2 && labels.shape().rank() == 1;
  Tensor y = labels;
  if (!rows) {
    const Shape& shape = x.shape();
    if (shape.has_rank() && labels.shape().has_rank() &&
        (shape.rank() == 0 ||
         !shape.slice(0, -1).is_compatible_with(labels.shape())))
      throw InvalidArgumentError(
          "`labels.shape` must equal `logits.shape` except for the last "
          "dimension. Received: labels.shape=",
          labels.shape(),
          " and logits.shape=",
          shape);
    y = raw<"Reshape">(labels, Tensor({-1}));
    x = as_rows(x);
  }
  Tensor loss = raw<"SparseSoftmaxCrossEntropyWithLogits">(x, y);
  if (!rows)
    loss = raw<"Reshape">(loss, raw<"Shape">(labels, {{"out_type", int64}}));
  return as_type(loss, logits.dtype());
}

}  // namespace nn
}  // namespace tern

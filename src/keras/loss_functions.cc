#include <cmath>

#include "keras/squeeze.h"
#include "keras/training/step_scope.h"
#include "tern/core/error.h"
#include "tern/keras/losses.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

using losses::CrossentropyOptions;

/// Probabilities are kept this far from 0 and 1.
constexpr double kEpsilon = 1e-7;

Tensor clip_probability(const Tensor& p) {
  return clip_by_value(p, kEpsilon, 1 - kEpsilon);
}

void check_same_shape(const Tensor& target, const Tensor& output) {
  if (!target.shape().is_compatible_with(output.shape()))
    throw InvalidArgumentError(
        "Arguments `target` and `output` must have the same shape. Received: "
        "target.shape=",
        target.shape(),
        ", output.shape=",
        output.shape());
}

/// The classes last, as softmax ops want them.
Tensor to_last_axis(const Tensor& x, int axis) {
  int rank = x.shape().rank();
  if (axis < 0) axis += rank;
  if (axis == rank - 1) return x;
  std::vector<std::int64_t> order;
  for (int i = 0; i < rank; ++i)
    if (i != axis) order.push_back(i);
  order.push_back(axis);
  return transpose(x, {.perm = order});
}

/// Labels 0 and 1 as -1 and 1; others stay.
Tensor hinge_labels(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = cast(y_true, y_pred.dtype());
  Tensor is_binary = reduce_all(logical_or(equal(y, 0), equal(y, 1)));
  return where(is_binary, 2.0 * y - 1.0, y);
}

/// log(1 + exp(x)) - x · z without overflow. The selections (not max and abs)
/// keep the gradient sigmoid(x) - z also at x = 0.
Tensor sigmoid_crossentropy(const Tensor& labels, const Tensor& logits) {
  Tensor positive = logits >= 0;
  Tensor relu = where(positive, logits, zeros_like(logits));
  Tensor minus_abs = where(positive, -logits, logits);
  return relu - logits * labels + math::log1p(exp(minus_abs));
}

}  // namespace

Tensor losses::binary_crossentropy(const Tensor& y_true, const Tensor& y_pred) {
  return binary_crossentropy(y_true, y_pred, {});
}

Tensor losses::binary_crossentropy(const Tensor& y_true,
                                   const Tensor& y_pred,
                                   CrossentropyOptions options) {
  check_same_shape(y_true, y_pred);
  Tensor y = cast(y_true, y_pred.dtype());
  if (options.label_smoothing != 0)
    y = y * (1 - options.label_smoothing) + 0.5 * options.label_smoothing;
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSigmoid, y_pred);
  if (logits.defined())
    return reduce_mean(sigmoid_crossentropy(y, logits), {.axis = options.axis});
  Tensor p = clip_probability(y_pred);
  return reduce_mean(-(y * log(p) + (1 - y) * log(1 - p)),
                     {.axis = options.axis});
}

Tensor losses::categorical_crossentropy(const Tensor& y_true,
                                        const Tensor& y_pred) {
  return categorical_crossentropy(y_true, y_pred, {});
}

Tensor losses::categorical_crossentropy(const Tensor& y_true,
                                        const Tensor& y_pred,
                                        CrossentropyOptions options) {
  check_same_shape(y_true, y_pred);
  Tensor y = cast(y_true, y_pred.dtype());
  if (options.label_smoothing != 0) {
    auto classes = static_cast<double>(y_pred.shape()[-1]);
    y = y * (1 - options.label_smoothing) + options.label_smoothing / classes;
  }
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSoftmax, y_pred);
  if (logits.defined())
    return nn::softmax_cross_entropy_with_logits(
        to_last_axis(y, options.axis), to_last_axis(logits, options.axis));
  Tensor sum = reduce_sum(y_pred, {.axis = options.axis, .keepdims = true});
  return -reduce_sum(y * log(clip_probability(y_pred / sum)),
                     {.axis = options.axis});
}

Tensor losses::sparse_categorical_crossentropy(const Tensor& y_true,
                                               const Tensor& y_pred) {
  return sparse_categorical_crossentropy(y_true, y_pred, {});
}

Tensor losses::sparse_categorical_crossentropy(const Tensor& y_true,
                                               const Tensor& y_pred,
                                               CrossentropyOptions options) {
  if (options.axis != -1 && options.axis != y_pred.shape().rank() - 1)
    throw InvalidArgumentError(
        "Only axis=-1 is currently supported. Received: axis=", options.axis);
  Tensor labels = cast(y_true, int64);
  // What is to be ignored may be no class at all.
  if (options.ignore_class)
    labels =
        where(equal(labels, *options.ignore_class), zeros_like(labels), labels);
  const Shape& output = y_pred.shape();
  if (labels.shape().rank() == output.rank() && output.rank() > 0 &&
      labels.shape()[-1] == 1)
    labels = squeeze(labels, -1);
  if (output.has_rank() && labels.shape().has_rank() &&
      labels.shape().rank() != output.rank() - 1)
    throw InvalidArgumentError(
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: "
        "target.shape=",
        labels.shape(),
        ", output.shape=",
        output);
  Tensor logits = options.from_logits
                      ? y_pred
                      : StepScope::logits_of(StepScope::Link::kSoftmax, y_pred);
  if (!logits.defined()) logits = log(clip_probability(y_pred));
  return nn::sparse_softmax_cross_entropy_with_logits(labels, logits);
}

Tensor losses::mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  return reduce_mean(math::squared_difference(y, p), {.axis = -1});
}

Tensor losses::mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  return reduce_mean(abs(y - p), {.axis = -1});
}

Tensor losses::mean_absolute_percentage_error(const Tensor& y_true,
                                              const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  Tensor share = abs((y - p) / maximum(abs(y), kEpsilon));
  return 100.0 * reduce_mean(share, {.axis = -1});
}

Tensor losses::mean_squared_logarithmic_error(const Tensor& y_true,
                                              const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  Tensor difference =
      log(maximum(p, kEpsilon) + 1.0) - log(maximum(y, kEpsilon) + 1.0);
  return reduce_mean(square(difference), {.axis = -1});
}

Tensor losses::hinge(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = hinge_labels(y_true, y_pred);
  return reduce_mean(maximum(1.0 - y * y_pred, 0.0), {.axis = -1});
}

Tensor losses::squared_hinge(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = hinge_labels(y_true, y_pred);
  return reduce_mean(square(maximum(1.0 - y * y_pred, 0.0)), {.axis = -1});
}

Tensor losses::categorical_hinge(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = cast(y_true, y_pred.dtype());
  Tensor right = reduce_sum(y * y_pred, {.axis = -1});
  Tensor wrong = reduce_max((1.0 - y) * y_pred, {.axis = -1});
  return maximum(wrong - right + 1.0, 0.0);
}

Tensor losses::kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = clip_by_value(cast(y_true, y_pred.dtype()), kEpsilon, 1.0);
  Tensor p = clip_by_value(y_pred, kEpsilon, 1.0);
  return reduce_sum(y * log(y / p), {.axis = -1});
}

Tensor losses::poisson(const Tensor& y_true, const Tensor& y_pred) {
  Tensor y = cast(y_true, y_pred.dtype());
  return reduce_mean(y_pred - y * log(y_pred + kEpsilon), {.axis = -1});
}

Tensor losses::huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  Tensor error = p - y, size = abs(error);
  Tensor values = where(
      size <= delta, 0.5 * square(error), delta * size - 0.5 * delta * delta);
  return reduce_mean(values, {.axis = -1});
}

Tensor losses::cosine_similarity(const Tensor& y_true,
                                 const Tensor& y_pred,
                                 int axis) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  auto unit = [&](const Tensor& x) {
    Tensor squares = reduce_sum(square(x), {.axis = axis, .keepdims = true});
    return x / sqrt(maximum(squares, 1e-12));
  };
  return -reduce_sum(unit(y) * unit(p), {.axis = axis});
}

Tensor losses::log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  auto [y, p] =
      squeeze_or_expand_to_same_rank(cast(y_true, y_pred.dtype()), y_pred);
  Tensor x = p - y;
  // log(cosh(x)) without overflow.
  return reduce_mean(x + nn::softplus(x * -2.0) - std::log(2.0), {.axis = -1});
}

}  // namespace tern::keras

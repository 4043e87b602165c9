#pragma once

#include <string>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern::nn {

/// Where the channels stand: "NHWC" (last) or "NCHW" (second).
struct BiasAddOptions {
  std::string data_format = "NHWC";
};

struct LeakyReluOptions {
  double alpha = 0.2;
};

struct MomentsOptions {
  bool keepdims = false;
};

struct Moments {
  Tensor mean;
  Tensor variance;
};

struct FusedBatchNormOptions {
  Tensor mean = {};
  Tensor variance = {};
  double epsilon = 0.001;
  std::string data_format = "NHWC";
  bool is_training = true;
  double exponential_avg_factor = 1.0;
};

struct FusedBatchNorm {
  Tensor y;
  Tensor running_mean;
  Tensor running_variance;
};

// Activations: elementwise on any shape; floats, and the relus on every real
// dtype. Each also serves as a Keras activation.

/// max(x, 0). NaN stays NaN; the gradient at 0 is 0.
Tensor relu(const Tensor& x);
/// min(max(x, 0), 6).
Tensor relu6(const Tensor& x);
/// x where x > 0, else alpha·x.
Tensor leaky_relu(const Tensor& x);
Tensor leaky_relu(const Tensor& x, LeakyReluOptions options);
/// x where x > 0, else exp(x) - 1.
Tensor elu(const Tensor& x);
/// scale·x where x > 0, else scale·alpha·(exp(x) - 1), with the constants of
/// Klambauer et al., 2017, that keep mean and variance from layer to layer.
Tensor selu(const Tensor& x);
/// 1 / (1 + exp(-x)).
Tensor sigmoid(const Tensor& x);
Tensor tanh(const Tensor& x);
/// log(1 + exp(x)).
Tensor softplus(const Tensor& x);
/// x / (1 + |x|).
Tensor softsign(const Tensor& x);

/// exp(x) / sum(exp(x)) along one axis (the last), safe for large x. A slice
/// with NaN, +inf or nothing but -inf is all NaN.
/// Throws InvalidArgumentError for a scalar.
Tensor softmax(const Tensor& logits);
Tensor softmax(const Tensor& logits, LastAxisOptions options);
/// log(softmax(x)), without loss of digits.
Tensor log_softmax(const Tensor& logits);
Tensor log_softmax(const Tensor& logits, LastAxisOptions options);

/// value + bias, with bias [channels] along value's channel dimension.
/// value: any number dtype, rank 2 to 5 (rank 3 at least for "NCHW").
/// Throws InvalidArgumentError when the channels differ.
Tensor bias_add(const Tensor& value,
                const Tensor& bias,
                BiasAddOptions options = {});

/// -sum(labels · log_softmax(logits)) along `axis`: one loss a row. Labels are
/// probabilities; both have the same shape, and the result lacks the axis.
Tensor softmax_cross_entropy_with_logits(const Tensor& labels,
                                         const Tensor& logits,
                                         LastAxisOptions options = {});

/// The same with one class index (int32 or int64) a row: logits [..., classes],
/// labels [...], result [...]. Throws InvalidArgumentError for a label outside
/// [0, classes).
Tensor sparse_softmax_cross_entropy_with_logits(const Tensor& labels,
                                                const Tensor& logits);

/// sum(t²) / 2, a scalar.
Tensor l2_loss(const Tensor& t);

/// Mean and (biased) variance of x over `axes`.
Moments moments(const Tensor& x, const Ints& axes, MomentsOptions options = {});

/// (x - mean) / sqrt(variance + epsilon) · scale + offset, all broadcast
/// against x. `offset` and `scale` may be undefined tensors.
Tensor batch_normalization(const Tensor& x,
                           const Tensor& mean,
                           const Tensor& variance,
                           const Tensor& offset,
                           const Tensor& scale,
                           double variance_epsilon);

/// Batch normalisation over all dimensions but the channels, x of rank 4
/// ("NHWC", "NCHW") or 5 ("NDHWC", "NCDHW"), float32, float16 or bfloat16;
/// scale, offset, mean and variance are float32 [channels]. In training the
/// statistics are the batch's, and running_mean and running_variance (unbiased)
/// are what moving averages take; else `mean` and `variance` are used.
FusedBatchNorm fused_batch_norm(const Tensor& x,
                                const Tensor& scale,
                                const Tensor& offset,
                                FusedBatchNormOptions options = {});

struct IsotonicRegression {
  Tensor output, segments;
};
struct IsotonicRegressionOptions {
  bool decreasing = true;
  int axis = -1;
};
/// The sequences along an axis nearest to the inputs that fall (or rise)
/// nowhere less, and which elements share a value (int32, counted from 0).
IsotonicRegression isotonic_regression(const Tensor& inputs,
                                       IsotonicRegressionOptions options = {});

}  // namespace tern::nn

#pragma once

#include <cstdint>
#include <optional>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

struct ShuffleOptions {
  std::optional<std::int64_t> seed = {};
};

/// Without a dtype float32; integer dtypes take the limits cut to integers.
struct StatelessUniformOptions {
  double minval = 0;
  double maxval = 1;
  DType dtype = {};
};

struct StatelessRandomOptions {
  double mean = 0;
  double stddev = 1;
  DType dtype = {};
};

/// Random tensors. The numbers are TensorFlow's for the same seeds: those of
/// set_seed, and of the `seed` option where given.
namespace random {

/// Restarts all random ops of the process from `seed`; nothing (std::nullopt)
/// makes them differ from run to run.
void set_seed(std::optional<std::int64_t> seed);

/// Evenly from [minval, maxval): float16, bfloat16, float32, float64, int32 or
/// int64. Throws InvalidArgumentError for integers unless minval < maxval.
Tensor uniform(const ShapeArg& shape, UniformOptions options = {});
/// From the normal distribution of that mean and standard deviation.
Tensor normal(const ShapeArg& shape, RandomOptions options = {});
/// Like normal, with values beyond two standard deviations drawn again.
Tensor truncated_normal(const ShapeArg& shape, RandomOptions options = {});
/// The rows of `value` (its first dimension) in random order.
Tensor shuffle(const Tensor& value, ShuffleOptions options = {});

/// Like the functions above, with numbers that depend on `seed` alone: two
/// integers, [2].
Tensor stateless_uniform(const ShapeArg& shape,
                         const Tensor& seed,
                         StatelessUniformOptions options = {});
Tensor stateless_normal(const ShapeArg& shape,
                        const Tensor& seed,
                        StatelessRandomOptions options = {});
Tensor stateless_truncated_normal(const ShapeArg& shape,
                                  const Tensor& seed,
                                  StatelessRandomOptions options = {});

}  // namespace random
}  // namespace tern

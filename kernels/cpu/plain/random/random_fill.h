#pragma once

#include "tern/core/philox.h"
#include "tern/core/tensor.h"

namespace tern {

/// What fills a whole tensor from a generator, as TensorFlow does: the same
/// words become the same elements, however many threads share the work.
using RandomFill = void (*)(const Philox& generator, Tensor& output);

/// float16, bfloat16, float32, float64.
void fill_uniform(const Philox& generator, Tensor& output);
void fill_normal(const Philox& generator, Tensor& output);
void fill_truncated_normal(const Philox& generator, Tensor& output);
/// Any bits: int32, int64, uint32, uint64.
void fill_bits(const Philox& generator, Tensor& output);
/// From [minval, maxval), scalars of output's dtype (int32 or int64). Throws
/// InvalidArgumentError unless minval < maxval.
void fill_integers(const Philox& generator,
                   const Tensor& minval,
                   const Tensor& maxval,
                   Tensor& output);

}  // namespace tern

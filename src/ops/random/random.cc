// random.cc: random ops that keep a counter between runs.

#include "tern/ops/random.h"

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/random/random_generator.h"
#include "ops/random/random_seed.h"
#include "ops/random/random_shapes.h"
#include "tern/core/error.h"

namespace tern {

void random_shape(InferContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() != 1)
    throw InvalidArgumentError(
        "shape must be a vector of {int32,int64}, got shape ",
        c.input(0).debug_string());
  if (auto dims = c.value_as_ints(0))
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
  c.set_output(0, c.value_as_partial_shape(0));
}

namespace {

OpBuilder add_distribution(OpRegistry& registry, std::string_view name) {
  return registry.add(name)
      .input("shape: T")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .output("output: dtype")
      .attr("dtype: {half, bfloat16, float, double}")
      .attr("T: {int32, int64}")
      .host("shape")
      .infer(random_shape)
      .no_grad()
      .traits(kStateful | kRandom);
}

}  // namespace

void register_random_ops(OpRegistry& registry) {
  add_distribution(registry, "RandomUniform");
  add_distribution(registry, "RandomStandardNormal");
  add_distribution(registry, "TruncatedNormal");

  registry.add("RandomUniformInt")
      .input("shape: T")
      .input("minval: Tout")
      .input("maxval: Tout")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .output("output: Tout")
      .attr("Tout: {int32, int64}")
      .attr("T: {int32, int64}")
      .host({"shape", "minval", "maxval"})
      .infer([](InferContext& c) {
        random_shape(c);
        check_scalar_limits(c, 1);
      })
      .no_grad()
      .traits(kStateful | kRandom);

  registry.add("RandomShuffle")
      .input("value: T")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .output("output: T")
      .attr("T: type")
      .infer(same_as_input)
      .no_grad()
      .traits(kStateful | kRandom);
}

namespace {

DType dtype_or_float(DType dtype) { return dtype.code != 0 ? dtype : float32; }

Tensor constant_of(double value, DType dtype) {
  return dtype.is_integer()
             ? Tensor::from_literal(static_cast<std::int64_t>(value), dtype)
             : Tensor::from_literal(value, dtype);
}

/// x * (high - low) + low, in x's dtype.
Tensor stretched(const Tensor& x, double low, double high) {
  if (low == 0 && high == 1) return x;
  Tensor minval = constant_of(low, x.dtype());
  Tensor width = raw<"Sub">(constant_of(high, x.dtype()), minval);
  return raw<"AddV2">(raw<"Mul">(x, width), minval);
}

Tensor scaled(const Tensor& x, double mean, double stddev) {
  Tensor y = stddev == 1 ? x : raw<"Mul">(x, constant_of(stddev, x.dtype()));
  return mean == 0 ? y : raw<"AddV2">(y, constant_of(mean, x.dtype()));
}

/// The key, counter and algorithm inputs of the stateless V2 ops.
Tensors keyed_inputs(const ShapeArg& shape, const Tensor& seed) {
  Tensors generator = raw<"StatelessRandomGetKeyCounter">.outputs({seed});
  return {shape.tensor(),
          generator[0],
          generator[1],
          Tensor::from_literal(kAutoSelectAlgorithm, int32)};
}

}  // namespace

namespace random {

Tensor uniform(const ShapeArg& shape, UniformOptions options) {
  DType dtype = dtype_or_float(options.dtype);
  auto [seed, seed2] = next_seed_pair(options.seed);
  if (dtype.is_integer())
    return raw<"RandomUniformInt">(shape.tensor(),
                                   constant_of(options.minval, dtype),
                                   constant_of(options.maxval, dtype),
                                   {{"seed", seed}, {"seed2", seed2}});
  Tensor x = raw<"RandomUniform">(
      shape.tensor(), {{"seed", seed}, {"seed2", seed2}, {"dtype", dtype}});
  return stretched(x, options.minval, options.maxval);
}

Tensor normal(const ShapeArg& shape, RandomOptions options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  Tensor x =
      raw<"RandomStandardNormal">(shape.tensor(),
                                  {{"seed", seed},
                                   {"seed2", seed2},
                                   {"dtype", dtype_or_float(options.dtype)}});
  return scaled(x, options.mean, options.stddev);
}

Tensor truncated_normal(const ShapeArg& shape, RandomOptions options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  Tensor x = raw<"TruncatedNormal">(shape.tensor(),
                                    {{"seed", seed},
                                     {"seed2", seed2},
                                     {"dtype", dtype_or_float(options.dtype)}});
  return scaled(x, options.mean, options.stddev);
}

Tensor shuffle(const Tensor& value, ShuffleOptions options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  return raw<"RandomShuffle">(value, {{"seed", seed}, {"seed2", seed2}});
}

Tensor stateless_uniform(const ShapeArg& shape,
                         const Tensor& seed,
                         StatelessUniformOptions options) {
  DType dtype = dtype_or_float(options.dtype);
  Tensors inputs = keyed_inputs(shape, seed);
  if (dtype.is_integer()) {
    inputs.push_back(constant_of(options.minval, dtype));
    inputs.push_back(constant_of(options.maxval, dtype));
    return raw<"StatelessRandomUniformIntV2">(inputs);
  }
  return stretched(raw<"StatelessRandomUniformV2">(inputs, {{"dtype", dtype}}),
                   options.minval,
                   options.maxval);
}

Tensor stateless_normal(const ShapeArg& shape,
                        const Tensor& seed,
                        StatelessRandomOptions options) {
  Tensor x = raw<"StatelessRandomNormalV2">(
      keyed_inputs(shape, seed), {{"dtype", dtype_or_float(options.dtype)}});
  return scaled(x, options.mean, options.stddev);
}

Tensor stateless_truncated_normal(const ShapeArg& shape,
                                  const Tensor& seed,
                                  StatelessRandomOptions options) {
  Tensor x = raw<"StatelessTruncatedNormalV2">(
      keyed_inputs(shape, seed), {{"dtype", dtype_or_float(options.dtype)}});
  return scaled(x, options.mean, options.stddev);
}

}  // namespace random
}  // namespace tern

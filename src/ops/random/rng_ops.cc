// rng_ops.cc: random ops whose generator is the value of a variable, and the
// Generator made of them.

#include <random>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/bitwise.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

/// The shape that this input holds.
void shape_from(InferContext& c, int input) {
  c.with_rank(input, 1);
  if (auto dims = c.value_as_ints(input))
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
  c.set_output(0, c.value_as_partial_shape(input));
}

void add_stateful(OpRegistry& registry,
                  const char* name,
                  const char* dtype,
                  bool limits = false) {
  OpBuilder op = registry.add(name);
  op.input("resource: resource")
      .input("algorithm: int64")
      .input("shape: shape_dtype");
  if (limits) op.input("minval: dtype").input("maxval: dtype");
  op.output("output: dtype")
      .attr(dtype)
      .attr("shape_dtype: type = DT_INT64")
      .infer([limits](InferContext& c) {
        c.with_rank(1, 0);
        if (limits) c.with_rank(3, 0), c.with_rank(4, 0);
        shape_from(c, 2);
      })
      .traits(kStateful | kKeepsNoInput);
  if (limits)
    op.host({"algorithm", "shape", "minval", "maxval"});
  else
    op.host({"algorithm", "shape"});
}

}  // namespace

void register_rng_ops(OpRegistry& registry) {
  for (const char* name : {"StatefulUniform",
                           "StatefulStandardNormalV2",
                           "StatefulTruncatedNormal"})
    add_stateful(registry, name, "dtype: type = DT_FLOAT");
  add_stateful(registry, "StatefulUniformFullInt", "dtype: type = DT_UINT64");
  add_stateful(registry, "StatefulUniformInt", "dtype: type = DT_INT64", true);
  registry.add("StatefulStandardNormal")
      .input("resource: resource")
      .input("shape: shape_dtype")
      .output("output: dtype")
      .attr("dtype: type = DT_FLOAT")
      .attr("shape_dtype: type = DT_INT64")
      .host("shape")
      .infer([](InferContext& c) { shape_from(c, 1); })
      .traits(kStateful | kKeepsNoInput);
  registry.add("RngSkip")
      .input("resource: resource")
      .input("algorithm: int64")
      .input("delta: int64")
      .host({"algorithm", "delta"})
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        c.with_rank(2, 0);
      })
      .traits(kStateful | kKeepsNoInput);
  registry.add("RngReadAndSkip")
      .input("resource: resource")
      .input("alg: int32")
      .input("delta: uint64")
      .output("value: int64")
      .host({"alg", "delta"})
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        c.with_rank(2, 0);
        c.set_output(0, {3});
      })
      .traits(kStateful | kKeepsNoInput);
  registry.add("NonDeterministicInts")
      .input("shape: shape_dtype")
      .output("output: dtype")
      .attr("dtype: type = DT_INT64")
      .attr("shape_dtype: type = DT_INT64")
      .host("shape")
      .infer([](InferContext& c) { shape_from(c, 0); })
      .traits(kStateful | kRandom);
}

namespace random {
namespace {

Tensor state_of(std::int64_t counter_low,
                std::int64_t counter_high,
                std::int64_t key) {
  return Tensor(std::vector<std::int64_t>{counter_low, counter_high, key});
}

DType dtype_or_float(DType dtype) { return dtype.code != 0 ? dtype : float32; }

Tensor number(double value, DType dtype) {
  return dtype.is_integer()
             ? Tensor::from_literal(static_cast<std::int64_t>(value), dtype)
             : Tensor::from_literal(value, dtype);
}

}  // namespace

Generator::Generator(const Tensor& state)
    : state_(state, {.trainable = false, .name = "StateVar"}) {}

Generator Generator::from_seed(std::int64_t seed) {
  return Generator(state_of(0, 0, seed));
}

Generator Generator::from_state(const Tensor& state) {
  if (!(state.dtype() == int64) || state.shape().rank() != 1 ||
      state.num_elements() < 3)
    throw InvalidArgumentError(
        "Generator::from_state: the state must be an int64 vector of 3, got ",
        state.dtype().name(),
        " ",
        state.shape());
  return Generator(state);
}

Generator Generator::from_key_counter(std::int64_t key,
                                      std::int64_t counter_low,
                                      std::int64_t counter_high) {
  return Generator(state_of(counter_low, counter_high, key));
}

Generator Generator::from_non_deterministic_state() {
  std::random_device device;
  auto word = [&] {
    return static_cast<std::int64_t>(std::uint64_t{device()} << 32 | device());
  };
  const std::int64_t low = word(), high = word();
  return Generator(state_of(low, high, word()));
}

void Generator::reset(const Tensor& state) { state_.assign(state); }
void Generator::reset_from_seed(std::int64_t seed) {
  state_.assign(state_of(0, 0, seed));
}
void Generator::reset_from_key_counter(std::int64_t key,
                                       std::int64_t counter_low,
                                       std::int64_t counter_high) {
  state_.assign(state_of(counter_low, counter_high, key));
}

Tensor Generator::skip(const Tensor& delta) {
  return raw<"RngReadAndSkip">(
      state_.handle(),
      Tensor::from_literal(kPhiloxAlgorithm, int32),
      delta.is_weak() ? delta.as_dtype(uint64) : cast(delta, uint64));
}

Tensors Generator::inputs(const Tensor& shape) {
  Tensor state = bitcast(skip(reduce_prod(cast(shape, int64))), uint64);
  return {shape,
          state[Slice{2, 3}],
          state[Slice{0, 2}],
          Tensor::from_literal(kPhiloxAlgorithm, int32)};
}

Tensor Generator::normal(const ShapeArg& shape,
                         const StatelessRandomOptions& options) {
  const DType dtype = dtype_or_float(options.dtype);
  Tensor x = raw<"StatelessRandomNormalV2">(inputs(shape.tensor()),
                                            {{"dtype", dtype}});
  return x * number(options.stddev, dtype) + number(options.mean, dtype);
}

Tensor Generator::truncated_normal(const ShapeArg& shape,
                                   const StatelessRandomOptions& options) {
  const DType dtype = dtype_or_float(options.dtype);
  Tensor x = raw<"StatelessTruncatedNormalV2">(inputs(shape.tensor()),
                                               {{"dtype", dtype}});
  return x * number(options.stddev, dtype) + number(options.mean, dtype);
}

Tensor Generator::uniform(const ShapeArg& shape,
                          const StatelessUniformOptions& options) {
  const DType dtype = dtype_or_float(options.dtype);
  Tensor low = number(options.minval, dtype);
  Tensor high = number(options.maxval, dtype);
  Tensors in = inputs(shape.tensor());
  if (dtype.is_integer()) {
    in.push_back(low);
    in.push_back(high);
    return raw<"StatelessRandomUniformIntV2">(in);
  }
  return raw<"StatelessRandomUniformV2">(in, {{"dtype", dtype}}) *
             (high - low) +
         low;
}

Tensor Generator::uniform_full_int(const ShapeArg& shape, DType dtype) {
  return raw<"StatelessRandomUniformFullIntV2">(inputs(shape.tensor()),
                                                {{"dtype", dtype}});
}

Tensor Generator::binomial(const ShapeArg& shape,
                           const Tensor& counts,
                           const Tensor& probs,
                           DType dtype) {
  Tensor p = probs.is_weak() ? probs.as_dtype(float32) : probs;
  Tensor n =
      counts.is_weak() ? counts.as_dtype(p.dtype()) : cast(counts, p.dtype());
  return raw<"StatefulRandomBinomial">(
      {state_.handle(),
       Tensor::from_literal(kPhiloxAlgorithm, int64),
       shape.tensor(),
       n,
       p},
      {{"dtype", dtype}});
}

Tensor Generator::make_seeds(int count) {
  Tensor keys = uniform_full_int({count}, int64);
  return stack({keys, zeros_like(keys)});
}

std::vector<Generator> Generator::split(int count) {
  std::vector<Generator> generators;
  Tensor keys = uniform_full_int({count}, int64);
  for (std::int64_t key : keys.values<std::int64_t>())
    generators.push_back(Generator(state_of(0, 0, key)));
  return generators;
}

}  // namespace random
}  // namespace tern

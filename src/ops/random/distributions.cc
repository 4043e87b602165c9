// distributions.cc: random ops with a parameter for each number.

#include <numbers>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/random/random_generator.h"
#include "ops/random/random_seed.h"
#include "ops/random/random_shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"
#include "tern/ops/special_functions.h"

namespace tern {
namespace {

constexpr const char* kWideNumbers = "{half, float, double, int32, int64}";

/// The shape that input 0 holds, then the parameter's.
void shape_and_parameter(InferContext& c) {
  random_shape(c);
  const Shape samples = c.output(0), &parameter = c.input(1);
  if (!samples.has_rank() || !parameter.has_rank())
    return c.set_output(0, Shape::unknown());
  if (parameter.is_fully_known() && parameter.num_elements() == 0 &&
      samples.is_fully_known() && samples.num_elements() > 0)
    throw InvalidArgumentError("Input ",
                               c.op().inputs[1].name,
                               " should have non-zero element count, got: 0");
  c.set_output(0, samples.concatenate(parameter));
}

void check_seed(const InferContext& c, int input) {
  if (!c.input(input).is_compatible_with({2}))
    throw InvalidArgumentError("seed must have shape [2], not ",
                               c.input(input).debug_string());
}

/// The shape that input 0 holds ends with that which inputs [first, last)
/// broadcast to.
void ends_with_parameters(InferContext& c, int first, int last) {
  random_shape(c);
  const Shape& shape = c.output(0);
  Shape parameters;
  for (int i = first; i < last; ++i)
    parameters = broadcast_static_shape(parameters, c.input(i));
  if (!shape.has_rank() || !parameters.has_rank()) return;
  const bool ends = shape.rank() >= parameters.rank() &&
                    shape.slice(shape.rank() - parameters.rank(), shape.rank())
                        .is_compatible_with(parameters);
  if (!ends)
    throw InvalidArgumentError(
        "Shape passed in must end with broadcasted shape.");
  if (parameters.is_fully_known() && parameters.num_elements() == 0 &&
      shape.is_fully_known() && shape.num_elements() > 0)
    throw InvalidArgumentError(
        "Input ",
        c.op().inputs[static_cast<std::size_t>(first)].name,
        " should have non-zero element count, got: 0");
}

/// The gradient of samples [samples..., parameter...] by the parameter.
void gamma_gradient(GradContext& g, int alpha_input) {
  const Tensor& alpha = g.input(alpha_input);
  Tensor slope = raw<"RandomGammaGrad">(alpha, g.output());
  g.set(alpha_input, sum_to_shape_of(g.dy() * slope, alpha));
}

Tensor normal_density(const Tensor& z) {
  return exp(-0.5 * square(z)) *
         (0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
}
Tensor normal_distribution(const Tensor& z) {
  return 0.5 * math::erfc(z * (-0.5 * std::numbers::sqrt2));
}

/// Each sample moves with the parameters so that it stays the same quantile.
void truncated_normal_gradient(GradContext& g) {
  const Tensor &mean = g.input(2), &stddev = g.input(3);
  const Tensor &low = g.input(4), &high = g.input(5), &x = g.output();
  Tensor z = (x - mean) / stddev;
  Tensor a = (low - mean) / stddev, b = (high - mean) / stddev;
  Tensor below = normal_distribution(a), above = normal_distribution(b);
  Tensor quantile = (normal_distribution(z) - below) / (above - below);
  Tensor by_low = normal_density(a) * (1 - quantile) / normal_density(z);
  Tensor by_high = normal_density(b) * quantile / normal_density(z);
  // An infinite bound has no part: 0 times infinity.
  by_low = math::multiply_no_nan(by_low, cast(math::is_finite(a), a.dtype()));
  by_high = math::multiply_no_nan(by_high, cast(math::is_finite(b), b.dtype()));
  Tensor dx = g.dy();
  auto set = [&](int i, const Tensor& slope) {
    if (g.needs(i)) g.set(i, sum_to_shape_of(dx * slope, g.input(i)));
  };
  set(2, 1 - by_low - by_high);
  set(3,
      z - math::multiply_no_nan(a, by_low) - math::multiply_no_nan(b, by_high));
  set(4, by_low);
  set(5, by_high);
}

OpBuilder add_stateful(OpRegistry& registry,
                       const char* name,
                       const char* parameter) {
  OpBuilder op = registry.add(name);
  op.input("shape: S").input(parameter);
  op.attr("seed: int = 0").attr("seed2: int = 0").attr("S: {int32, int64}");
  op.host("shape").infer(shape_and_parameter);
  return op.traits(kStateful | kRandom);
}

}  // namespace

void register_distribution_ops(OpRegistry& registry) {
  add_stateful(registry, "RandomGamma", "alpha: T")
      .output("output: T")
      .attr("T: {half, float, double}")
      .grad([](GradContext& g) { gamma_gradient(g, 1); });
  add_stateful(registry, "RandomPoisson", "rate: dtype")
      .output("output: dtype")
      .attr("dtype: {half, float, double}");
  add_stateful(registry, "RandomPoissonV2", "rate: R")
      .output("output: dtype")
      .attr(detail::concat("R: ", kWideNumbers, " = DT_DOUBLE"))
      .attr(detail::concat("dtype: ", kWideNumbers, " = DT_INT64"));

  registry.add("StatelessRandomGammaV2")
      .input("shape: T")
      .input("seed: Tseed")
      .input("alpha: dtype")
      .output("output: dtype")
      .attr("dtype: {half, float, double}")
      .attr("T: {int32, int64}")
      .attr("Tseed: {int32, int64} = DT_INT64")
      .host({"shape", "seed", "alpha"})
      .infer([](InferContext& c) {
        check_seed(c, 1);
        ends_with_parameters(c, 2, 3);
      })
      .grad([](GradContext& g) { gamma_gradient(g, 2); });
  registry.add("StatelessRandomGammaV3")
      .input("shape: shape_dtype")
      .input("key: uint64")
      .input("counter: uint64")
      .input("alg: int32")
      .input("alpha: dtype")
      .output("output: dtype")
      .attr("dtype: {half, float, double}")
      .attr("shape_dtype: {int32, int64} = DT_INT32")
      .host({"shape", "key", "counter", "alg", "alpha"})
      .infer([](InferContext& c) {
        c.with_rank(3, 0);
        if (auto alg = c.value_as_int(3))
          check_generator(c.input(1), c.input(2), *alg);
        ends_with_parameters(c, 4, 5);
      })
      .grad([](GradContext& g) { gamma_gradient(g, 4); });
  registry.add("StatelessRandomPoisson")
      .input("shape: T")
      .input("seed: Tseed")
      .input("lam: Rtype")
      .output("output: dtype")
      .attr(detail::concat("Rtype: ", kWideNumbers))
      .attr(detail::concat("dtype: ", kWideNumbers))
      .attr("T: {int32, int64}")
      .attr("Tseed: {int32, int64} = DT_INT64")
      .host({"shape", "seed", "lam"})
      .infer([](InferContext& c) {
        check_seed(c, 1);
        ends_with_parameters(c, 2, 3);
      })
      .no_grad();
  registry.add("StatelessRandomBinomial")
      .input("shape: S")
      .input("seed: Tseed")
      .input("counts: T")
      .input("probs: T")
      .output("output: dtype")
      .attr("S: {int32, int64}")
      .attr("Tseed: {int32, int64} = DT_INT64")
      .attr(detail::concat("T: ", kWideNumbers, " = DT_DOUBLE"))
      .attr(detail::concat("dtype: ", kWideNumbers, " = DT_INT64"))
      .host({"shape", "seed", "counts", "probs"})
      .infer([](InferContext& c) {
        check_seed(c, 1);
        ends_with_parameters(c, 2, 4);
      })
      .no_grad();
  registry.add("StatefulRandomBinomial")
      .input("resource: resource")
      .input("algorithm: int64")
      .input("shape: S")
      .input("counts: T")
      .input("probs: T")
      .output("output: dtype")
      .attr("S: {int32, int64}")
      .attr(detail::concat("T: ", kWideNumbers, " = DT_DOUBLE"))
      .attr(detail::concat("dtype: ", kWideNumbers, " = DT_INT64"))
      .host({"algorithm", "shape", "counts", "probs"})
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        c.with_rank(2, 1);
        const Shape parameters = broadcast_static_shape(c.input(3), c.input(4));
        const Shape shape = c.value_as_partial_shape(2);
        if (shape.has_rank() && parameters.has_rank() &&
            (shape.rank() < parameters.rank() ||
             !shape.slice(shape.rank() - parameters.rank(), shape.rank())
                  .is_compatible_with(parameters)))
          throw InvalidArgumentError(
              "Shape passed in must end with broadcasted shape.");
        c.set_output(0, shape);
      })
      .traits(kStateful | kKeepsNoInput);

  registry.add("ParameterizedTruncatedNormal")
      .input("shape: T")
      .input("means: dtype")
      .input("stdevs: dtype")
      .input("minvals: dtype")
      .input("maxvals: dtype")
      .output("output: dtype")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("dtype: {half, bfloat16, float, double}")
      .attr("T: {int32, int64}")
      .host("shape")
      .infer([](InferContext& c) {
        for (int i = 1; i <= 4; ++i)
          if (c.input(i).rank() > 1)
            throw InvalidArgumentError(
                "Input ",
                c.op().inputs[static_cast<std::size_t>(i)].name,
                " should be a scalar or vector, got shape: ",
                c.input(i).debug_string());
        random_shape(c);
        if (c.output(0).rank() == 0)
          throw InvalidArgumentError(
              "ParameterizedTruncatedNormal: shape must have at least one "
              "entry");
      })
      .no_grad()
      .traits(kStateful | kRandom);
  registry.add("StatelessParameterizedTruncatedNormal")
      .input("shape: S")
      .input("seed: Tseed")
      .input("means: dtype")
      .input("stddevs: dtype")
      .input("minvals: dtype")
      .input("maxvals: dtype")
      .output("output: dtype")
      .attr("S: {int32, int64}")
      .attr("Tseed: {int32, int64} = DT_INT64")
      .attr("dtype: {half, float, double}")
      .host({"shape", "seed"})
      .infer([](InferContext& c) {
        check_seed(c, 1);
        ends_with_parameters(c, 2, 6);
      })
      .grad(truncated_normal_gradient);
}

namespace random {
namespace {

DType dtype_or(DType dtype, DType otherwise) {
  return dtype.code != 0 ? dtype : otherwise;
}

/// At least the least positive number: 0 would have no logarithm.
Tensor at_least_tiny(const Tensor& x) {
  const double tiny = x.dtype() == float64   ? 2.2250738585072014e-308
                      : x.dtype() == float16 ? 6.103515625e-05
                                             : 1.1754943508222875e-38;
  return maximum(x, Tensor::from_literal(tiny, x.dtype()));
}

Tensor floats(const Tensor& x, DType dtype) {
  return x.is_weak() ? x.as_dtype(dtype) : x;
}

}  // namespace

Tensor gamma(const ShapeArg& shape,
             const Tensor& alpha,
             const GammaOptions& options) {
  const DType dtype = dtype_or(options.dtype, float32);
  auto [seed, seed2] = next_seed_pair(options.seed);
  Tensor beta = floats(options.beta, dtype);
  Tensor alphas = floats(alpha, dtype) + zeros_like(beta);
  return at_least_tiny(raw<"RandomGamma">(shape.tensor(),
                                          alphas,
                                          {{"seed", seed}, {"seed2", seed2}}) /
                       beta);
}

Tensor poisson(const ShapeArg& shape,
               const Tensor& lam,
               const PoissonOptions& options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  return raw<"RandomPoissonV2">(shape.tensor(),
                                floats(lam, float32),
                                {{"seed", seed},
                                 {"seed2", seed2},
                                 {"dtype", dtype_or(options.dtype, float32)}});
}

Tensor stateless_gamma(const ShapeArg& shape,
                       const Tensor& seed,
                       const Tensor& alpha,
                       const StatelessGammaOptions& options) {
  const DType dtype = dtype_or(options.dtype, float32);
  Tensor beta = floats(options.beta, dtype);
  Tensor alphas = floats(alpha, dtype) + zeros_like(beta);
  return at_least_tiny(
      raw<"StatelessRandomGammaV2">(shape.tensor(), seed, alphas) / beta);
}

Tensor stateless_poisson(const ShapeArg& shape,
                         const Tensor& seed,
                         const Tensor& lam,
                         const StatelessPoissonOptions& options) {
  return raw<"StatelessRandomPoisson">(
      shape.tensor(),
      seed,
      floats(lam, float32),
      {{"dtype", dtype_or(options.dtype, int32)}});
}

Tensor stateless_binomial(const ShapeArg& shape,
                          const Tensor& seed,
                          const Tensor& counts,
                          const Tensor& probs,
                          const StatelessBinomialOptions& options) {
  Tensor p = floats(probs, float32);
  Tensor n =
      counts.is_weak() ? counts.as_dtype(p.dtype()) : cast(counts, p.dtype());
  return raw<"StatelessRandomBinomial">(
      {shape.tensor(), seed, n, p},
      {{"dtype", dtype_or(options.dtype, int32)}});
}

Tensor stateless_parameterized_truncated_normal(
    const ShapeArg& shape,
    const Tensor& seed,
    const TruncatedNormalOptions& options) {
  DType dtype = float32;
  for (const Tensor* x :
       {&options.means, &options.stddevs, &options.minvals, &options.maxvals})
    if (!x->is_weak()) dtype = x->dtype();
  return raw<"StatelessParameterizedTruncatedNormal">(
      {shape.tensor(),
       seed,
       floats(options.means, dtype),
       floats(options.stddevs, dtype),
       floats(options.minvals, dtype),
       floats(options.maxvals, dtype)});
}

}  // namespace random
}  // namespace tern

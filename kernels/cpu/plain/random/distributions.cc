// Random ops with a parameter for each number: gamma, Poisson, binomial.

#include <cmath>
#include <limits>

#include "core/visit_dtype.h"
#include "kernels/common/conversions.h"
#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/random/random_state.h"
#include "kernels/cpu/plain/random/rng_state.h"
#include "kernels/cpu/plain/random/samplers.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Counts set aside for each number; for the short method of binomial ones.
constexpr std::uint64_t kCounts = 256, kFewCounts = 42;
constexpr std::int64_t kGrain = 1024;

double read_number(const Tensor& x, std::int64_t i) {
  return visit_number(x.dtype(), [&](auto zero) -> double {
    using T = decltype(zero);
    if constexpr (is_complex_number<T>)
      return 0;
    else
      return static_cast<double>(static_cast<const T*>(x.raw_data())[i]);
  });
}

/// Calls store(i, number) in y's dtype.
void write_number(Tensor& y, std::int64_t i, double number) {
  visit_number(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!is_complex_number<T>)
      y.data<T>()[i] = kernels::convert<T>(number);
  });
}

/// y holds samples of each of `parameters` numbers, which vary fastest. Number
/// k of them all (those of the first parameter first) draws from counts of its
/// own, at k times what is set aside for one.
template <class Sample>
void fill(const Philox& start,
          std::int64_t parameters,
          Tensor& y,
          const Sample& sample) {
  const std::int64_t count = y.num_elements();
  if (count == 0) return;
  const std::int64_t samples = count / parameters;
  y.mutable_data();
  parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const std::int64_t parameter = k / samples;
      auto generator = [&](std::uint64_t counts) {
        Philox own = start;
        own.skip(static_cast<std::uint64_t>(k) * counts);
        return own;
      };
      write_number(y,
                   k % samples * parameters + parameter,
                   sample(parameter, generator));
    }
  });
}

void fill_gamma(const Philox& start, const Tensor& alpha, Tensor& y) {
  fill(start, alpha.num_elements(), y, [&](std::int64_t i, const auto& at) {
    return sample_gamma(read_number(alpha, i), at(kCounts));
  });
}

void fill_poisson(const Philox& start, const Tensor& rate, Tensor& y) {
  fill(start, rate.num_elements(), y, [&](std::int64_t i, const auto& at) {
    return sample_poisson(read_number(rate, i), at(kCounts));
  });
}

/// Where the element of an operand is that broadcasts to `shape`.
std::int64_t broadcast_index(const Shape& operand,
                             const Shape& shape,
                             std::int64_t index) {
  std::int64_t result = 0, stride = 1;
  for (int d = shape.rank() - 1, o = operand.rank() - 1; o >= 0; --d, --o) {
    const std::int64_t at = index % shape[d];
    index /= shape[d];
    if (operand[o] > 1) result += at * stride;
    stride *= operand[o];
  }
  return result;
}

void fill_binomial(const Philox& start,
                   const Tensor& counts,
                   const Tensor& probs,
                   Tensor& y) {
  const Shape shape = broadcast_static_shape(counts.shape(), probs.shape());
  fill(start,
       shape.num_elements(),
       y,
       [&](std::int64_t i, const auto& at) -> double {
         const double count =
             read_number(counts, broadcast_index(counts.shape(), shape, i));
         const double prob =
             read_number(probs, broadcast_index(probs.shape(), shape, i));
         if (count <= 0 || prob <= 0) return 0;
         if (prob >= 1) return count;
         if (std::isnan(prob) || std::isnan(count))
           return std::numeric_limits<double>::quiet_NaN();
         const double rarer = prob <= 0.5 ? prob : 1 - prob;
         const bool rejects = count * rarer >= 10;
         const double hits = sample_binomial(
             count, rarer, rejects, at(rejects ? kCounts : kFewCounts));
         return prob <= 0.5 ? hits : count - hits;
       });
}

using Fill = void (*)(const Philox&, const Tensor& parameter, Tensor& y);

template <Fill F>
void stateful(KernelContext& c) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  F(random_state(c).reserve(static_cast<std::uint64_t>(y.num_elements()) *
                            kCounts),
    c.input(1),
    y);
}

template <Fill F>
void seeded(KernelContext& c) {
  F(seeded_generator(c.input(1)), c.input(2), c.output());
}

void keyed_gamma(KernelContext& c) {
  const Tensor &key = c.input(1), &counter = c.input(2);
  check_generator(key.shape(), counter.shape(), c.host_int(3));
  fill_gamma(generator_of(key, counter), c.input(4), c.output());
}

void seeded_binomial(KernelContext& c) {
  fill_binomial(
      seeded_generator(c.input(1)), c.input(2), c.input(3), c.output());
}

void resource_binomial(KernelContext& c) {
  Tensor& y = c.output();
  const Shape parameters =
      broadcast_static_shape(c.input(3).shape(), c.input(4).shape());
  const std::int64_t batches = parameters.num_elements();
  const std::int64_t samples = batches == 0 ? 0 : y.num_elements() / batches;
  // What TensorFlow steps by, in units of 256 counts.
  const std::int64_t step = batches * 2 * 100 * (samples + 3) / 4;
  const Philox start =
      read_and_skip(c, c.host_int(1), static_cast<std::uint64_t>(step));
  fill_binomial(start, c.input(3), c.input(4), y);
}

}  // namespace

void register_distribution_kernels(KernelRegistry& registry) {
  for (DType dtype : {float16, float32, float64}) {
    registry.add(
        "StatelessRandomGammaV2", {{"dtype", dtype}}, seeded<fill_gamma>);
    registry.add("StatelessRandomGammaV3", {{"dtype", dtype}}, keyed_gamma);
    registry.add("RandomGamma", {{"T", dtype}}, stateful<fill_gamma>);
    registry.add("RandomPoisson", {{"dtype", dtype}}, stateful<fill_poisson>);
  }
  registry.add("RandomPoissonV2", {}, stateful<fill_poisson>);
  registry.add("StatelessRandomPoisson", {}, seeded<fill_poisson>);
  registry.add("StatelessRandomBinomial", {}, seeded_binomial);
  registry.add("StatefulRandomBinomial", {}, resource_binomial);
}

}  // namespace tern

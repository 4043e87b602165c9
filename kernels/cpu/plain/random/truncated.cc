// Normal numbers between bounds, with parameters of their own for each batch
// (Robert, "Simulation of truncated normal variables", 1995).

#include <cmath>
#include <utility>

#include "core/visit_dtype.h"
#include "kernels/cpu/plain/random/normal_numbers.h"
#include "kernels/cpu/plain/random/random_state.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Draws that one number may take.
constexpr int kMostDraws = 1000;

/// A block of uniform or normal numbers in T.
template <class T>
struct Block;

template <>
struct Block<float> {
  static constexpr int kSize = 4;
  static std::array<float, 4> uniform(Philox& g) {
    const Philox::Block x = g();
    return {kernels::unit_float(x[0]),
            kernels::unit_float(x[1]),
            kernels::unit_float(x[2]),
            kernels::unit_float(x[3])};
  }
  static std::array<float, 4> normal(Philox& g) {
    const Philox::Block x = g();
    const auto a = kernels::box_muller(x[0], x[1]);
    const auto b = kernels::box_muller(x[2], x[3]);
    return {a[0], a[1], b[0], b[1]};
  }
};

template <>
struct Block<double> {
  static constexpr int kSize = 2;
  static std::array<double, 2> uniform(Philox& g) {
    const Philox::Block x = g();
    return {kernels::unit_double(x[0], x[1]), kernels::unit_double(x[2], x[3])};
  }
  static std::array<double, 2> normal(Philox& g) {
    return kernels::box_muller(g());
  }
};

template <class T>
struct Parameters {
  T mean, stddev, low, high;
};

[[noreturn]] void throw_no_sample(const char* sampler) {
  throw InternalError("TruncatedNormal ",
                      sampler,
                      " rejection sampler failed to accept a "
                      "sample.");
}

/// Calls store(i, number) for i < count; numbers go on from the generator.
template <class T, class Store>
void sample_batch(Parameters<T> p,
                  std::int64_t count,
                  Philox& generator,
                  const Store& store) {
  if (!(p.stddev > 0) || !(p.low < p.high) ||
      !(std::isfinite(p.low) || std::isfinite(p.high)))
    throw InvalidArgumentError("Invalid parameters");
  // A bound on one side is made the lower one, two bounds on one side of the
  // mean positive.
  if ((std::isinf(p.low) && p.low < 0) || p.high < p.mean) {
    std::swap(p.low, p.high);
    p.stddev = -p.stddev;
  }
  const T low = (p.low - p.mean) / p.stddev;
  const T high = (p.high - p.mean) / p.stddev;
  const T root = std::sqrt(low * low + T(4));
  const T cutoff =
      T(2) * std::exp(T(0.5) + (low * (low - root)) / T(4)) / (low + root);
  const T width = high - low;
  std::int64_t done = 0;
  int draws = 0;
  auto accept = [&](T z) {
    store(done++, z * p.stddev + p.mean);
    draws = 0;
  };
  // As far inside, most normal numbers will do.
  constexpr T kInside = T(1.3);
  if ((low < -kInside && high >= 0) || (high > kInside && low <= 0)) {
    while (done < count)
      for (const T z : Block<T>::normal(generator)) {
        if (z >= low && z <= high)
          accept(z);
        else if (++draws > kMostDraws)
          throw_no_sample("randn");
        if (done == count) break;
      }
  } else if (width < cutoff) {
    const T shift = low < 0 ? T(0) : low * low;
    while (done < count) {
      const auto place = Block<T>::uniform(generator);
      const auto u = Block<T>::uniform(generator);
      for (std::size_t i = 0; i < place.size() && done < count; ++i) {
        const T z = place[i] * width + low;
        if (u[i] <= std::exp((shift - z * z) / T(2)))
          accept(z);
        else if (++draws >= kMostDraws)
          throw_no_sample("uniform");
      }
    }
  } else {
    const T alpha = (low + std::sqrt(low * low + T(4))) / T(2);
    while (done < count) {
      const auto u = Block<T>::uniform(generator);
      for (std::size_t i = 0; i < u.size() && done < count; i += 2) {
        const T z = -std::log(u[i]) / alpha + low;
        const T x = low < alpha ? alpha - z : low - alpha;
        if (u[i + 1] <= std::exp(-x * x / T(2)) && z < high)
          accept(z);
        else if (++draws >= kMostDraws)
          throw_no_sample("exponential distribution");
      }
    }
  }
}

template <class T>
T parameter(const Tensor& x, std::int64_t i) {
  return visit_number(x.dtype(), [&](auto zero) -> T {
    using E = decltype(zero);
    if constexpr (is_complex_number<E>)
      return 0;
    else
      return static_cast<T>(static_cast<const E*>(x.raw_data())[i]);
  });
}

template <class T>
void put(Tensor& y, std::int64_t i, T number) {
  if (y.dtype() == float16)
    y.data<Half>()[i] = Half(static_cast<float>(number));
  else
    y.data<T>()[i] = number;
}

/// Batches along the first dimension, their parameters scalars or vectors.
template <class T>
void parameterized(KernelContext& c) {
  Tensor& y = c.output();
  const std::int64_t count = y.num_elements();
  if (count == 0) return;
  std::int64_t batches = y.shape()[0], samples = count / batches;
  bool is_shared = true;
  for (int i = 1; i <= 4; ++i) {
    const std::int64_t size = c.input(i).num_elements();
    if (size != 1 && size != batches)
      throw InvalidArgumentError(
          "Input ",
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " should have length 1 or shape[0], got shape: ",
          c.input(i).shape().debug_string());
    is_shared =
        is_shared && (i <= 2 ? size == 1 : c.input(i).shape().rank() == 0);
  }
  if (is_shared) {
    samples = 100;
    batches = (count + samples - 1) / samples;
  }
  Philox generator = random_state(c).reserve(
      static_cast<std::uint64_t>(batches * 2 * kMostDraws * (samples + 3) / 4));
  for (std::int64_t b = 0; b < batches; ++b) {
    auto at = [&](int i) {
      return parameter<T>(c.input(i), c.input(i).num_elements() == 1 ? 0 : b);
    };
    const std::int64_t first = b * samples;
    sample_batch<T>({at(1), at(2), at(3), at(4)},
                    std::min(samples, count - first),
                    generator,
                    [&](std::int64_t i, T x) { put(y, first + i, x); });
  }
}

/// Samples of broadcast parameters, which vary fastest.
template <class T>
void stateless(KernelContext& c) {
  Tensor& y = c.output();
  const std::int64_t count = y.num_elements();
  Shape shape;
  for (int i = 2; i <= 5; ++i)
    shape = broadcast_static_shape(shape, c.input(i).shape());
  if (count == 0) return;
  const std::int64_t batches = shape.num_elements();
  const std::int64_t samples = count / batches;
  Philox generator = seeded_generator(c.input(1));
  for (std::int64_t b = 0; b < batches; ++b) {
    auto at = [&](int i) {
      const Shape& own = c.input(i).shape();
      std::int64_t rest = b, index = 0, stride = 1;
      for (int d = shape.rank() - 1, o = own.rank() - 1; o >= 0; --d, --o) {
        if (own[o] > 1) index += rest % shape[d] * stride;
        rest /= shape[d];
        stride *= own[o];
      }
      return parameter<T>(c.input(i), index);
    };
    sample_batch<T>({at(2), at(3), at(4), at(5)},
                    samples,
                    generator,
                    [&](std::int64_t i, T x) { put(y, i * batches + b, x); });
  }
}

}  // namespace

void register_truncated_kernels(KernelRegistry& registry) {
  auto add = [&](DType dtype, KernelFunction kernel, KernelFunction seeded) {
    registry.add("ParameterizedTruncatedNormal", {{"dtype", dtype}}, kernel);
    registry.add(
        "StatelessParameterizedTruncatedNormal", {{"dtype", dtype}}, seeded);
  };
  add(float16, parameterized<float>, stateless<float>);
  add(float32, parameterized<float>, stateless<float>);
  add(float64, parameterized<double>, stateless<double>);
}

}  // namespace tern

// Fractional pooling: TensorFlow's random sequences of region sizes, and the
// pooling over them.

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/philox.h"

namespace tern {
namespace {

using Sequence = std::vector<std::int64_t>;

/// The words of some blocks of a stream, one by one.
class Words {
 public:
  explicit Words(Philox stream) : stream_(stream) {}
  std::uint32_t operator()() {
    if (next_ == 4) {
      block_ = stream_();
      next_ = 0;
    }
    return block_[next_++];
  }
  /// In [0, 1), with all bits of the mantissa.
  double uniform() {
    std::uint64_t upper = (*this)() & 0xFFFFF;
    std::uint64_t bits = std::uint64_t{1023} << 52 | upper << 32 | (*this)();
    return std::bit_cast<double>(bits) - 1;
  }

 private:
  Philox stream_;
  Philox::Block block_{};
  std::size_t next_ = 4;
};

/// A stream for `count` words; the next one starts behind it.
Words reserve(Philox& generator, std::int64_t count) {
  Words words(generator);
  generator.skip(static_cast<std::uint64_t>(count + 3) / 4);
  return words;
}

/// Sizes k or k + 1 in random order.
Sequence random_sizes(std::int64_t input,
                      std::int64_t output,
                      Philox& generator) {
  Sequence sizes(static_cast<std::size_t>(output), input / output);
  for (std::int64_t i = 0; i < input % output; ++i)
    ++sizes[static_cast<std::size_t>(i)];
  Words words = reserve(generator, output);
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    std::swap(sizes[i], sizes[i + words() % (sizes.size() - i)]);
  return sizes;
}

/// Regions end at ceil(alpha · (i + u)) for one random u, which is bounded so
/// that the first and the last region have sizes k or k + 1, too.
Sequence pseudo_random_sizes(std::int64_t input,
                             std::int64_t output,
                             Philox& generator) {
  double alpha = static_cast<double>(input) / static_cast<double>(output);
  std::int64_t k = input / output;
  double largest = std::min(static_cast<double>(k + 2) / alpha - 1,
                            static_cast<double>(input + 1 - k) / alpha -
                                static_cast<double>(output - 1));
  double u = reserve(generator, 2).uniform() * largest;
  Sequence ends(static_cast<std::size_t>(output) + 1);
  ends.front() = 1;
  ends.back() = input + 1;
  for (std::size_t i = 1; i + 1 < ends.size(); ++i)
    ends[i] = static_cast<std::int64_t>(
        std::ceil(alpha * (static_cast<double>(i) + u)));
  Sequence sizes;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i)
    sizes.push_back(ends[i + 1] - ends[i]);
  return sizes;
}

void write_sequence(std::int64_t input,
                    bool pseudo_random,
                    Philox& generator,
                    Tensor& starts) {
  std::int64_t output = starts.num_elements() - 1;
  Sequence sizes = pseudo_random ? pseudo_random_sizes(input, output, generator)
                                 : random_sizes(input, output, generator);
  auto* target = starts.data<std::int64_t>();
  *target = 0;
  std::partial_sum(sizes.begin(), sizes.end(), target + 1);
}

/// A region [begin, end) of a dimension.
struct Region {
  std::int64_t begin, end;
};

struct Regions {
  Regions(std::span<const std::int64_t> starts,
          bool overlapping,
          std::int64_t size)
      : starts(starts), overlapping(overlapping), size(size) {}
  Region operator[](std::int64_t i) const {
    auto k = static_cast<std::size_t>(i);
    Region region{starts[k],
                  std::min(starts[k + 1] + (overlapping ? 1 : 0), size)};
    if (region.begin < 0 || region.begin >= region.end)
      throw InvalidArgumentError("The pooling sequence has a region from ",
                                 starts[k],
                                 " to ",
                                 starts[k + 1],
                                 ", which is not within an input of size ",
                                 size);
    return region;
  }
  std::span<const std::int64_t> starts;
  bool overlapping;
  std::int64_t size;
};

/// Calls f(output pixel, rows, columns, image) for all outputs.
template <class F>
void for_each_region(const Shape& output,
                     const Regions& rows,
                     const Regions& columns,
                     F f) {
  std::int64_t pixel = 0;
  for (std::int64_t n = 0; n < output[0]; ++n)
    for (std::int64_t h = 0; h < output[1]; ++h)
      for (std::int64_t w = 0; w < output[2]; ++w)
        f(pixel++, n, rows[h], columns[w]);
}

/// Calls f(input pixel) for the pixels of a region.
template <class F>
void for_each_pixel(
    const Shape& input, std::int64_t image, Region rows, Region columns, F f) {
  for (std::int64_t h = rows.begin; h < rows.end; ++h)
    for (std::int64_t w = columns.begin; w < columns.end; ++w)
      f((image * input[1] + h) * input[2] + w);
}

template <class T, bool kMax>
void forward(KernelContext& c) {
  const Shape &input = c.input(0).shape(), &output = c.inferred_shape();
  auto seed = static_cast<std::uint64_t>(c.attr<std::int64_t>("seed"));
  auto seed2 = static_cast<std::uint64_t>(c.attr<std::int64_t>("seed2"));
  if (seed == 0 && seed2 == 0) {
    std::random_device device;
    seed = std::uint64_t{device()} << 32 | device();
    seed2 = std::uint64_t{device()} << 32 | device();
  }
  Philox generator(seed, seed2);
  bool pseudo_random = c.attr<bool>("pseudo_random");
  bool overlapping = c.attr<bool>("overlapping");
  for (int i : {1, 2})
    write_sequence(input[i], pseudo_random, generator, c.output(i));

  Regions rows(c.out<std::int64_t>(1), overlapping, input[1]);
  Regions columns(c.out<std::int64_t>(2), overlapping, input[2]);
  const T* x = c.in<T>(0).data();
  T* y = c.out<T>().data();
  std::int64_t depth = input[3];
  for_each_region(
      output, rows, columns, [&](auto pixel, auto image, auto r, auto w) {
        T* target = y + pixel * depth;
        std::fill_n(
            target, depth, kMax ? std::numeric_limits<T>::lowest() : T(0));
        for_each_pixel(input, image, r, w, [&](auto at) {
          for (std::int64_t i = 0; i < depth; ++i) {
            T value = x[at * depth + i];
            if constexpr (kMax)
              target[i] = value > target[i] ? value : target[i];
            else
              target[i] = static_cast<T>(target[i] + value);
          }
        });
        if constexpr (!kMax) {
          T count = static_cast<T>((r.end - r.begin) * (w.end - w.begin));
          for (std::int64_t i = 0; i < depth; ++i) target[i] /= count;
        }
      });
}

/// To the first largest of each region.
template <class T>
void max_grad(KernelContext& c) {
  const Shape &input = c.input(0).shape(), &output = c.input(2).shape();
  bool overlapping = c.attr<bool>("overlapping");
  Regions rows(c.in<std::int64_t>(3), overlapping, input[1]);
  Regions columns(c.in<std::int64_t>(4), overlapping, input[2]);
  const T *x = c.in<T>(0).data(), *dy = c.in<T>(2).data();
  auto dx = c.out<T>();
  std::fill(dx.begin(), dx.end(), T(0));
  std::int64_t depth = input[3];
  for_each_region(
      output, rows, columns, [&](auto pixel, auto image, auto r, auto w) {
        for (std::int64_t i = 0; i < depth; ++i) {
          std::int64_t best = -1;
          for_each_pixel(input, image, r, w, [&](auto at) {
            std::int64_t here = at * depth + i;
            if (best < 0 || x[best] < x[here]) best = here;
          });
          dx[static_cast<std::size_t>(best)] += dy[pixel * depth + i];
        }
      });
}

template <class T>
void average_grad(KernelContext& c) {
  const Shape &input = c.inferred_shape(), &output = c.input(1).shape();
  bool overlapping = c.attr<bool>("overlapping");
  Regions rows(c.in<std::int64_t>(2), overlapping, input[1]);
  Regions columns(c.in<std::int64_t>(3), overlapping, input[2]);
  const T* dy = c.in<T>(1).data();
  auto dx = c.out<T>();
  std::vector<double> sums(dx.size());
  std::int64_t depth = input[3];
  if (output[0] != input[0] || output[3] != depth)
    throw InvalidArgumentError("out_backprop ",
                               output.debug_string(),
                               " has not the batch and depth of the input ",
                               input.debug_string());
  for_each_region(
      output, rows, columns, [&](auto pixel, auto image, auto r, auto w) {
        auto count = static_cast<double>((r.end - r.begin) * (w.end - w.begin));
        for_each_pixel(input, image, r, w, [&](auto at) {
          for (std::int64_t i = 0; i < depth; ++i)
            sums[static_cast<std::size_t>(at * depth + i)] +=
                static_cast<double>(dy[pixel * depth + i]) / count;
        });
      });
  std::transform(sums.begin(), sums.end(), dx.begin(), [](double sum) {
    return static_cast<T>(sum);
  });
}

}  // namespace

void register_fractional_pooling_kernels(KernelRegistry& registry) {
  for_each_type<float, double, std::int32_t, std::int64_t>(
      [&]<class T>(TypeTag<T>) {
        constexpr DType kType = dtype_of<T>;
        registry.add("FractionalMaxPool", {{"T", kType}}, forward<T, true>);
        registry.add("FractionalAvgPool", {{"T", kType}}, forward<T, false>);
        registry.add("FractionalMaxPoolGrad", {{"T", kType}}, max_grad<T>);
        registry.add("FractionalAvgPoolGrad", {{"T", kType}}, average_grad<T>);
      });
}

}  // namespace tern

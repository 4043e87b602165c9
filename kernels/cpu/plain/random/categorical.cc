// Classes drawn by their logits, and permutations.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "core/visit_dtype.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/random/random_state.h"
#include "kernels/cpu/plain/random/words.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void store_index(Tensor& y, std::int64_t i, std::int64_t value) {
  if (y.dtype() == int32)
    y.data<std::int32_t>()[i] = static_cast<std::int32_t>(value);
  else
    y.data<std::int64_t>()[i] = value;
}

/// Class j has the weight exp(logit j - the largest); what is not finite has
/// none.
void draw_classes(const Tensor& logits, Words words, Tensor& y) {
  const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  const std::int64_t samples = y.shape()[1];
  if (classes == 0)
    throw InvalidArgumentError("num_classes should be positive, got 0");
  std::vector<double> weights(static_cast<std::size_t>(classes));
  for (std::int64_t row = 0; row < rows; ++row) {
    visit_number(logits.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (!is_complex_number<T>) {
        const T* x = static_cast<const T*>(logits.raw_data()) + row * classes;
        for (std::size_t j = 0; j < weights.size(); ++j)
          weights[j] = static_cast<double>(static_cast<T>(x[j]));
      }
    });
    double largest = -std::numeric_limits<double>::max();
    for (double x : weights)
      if (std::isfinite(x)) largest = std::max(largest, x);
    double total = 0;
    for (double& x : weights) {
      if (std::isfinite(x)) total += std::exp(x - largest);
      x = total;
    }
    for (std::int64_t i = 0; i < samples; ++i) {
      const double wanted = words.uniform() * total;
      store_index(y,
                  row * samples + i,
                  std::upper_bound(weights.begin(), weights.end(), wanted) -
                      weights.begin());
    }
  }
}

void multinomial(KernelContext& c) {
  Tensor& y = c.output();
  if (y.num_elements() == 0) return;
  const std::int64_t blocks = (y.shape()[1] + 3) / 4 * 4 * 2;
  const Philox generator = random_state(c).reserve(
      static_cast<std::uint64_t>(y.shape()[0] * blocks) * 256);
  draw_classes(c.input(0), Words(generator), y);
}

void stateless_multinomial(KernelContext& c) {
  const Philox generator = seeded_generator(c.input(2));
  if (c.output().num_elements() == 0) return;
  draw_classes(c.input(0), Words(generator), c.output());
}

/// Fisher and Yates from the front, one word a row.
void stateless_shuffle(KernelContext& c) {
  const Tensor &value = c.input(0), &key = c.input(1), &counter = c.input(2);
  check_generator(key.shape(), counter.shape(), c.host_int(3));
  Tensor& output = c.output();
  if (value.num_elements() == 0) return;
  const std::int64_t rows = value.shape().rank() > 0 ? value.shape()[0] : 1;
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  Words words(generator_of(key, counter));
  for (std::size_t i = 0; i + 1 < order.size(); ++i)
    std::swap(order[i], order[i + words.word() % (order.size() - i)]);
  const RowCopier copy(value.dtype(), value.num_elements() / rows);
  for (std::int64_t i = 0; i < rows; ++i)
    copy(value.raw_data(),
         order[static_cast<std::size_t>(i)],
         output.mutable_data(),
         i);
}

/// The block cipher Simon (Beaulieu et al., 2013) on words of `width` bits,
/// with fewer rounds: a permutation of the numbers of 2 width bits.
class Simon {
 public:
  Simon(const std::array<std::uint32_t, 3>& key, int rounds, int width)
      : width_(width), mask_((std::uint64_t{1} << width) - 1) {
    for (const std::uint32_t word : key) keys_.push_back(word & mask_);
    std::uint64_t z = 0x7369f885192c0ef5u & mask_;
    const std::uint64_t constant = 0xfffffffcu & mask_;
    for (std::size_t i = 3; i < static_cast<std::size_t>(rounds); ++i) {
      const std::uint64_t last = keys_[i - 1];
      keys_.push_back(constant ^ (z & 1) ^ keys_[i - 3] ^
                      left(last, width_ - 3) ^ left(last, width_ - 4));
      z >>= 1;
    }
  }

  std::uint64_t operator()(std::uint64_t value) const {
    std::uint64_t x = value >> width_ & mask_, y = value & mask_;
    for (std::size_t i = 0; i < keys_.size(); i += 2) {
      x ^= mixed(y) ^ keys_[i];
      y ^= mixed(x) ^ keys_[i + 1];
    }
    return x << width_ | y;
  }

 private:
  std::uint64_t left(std::uint64_t x, int bits) const {
    return ((x << bits) | (x >> (width_ - bits))) & mask_;
  }
  std::uint64_t mixed(std::uint64_t x) const {
    return (left(x, 1) & left(x, 8)) ^ left(x, 2);
  }

  int width_;
  std::uint64_t mask_;
  std::vector<std::uint64_t> keys_;
};

/// Walks the permutation of a larger block until it is back in the range.
std::uint64_t shuffled_index(std::uint64_t index,
                             const std::array<std::uint32_t, 3>& key,
                             std::uint64_t max_index,
                             int rounds) {
  if (max_index == 0) return 0;
  constexpr int kLeastBits = 16;
  int bits =
      static_cast<int>(std::ceil(std::log2(static_cast<double>(max_index))));
  bits = std::clamp(bits + bits % 2, kLeastBits, 64);
  const Simon cipher(key, rounds, bits / 2);
  do {
    index = cipher(index);
  } while (index > max_index);
  return index;
}

/// An operand that is one scalar (or row) for all, or one for each.
struct Repeated {
  explicit Repeated(const Tensor& x, int inner_rank)
      : values(x), is_one(x.shape().rank() == inner_rank) {}
  const Tensor& values;
  bool is_one;

  std::uint64_t at(std::int64_t i, std::int64_t width = 1, int k = 0) const {
    return visit_number(values.dtype(), [&](auto zero) -> std::uint64_t {
      using T = decltype(zero);
      if constexpr (std::is_integral_v<T>)
        return static_cast<std::uint64_t>(static_cast<const T*>(
            values.raw_data())[(is_one ? 0 : i) * width + k]);
      else
        return 0;
    });
  }
};

void random_index_shuffle(KernelContext& c) {
  const Repeated index(c.input(0), 0), seed(c.input(1), 1),
      max_index(c.input(2), 0);
  const auto rounds = static_cast<int>(c.attr<std::int64_t>("rounds"));
  if (rounds < 4 || rounds % 2 != 0 || rounds > 1024)
    throw InvalidArgumentError(
        "The number of rounds must be even and at least 4, got ", rounds);
  Tensor& y = c.output();
  y.mutable_data();
  for (std::int64_t i = 0; i < y.num_elements(); ++i) {
    const std::uint64_t largest = max_index.at(i), wanted = index.at(i);
    if (wanted > largest)
      throw InvalidArgumentError("index ",
                                 static_cast<std::int64_t>(wanted),
                                 " is larger than max_index ",
                                 static_cast<std::int64_t>(largest));
    std::array<std::uint32_t, 3> key{};
    for (int k = 0; k < 3; ++k)
      key[static_cast<std::size_t>(k)] =
          static_cast<std::uint32_t>(seed.at(i, 3, k));
    const std::uint64_t result = shuffled_index(wanted, key, largest, rounds);
    if (y.dtype().size() == 4)
      static_cast<std::uint32_t*>(y.mutable_data())[i] =
          static_cast<std::uint32_t>(result);
    else
      static_cast<std::uint64_t*>(y.mutable_data())[i] = result;
  }
}

}  // namespace

void register_categorical_kernels(KernelRegistry& registry) {
  for (DType dtype : {float16, bfloat16, float32, float64}) {
    registry.add("Multinomial", {{"T", dtype}}, multinomial);
    registry.add("StatelessMultinomial", {{"T", dtype}}, stateless_multinomial);
  }
  registry.add("StatelessShuffle", {}, stateless_shuffle);
  for (DType dtype : {int32, int64, uint32, uint64})
    registry.add(
        "RandomIndexShuffle", {{"dtype", dtype}}, random_index_shuffle);
}

}  // namespace tern

#include "kernels/cpu/plain/random/random_fill.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/common/uniform_numbers.h"
#include "kernels/cpu/plain/random/normal_numbers.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

using kernels::box_muller;
using kernels::kPhiloxLanes;
using kernels::kPhiloxWords;
using kernels::unit_bfloat16;
using kernels::unit_double;
using kernels::unit_float;
using kernels::unit_half;

constexpr std::int64_t kGrainBlocks = 1 << 13;
/// Words TensorFlow sets aside for one output whose need of them varies.
constexpr std::int64_t kWordsPerVariableOutput = 256;

/// Fills `output` with what `convert` makes of each block: a function from
/// Philox::Block to an array of the elements one block gives.
template <class T, class Convert>
void fill_blocks(const Philox& start, Tensor& output, Convert convert) {
  constexpr auto kPerBlock = static_cast<std::int64_t>(
      std::tuple_size_v<decltype(convert(Philox::Block{}))>);
  T* out = output.data<T>();
  std::int64_t count = output.num_elements();
  std::int64_t blocks = (count + kPerBlock - 1) / kPerBlock;
  parallel_for(blocks, kGrainBlocks, [&](std::int64_t begin, std::int64_t end) {
    Philox generator = start;
    generator.skip(static_cast<std::uint64_t>(begin));
    kernels::PhiloxLanes words;
    for (std::int64_t block = begin; block < end; block += kPhiloxLanes) {
      kernels::philox_lanes(generator, words);
      generator.skip(kPhiloxLanes);
      std::int64_t here = std::min<std::int64_t>(kPhiloxLanes, end - block);
      for (std::int64_t l = 0; l < here; ++l) {
        auto values =
            convert({words[0][l], words[1][l], words[2][l], words[3][l]});
        std::int64_t at = (block + l) * kPerBlock;
        if (at + kPerBlock <= count)
          std::copy_n(values.begin(), kPerBlock, out + at);
        else
          std::copy_n(values.begin(), count - at, out + at);
      }
    }
  });
}

/// A function as a type of its own, so that loops over it are compiled for it.
template <auto Function>
struct Call {
  auto operator()(const Philox::Block& x) const { return Function(x); }
};

template <class T, T (*Unit)(std::uint32_t)>
std::array<T, 4> four_of(const Philox::Block& x) {
  return {Unit(x[0]), Unit(x[1]), Unit(x[2]), Unit(x[3])};
}

template <class T>
std::array<T, 4> four_normals(const Philox::Block& x) {
  std::array<float, 2> a = box_muller(x[0], x[1]);
  std::array<float, 2> b = box_muller(x[2], x[3]);
  return {T(a[0]), T(a[1]), T(b[0]), T(b[1])};
}

std::array<std::uint64_t, 2> two_words64(const Philox::Block& x) {
  return {std::uint64_t{x[1]} << 32 | x[0], std::uint64_t{x[3]} << 32 | x[2]};
}

/// Hands out normal numbers from pairs of a generator's words.
template <class T>
class Normals {
 public:
  explicit Normals(const Philox& generator) : generator_(generator) {}
  auto pair() {
    if constexpr (std::is_same_v<T, double>) {
      return box_muller(generator_());
    } else {
      if (used_ == kPhiloxWords) {
        block_ = generator_();
        used_ = 0;
      }
      auto result = box_muller(block_[used_], block_[used_ + 1]);
      used_ += 2;
      return result;
    }
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  std::size_t used_ = kPhiloxWords;
};

/// Elements come in groups, each with counters of its own to draw from until
/// it is full.
template <class T>
void fill_truncated(const Philox& start, Tensor& output) {
  constexpr std::int64_t kGroup = std::is_same_v<T, double> ? 2 : 4;
  constexpr std::int64_t kSkip =
      kGroup * kWordsPerVariableOutput / kPhiloxWords;
  T* out = output.data<T>();
  std::int64_t count = output.num_elements();
  parallel_for((count + kGroup - 1) / kGroup,
               kGrainBlocks / 4,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t group = begin; group < end; ++group) {
                   Philox generator = start;
                   generator.skip(static_cast<std::uint64_t>(group * kSkip));
                   Normals<T> normals(generator);
                   std::int64_t at = group * kGroup;
                   std::int64_t last = std::min(at + kGroup, count);
                   while (at < last)
                     for (auto value : normals.pair())
                       if (std::abs(value) < 2 && at < last)
                         out[at++] = T(value);
                 }
               });
}

template <class T, class Bits>
void fill_range(const Philox& generator, T low, T high, Tensor& output) {
  if (!(low < high))
    throw InvalidArgumentError("Need minval < maxval, got ", low, " >= ", high);
  // Unsigned, so that any two limits have a distance and sums wrap.
  Bits range = static_cast<Bits>(high) - static_cast<Bits>(low);
  auto place = [=](Bits bits) {
    return static_cast<T>(static_cast<Bits>(low) + bits % range);
  };
  if constexpr (sizeof(T) == 4)
    fill_blocks<T>(generator, output, [=](const Philox::Block& x) {
      return std::array<T, 4>{
          place(x[0]), place(x[1]), place(x[2]), place(x[3])};
    });
  else
    fill_blocks<T>(generator, output, [=](const Philox::Block& x) {
      auto words = two_words64(x);
      return std::array<T, 2>{place(words[0]), place(words[1])};
    });
}

[[noreturn]] void throw_no_fill(DType dtype) {
  throw InternalError("no random numbers of dtype ", dtype.name());
}

}  // namespace

void fill_uniform(const Philox& generator, Tensor& output) {
  DType dtype = output.dtype();
  if (dtype == float32)
    fill_blocks<float>(generator, output, Call<four_of<float, unit_float>>());
  else if (dtype == float64)
    fill_blocks<double>(generator, output, [](const Philox::Block& x) {
      return std::array<double, 2>{unit_double(x[0], x[1]),
                                   unit_double(x[2], x[3])};
    });
  else if (dtype == float16)
    fill_blocks<Half>(generator, output, Call<four_of<Half, unit_half>>());
  else if (dtype == bfloat16)
    fill_blocks<BFloat16>(
        generator, output, Call<four_of<BFloat16, unit_bfloat16>>());
  else
    throw_no_fill(dtype);
}

void fill_normal(const Philox& generator, Tensor& output) {
  DType dtype = output.dtype();
  if (dtype == float32)
    fill_blocks<float>(generator, output, Call<four_normals<float>>());
  else if (dtype == float64)
    fill_blocks<double>(generator, output, [](const Philox::Block& x) {
      return box_muller(x);
    });
  else if (dtype == float16)
    fill_blocks<Half>(generator, output, Call<four_normals<Half>>());
  else if (dtype == bfloat16)
    fill_blocks<BFloat16>(generator, output, Call<four_normals<BFloat16>>());
  else
    throw_no_fill(dtype);
}

void fill_truncated_normal(const Philox& generator, Tensor& output) {
  DType dtype = output.dtype();
  if (dtype == float32)
    fill_truncated<float>(generator, output);
  else if (dtype == float64)
    fill_truncated<double>(generator, output);
  else if (dtype == float16)
    fill_truncated<Half>(generator, output);
  else if (dtype == bfloat16)
    fill_truncated<BFloat16>(generator, output);
  else
    throw_no_fill(dtype);
}

void fill_bits(const Philox& generator, Tensor& output) {
  if (output.dtype().size() == 4)
    fill_blocks<std::uint32_t>(
        generator, output, [](const Philox::Block& x) { return x; });
  else
    fill_blocks<std::uint64_t>(generator, output, Call<two_words64>());
}

void fill_integers(const Philox& generator,
                   const Tensor& minval,
                   const Tensor& maxval,
                   Tensor& output) {
  if (output.num_elements() == 0) return;
  if (output.dtype() == int32)
    fill_range<std::int32_t, std::uint32_t>(generator,
                                            minval.values<std::int32_t>()[0],
                                            maxval.values<std::int32_t>()[0],
                                            output);
  else if (output.dtype() == int64)
    fill_range<std::int64_t, std::uint64_t>(generator,
                                            minval.values<std::int64_t>()[0],
                                            maxval.values<std::int64_t>()[0],
                                            output);
  else
    throw_no_fill(output.dtype());
}

}  // namespace tern

#include "kernels/cpu/plain/random/random_fill.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr int kWords = 4;
/// Blocks computed side by side, so that the rounds run in vector registers.
constexpr int kLanes = 8;
constexpr std::int64_t kGrainBlocks = 1 << 13;
/// Words TensorFlow sets aside for one output whose need of them varies.
constexpr std::int64_t kWordsPerVariableOutput = 256;

using WordsOfLanes = std::uint32_t[kWords][kLanes];

/// Ten rounds on kLanes counters in a row, from `first` on.
void philox_lanes(const Philox& first, WordsOfLanes& words) {
  Philox lane = first;
  for (int l = 0; l < kLanes; ++l) {
    for (std::size_t w = 0; w < kWords; ++w) words[w][l] = lane.counter()[w];
    lane.skip(1);
  }
  std::uint32_t key0 = first.key()[0], key1 = first.key()[1];
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < kLanes; ++l) {
      std::uint64_t a = std::uint64_t{0xD2511F53u} * words[0][l];
      std::uint64_t b = std::uint64_t{0xCD9E8D57u} * words[2][l];
      words[0][l] = static_cast<std::uint32_t>(b >> 32) ^ words[1][l] ^ key0;
      words[1][l] = static_cast<std::uint32_t>(b);
      words[2][l] = static_cast<std::uint32_t>(a >> 32) ^ words[3][l] ^ key1;
      words[3][l] = static_cast<std::uint32_t>(a);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

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
    WordsOfLanes words;
    for (std::int64_t block = begin; block < end; block += kLanes) {
      philox_lanes(generator, words);
      generator.skip(kLanes);
      std::int64_t here = std::min<std::int64_t>(kLanes, end - block);
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

/// Low bits as the mantissa of a number in [1, 2), less 1.
float unit_float(std::uint32_t word) {
  return std::bit_cast<float>((word & 0x7fffffu) | 0x3f800000u) - 1.0f;
}
double unit_double(std::uint32_t upper, std::uint32_t lower) {
  std::uint64_t bits = std::uint64_t{upper & 0xfffffu} << 32 | lower;
  return std::bit_cast<double>(bits | std::uint64_t{0x3ff} << 52) - 1.0;
}
Half unit_half(std::uint32_t word) {
  auto bits = static_cast<std::uint16_t>((word & 0x3ffu) | 0x3c00u);
  return Half(float(Half::from_bits(bits)) - 1.0f);
}
BFloat16 unit_bfloat16(std::uint32_t word) {
  auto bits = static_cast<std::uint16_t>((word & 0x7fu) | 0x3f80u);
  return BFloat16(float(BFloat16::from_bits(bits)) - 1.0f);
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

/// Two normal numbers from two uniform ones (Box and Muller, 1958); the radius
/// is bounded because the first is at least 1e-7.
std::array<float, 2> box_muller(std::uint32_t x0, std::uint32_t x1) {
  float u1 = std::max(unit_float(x0), 1.0e-7f);
  auto angle = static_cast<float>(2.0 * std::numbers::pi *
                                  static_cast<double>(unit_float(x1)));
  float radius = std::sqrt(-2.0f * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
std::array<double, 2> box_muller(const Philox::Block& x) {
  double u1 = std::max(unit_double(x[0], x[1]), 1.0e-7);
  double angle = 2.0 * std::numbers::pi * unit_double(x[2], x[3]);
  double radius = std::sqrt(-2.0 * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
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
      if (used_ == kWords) {
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
  std::size_t used_ = kWords;
};

/// Elements come in groups, each with counters of its own to draw from until
/// it is full.
template <class T>
void fill_truncated(const Philox& start, Tensor& output) {
  constexpr std::int64_t kGroup = std::is_same_v<T, double> ? 2 : 4;
  constexpr std::int64_t kSkip = kGroup * kWordsPerVariableOutput / kWords;
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

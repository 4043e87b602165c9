#include <bit>
#include <cstring>
#include <type_traits>

#include "kernels/cpu/loops.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {
namespace {

/// A count of bits within the width, as TensorFlow takes others.
template <class T>
int bits_to_shift(T y) {
  constexpr T kMost = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<int>(std::clamp(y, T(0), kMost));
}

struct LeftShift {
  template <class T>
  T operator()(T x, T y) const {
    using Bits = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Bits>(x) << bits_to_shift(y));
  }
};

struct RightShift {
  template <class T>
  T operator()(T x, T y) const {
    return static_cast<T>(x >> bits_to_shift(y));
  }
};

struct PopulationCount {
  template <class T>
  std::uint8_t operator()(T x) const {
    return static_cast<std::uint8_t>(
        std::popcount(static_cast<std::make_unsigned_t<T>>(x)));
  }
};

void bitcast(KernelContext& c) {
  constexpr std::int64_t kGrain = 1 << 18;
  const auto* from = static_cast<const char*>(c.input(0).raw_data());
  auto* to = static_cast<char*>(c.output().mutable_data());
  parallel_for(static_cast<std::int64_t>(c.output().num_bytes()),
               kGrain,
               [=](std::int64_t begin, std::int64_t end) {
                 std::memcpy(to + begin,
                             from + begin,
                             static_cast<std::size_t>(end - begin));
               });
}

}  // namespace
}  // namespace kernels

void register_bitwise_kernels(KernelRegistry& registry) {
  using namespace kernels;
  for_each_integer_type([&]<class T>(TypeTag<T>) {
    add_binary<LeftShift, LoopSet::kSame, T>(registry, "LeftShift");
    add_binary<RightShift, LoopSet::kSame, T>(registry, "RightShift");
    add_unary<PopulationCount, T>(registry, "PopulationCount");
  });
  registry.add("Bitcast", {}, bitcast);
}

}  // namespace tern

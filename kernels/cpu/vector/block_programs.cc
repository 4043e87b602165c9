// Block programs: what runs fused elementwise ops, and the loops that only
// they have.

#include "kernels/common/uniform_numbers.h"
#include "kernels/cpu/loops.h"

namespace tern {
namespace kernels {
namespace {

/// Outer(inner, z), or Outer(z, inner), with inner = Inner(x, y): one loop
/// less, and the same two roundings.
template <class Inner, class Outer, bool Reversed>
struct Pair {
  template <class T>
  T operator()(T x, T y, T z) const {
    T inner = Inner()(x, y);
    return Reversed ? Outer()(z, inner) : Outer()(inner, z);
  }
};

template <class F, class T, bool YFixed, bool ZFixed, class Count>
void pair_run(const T* x, const T* y, const T* z, T* w, Count count) {
  const std::int64_t n = count;
  const T first_y = *y, first_z = *z;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i)
    w[i] = F()(x[i], YFixed ? first_y : y[i], ZFixed ? first_z : z[i]);
}

template <class F, class T, bool YFixed, bool ZFixed>
void pair_loop(const void* x_data,
               const void* y_data,
               const void* z_data,
               void* w_data,
               std::int64_t n) {
  const T* x = static_cast<const T*>(x_data);
  const T* y = static_cast<const T*>(y_data);
  const T* z = static_cast<const T*>(z_data);
  T* w = static_cast<T*>(w_data);
  // Without a remainder to look for, where there is none.
  constexpr std::integral_constant<std::int64_t, kBlockElements> kWhole;
  if (n == kBlockElements)
    pair_run<F, T, YFixed, ZFixed>(x, y, z, w, kWhole);
  else
    pair_run<F, T, YFixed, ZFixed>(x, y, z, w, n);
}

template <class F, class T>
constexpr TernaryLoops pair_loops() {
  TernaryLoops loops{.all_vary = pair_loop<F, T, false, false>};
  if constexpr (std::is_same_v<T, float>) {
    loops.y_fixed = pair_loop<F, T, true, false>;
    loops.z_fixed = pair_loop<F, T, false, true>;
    loops.yz_fixed = pair_loop<F, T, true, true>;
  }
  return loops;
}

template <class T, class Inner>
void add_pairs_of(std::string_view inner) {
  auto add = [&]<class Outer, bool Reversed>(std::string_view outer,
                                             Pair<Inner, Outer, Reversed>) {
    block_loops().add(find_block_pair(inner, outer, Reversed),
                      dtype_of<T>,
                      pair_loops<Pair<Inner, Outer, Reversed>, T>());
  };
  add("AddV2", Pair<Inner, Add, false>());
  add("Mul", Pair<Inner, Mul, false>());
  add("Sub", Pair<Inner, Sub, false>());
  add("Sub", Pair<Inner, Sub, true>());
}

template <class T>
void add_pairs() {
  add_pairs_of<T, Add>("AddV2");
  add_pairs_of<T, Mul>("Mul");
  add_pairs_of<T, Sub>("Sub");
}

template <bool ProductsFixed, bool SumsFixed, class Count>
void affine_run(const float* x,
                const float* y,
                const float* z,
                const float* u,
                const float* w,
                float* v,
                Count count) {
  const std::int64_t n = count;
  const float first_y = *y, first_z = *z, first_u = *u, first_w = *w;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    float inner =
        x[i] * (ProductsFixed ? first_y : y[i]) + (SumsFixed ? first_z : z[i]);
    v[i] =
        inner * (ProductsFixed ? first_u : u[i]) + (SumsFixed ? first_w : w[i]);
  }
}

template <bool ProductsFixed, bool SumsFixed>
void affine_loop(const void* x,
                 const void* y,
                 const void* z,
                 const void* u,
                 const void* w,
                 void* v,
                 std::int64_t n) {
  auto run = [&](auto count) {
    auto in = [](const void* data) { return static_cast<const float*>(data); };
    affine_run<ProductsFixed, SumsFixed>(
        in(x), in(y), in(z), in(u), in(w), static_cast<float*>(v), count);
  };
  if (n == kBlockElements)
    run(std::integral_constant<std::int64_t, kBlockElements>());
  else
    run(n);
}

/// Number i is made of word i, in float64 of words 2i and 2i + 1.
template <class T>
void uniform_loop(const Philox& generator,
                  std::int64_t first,
                  void* to,
                  std::int64_t n) {
  constexpr std::int64_t kWordsEach = std::is_same_v<T, double> ? 2 : 1;
  constexpr std::int64_t kTogether = kPhiloxWords * kPhiloxLanes;
  // The first number may be any of its counter's.
  std::uint32_t words[kBlockElements * kWordsEach + 2 * kTogether];
  const std::int64_t skipped = first * kWordsEach % kPhiloxWords;
  const std::int64_t end = skipped + n * kWordsEach;
  Philox counter = generator;
  counter.skip(static_cast<std::uint64_t>(first * kWordsEach / kPhiloxWords));
  for (std::int64_t i = 0; i < end; i += kTogether) {
    PhiloxLanes lanes;
    philox_lanes(counter, lanes);
    counter.skip(kPhiloxLanes);
    std::uint32_t* to = words + i;
    for (int l = 0; l < kPhiloxLanes; ++l) {
      to[4 * l] = lanes[0][l];
      to[4 * l + 1] = lanes[1][l];
      to[4 * l + 2] = lanes[2][l];
      to[4 * l + 3] = lanes[3][l];
    }
  }
  const std::uint32_t* word = words + skipped;
  T* numbers = static_cast<T*>(to);
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::is_same_v<T, double>)
      numbers[i] = unit_double(word[2 * i], word[2 * i + 1]);
    else if constexpr (std::is_same_v<T, Half>)
      numbers[i] = unit_half(word[i]);
    else if constexpr (std::is_same_v<T, BFloat16>)
      numbers[i] = unit_bfloat16(word[i]);
    else
      numbers[i] = unit_float(word[i]);
  }
}

struct And {
  bool operator()(bool x, bool y) const { return x & y; }
};
struct Or {
  bool operator()(bool x, bool y) const { return x | y; }
};
struct Not {
  bool operator()(bool x) const { return !x; }
};

}  // namespace
}  // namespace kernels

void register_block_program_kernels(KernelRegistry& registry) {
  using namespace kernels;
  BlockLoops& loops = block_loops();
  add_pairs<float>();
  add_pairs<double>();
  loops.set_affine_pair({.all_vary = affine_loop<false, false>,
                         .fixed_sums = affine_loop<false, true>,
                         .scalars = affine_loop<true, true>});
  loops.add("LogicalAnd", bool_, kBinaryLoops<And, bool, LoopSet::kSame>);
  loops.add("LogicalOr", bool_, kBinaryLoops<Or, bool, LoopSet::kSame>);
  loops.add("LogicalNot", bool_, kUnaryLoop<Not, bool>);
  loops.add(float32, uniform_loop<float>);
  loops.add(float64, uniform_loop<double>);
  loops.add(float16, uniform_loop<Half>);
  loops.add(bfloat16, uniform_loop<BFloat16>);
  registry.add("_TernFusedElementwise", {}, [](KernelContext& context) {
    run_block_program(context, block_loops());
  });
  registry.add("_TernFusedReduction", {}, [](KernelContext& context) {
    run_fused_reduction(context, block_loops());
  });
}

}  // namespace tern

// Block programs: what runs fused elementwise ops, and the loops that only
// they have.

#include "kernels/cpu/loops.h"

namespace tern {
namespace kernels {
namespace {

/// Outer(inner, z), or Outer(z, inner), with inner = Inner(x, y): one loop
/// less, and the same two roundings.
template <class T, class Inner, class Outer, bool Reversed>
void pair_loop(const void* x_data,
               const void* y_data,
               const void* z_data,
               void* w_data,
               std::int64_t n) {
  const T* __restrict x = static_cast<const T*>(x_data);
  const T* __restrict y = static_cast<const T*>(y_data);
  const T* __restrict z = static_cast<const T*>(z_data);
  T* __restrict w = static_cast<T*>(w_data);
  for (std::int64_t i = 0; i < n; ++i) {
    T inner = Inner()(x[i], y[i]);
    w[i] = Reversed ? Outer()(z[i], inner) : Outer()(inner, z[i]);
  }
}

template <class T, class Inner>
void add_pairs_of(std::string_view inner) {
  auto add = [&](std::string_view outer, bool reversed, TernaryLoop loop) {
    block_loops().add(
        find_block_pair(inner, outer, reversed), dtype_of<T>, loop);
  };
  add("AddV2", false, pair_loop<T, Inner, Add, false>);
  add("Mul", false, pair_loop<T, Inner, Mul, false>);
  add("Sub", false, pair_loop<T, Inner, Sub, false>);
  add("Sub", true, pair_loop<T, Inner, Sub, true>);
}

template <class T>
void add_pairs() {
  add_pairs_of<T, Add>("AddV2");
  add_pairs_of<T, Mul>("Mul");
  add_pairs_of<T, Sub>("Sub");
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
  loops.add("LogicalAnd", bool_, kBinaryLoops<And, bool, LoopSet::kSame>);
  loops.add("LogicalOr", bool_, kBinaryLoops<Or, bool, LoopSet::kSame>);
  loops.add("LogicalNot", bool_, kUnaryLoop<Not, bool>);
  registry.add("_TernFusedElementwise", {}, [](KernelContext& context) {
    run_block_program(context, block_loops());
  });
}

}  // namespace tern

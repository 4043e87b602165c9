#pragma once

#include <cstdint>
#include <string_view>

#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/reduction.h"
#include "ops/math/block_program.h"
#include "tern/core/philox.h"

namespace tern::kernels {

/// w[i] = f(x[i], y[i], z[i]) for i < n.
using TernaryLoop = void (*)(
    const void* x, const void* y, const void* z, void* w, std::int64_t n);

/// Loops that differ in which operands vary: the others stay at their first
/// element. Only `all_vary` has to be there.
struct TernaryLoops {
  TernaryLoop all_vary = nullptr;
  TernaryLoop y_fixed = nullptr;
  TernaryLoop z_fixed = nullptr;
  TernaryLoop yz_fixed = nullptr;
};

/// v[i] = (x[i] * y[i] + z[i]) * u[i] + w[i] for i < n; in `scalars`, x alone
/// varies, in `fixed_sums`, z and w do not.
struct AffinePairLoops {
  using Loop = void (*)(const void* x,
                        const void* y,
                        const void* z,
                        const void* u,
                        const void* w,
                        void* v,
                        std::int64_t n);
  Loop all_vary = nullptr;
  Loop fixed_sums = nullptr;
  Loop scalars = nullptr;
};

/// to[i] = number `first` + i of those that the generator gives in [0, 1), for
/// i < n <= kBlockElements.
using UniformLoop = void (*)(const Philox& generator,
                             std::int64_t first,
                             void* to,
                             std::int64_t n);

/// The loops of one step for one dtype: those of one number of operands are
/// there.
struct BlockLoop {
  UnaryLoop unary{};
  BinaryLoops binary{};
  TernaryLoops ternary{};
  UniformLoop uniform = nullptr;
};

/// The loops of one instruction set that block programs are made of: those of
/// the kernels of the single ops, so that a step gives the bits of the op.
class BlockLoops {
 public:
  /// Remembers a loop where the op is one of block_ops(); later calls for the
  /// same op and dtype replace it.
  void add(std::string_view op, DType type, const UnaryLoop& loop) {
    if (BlockLoop* entry = find(find_block_op(op), type)) entry->unary = loop;
  }
  void add(std::string_view op, DType type, const BinaryLoops& loops) {
    if (BlockLoop* entry = find(find_block_op(op), type)) entry->binary = loops;
  }
  void add(int op, DType type, const TernaryLoops& loops) {
    if (BlockLoop* entry = find(op, type)) entry->ternary = loops;
  }
  void add(DType type, UniformLoop loop) {
    find(find_block_op("StatelessRandomUniformV2"), type)->uniform = loop;
  }
  /// A reduction of what a block program gives: also of other dtypes and ops
  /// than those that it is asked for.
  void add(std::string_view op, DType type, const Reduction& reduction) {
    int found = find_block_reduction(op);
    if (found >= 0 && type.code < kTypes)
      reductions_[found][type.code] = &reduction;
  }
  void add_cast(DType from, DType to, const UnaryLoop& loop) {
    if (from.code < kTypes && to.code < kTypes)
      casts_[from.code][to.code] = loop;
  }

  void set_affine_pair(const AffinePairLoops& loops) { affine_pair_ = loops; }
  const AffinePairLoops& affine_pair() const { return affine_pair_; }

  const BlockLoop& of(int op, int type) const { return loops_[op][type]; }
  const UnaryLoop& cast(int from, int to) const { return casts_[from][to]; }
  const Reduction* reduction(int op, int type) const {
    return reductions_[op][type];
  }

 private:
  static constexpr int kOps = 96;
  static constexpr int kReductions = 8;
  static constexpr int kTypes = 20;  // float16 has the highest code: 19

  BlockLoop* find(int op, DType type) {
    return op < 0 || type.code >= kTypes ? nullptr : &loops_[op][type.code];
  }

  BlockLoop loops_[kOps][kTypes];
  UnaryLoop casts_[kTypes][kTypes];
  const Reduction* reductions_[kReductions][kTypes] = {};
  AffinePairLoops affine_pair_;
};

/// Those of the instruction set for which the calling file is compiled.
inline BlockLoops& block_loops() {
  static BlockLoops loops;
  return loops;
}

/// Runs the steps of a `_TernFusedElementwise` or `_TernFusedReduction` call.
/// What `loops` lack is taken from the loops that are compiled once.
void run_block_program(KernelContext& context, const BlockLoops& loops);
void run_fused_reduction(KernelContext& context, const BlockLoops& loops);

}  // namespace tern::kernels

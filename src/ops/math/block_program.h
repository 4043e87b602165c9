#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "ops/kernel.h"
#include "tern/core/tensor.h"

// What `_TernFusedElementwise` runs: elementwise steps on blocks of elements,
// small enough that values between steps stay in the first-level cache.

namespace tern {

/// Elements of a block. At 128, the cost of going from step to step is hidden
/// behind memory; longer blocks leave the cache.
inline constexpr std::int64_t kBlockElements = 128;

/// One step: an op, or several that are done in one loop, each with what the
/// one before it gives as first operand.
struct BlockOp {
  std::array<std::string_view, 4> ops;  // in order; empty ones at the end
  int operands;                         // those of the first, then the others'
  bool takes_integers;                  // int32 and int64, next to the floats
  /// The last op has the result of the others as its second operand.
  bool reversed = false;

  bool is_single() const { return ops[1].empty(); }
};

/// All there are; a step names one by its place.
std::span<const BlockOp> block_ops();
/// The step for one op, -1 when there is none.
int find_block_op(std::string_view op);
/// The step for two ops, -1 when there is none.
int find_block_pair(std::string_view inner,
                    std::string_view outer,
                    bool reversed);
/// The step for x * y + z and, of that, again the product with a number and
/// the sum with another one.
int find_block_affine_pair();
/// Whether the step has loops for operands of this dtype. Both dtypes count
/// for casts alone.
bool has_block_loop(int op, DType type, DType result_type);
/// The step that draws random numbers. Its operands are not blocks but a shape,
/// a generator's key and its counter.
inline constexpr std::string_view kRandomStep = "StatelessRandomUniformV2";

/// The place of a reduction that may end a block program, -1 when it may not.
int find_block_reduction(std::string_view op);
/// Whether it takes elements of this dtype there.
bool has_block_reduction(std::string_view op, DType type);

/// Values are named by slots: inputs first, then outputs, then registers. -1
/// stands after the last operand.
struct BlockStep {
  std::int32_t op;
  std::int32_t type;  // code of the operands' dtype: the branches' of SelectV2
  std::int32_t result_type;
  std::int32_t target;
  std::int32_t operands[5];
};
BlockStep block_step(int op,
                     DType type,
                     DType result_type,
                     int target,
                     std::span<const int> operands);

/// What a `_TernFusedReduction` call reduces.
struct FusedReduction {
  explicit FusedReduction(const KernelContext& context);
  int op;     // find_block_reduction's
  int value;  // slot
  std::vector<std::int64_t> axes;
  Shape domain;  // the value's shape
};

/// The steps as an attr holds them: int32 [steps, 9].
inline std::span<const BlockStep> steps_of(const Tensor& steps) {
  return {static_cast<const BlockStep*>(steps.raw_data()),
          static_cast<std::size_t>(steps.shape()[0])};
}
Tensor steps_tensor(std::span<const BlockStep> steps);

}  // namespace tern

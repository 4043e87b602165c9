#pragma once

#include <span>
#include <vector>

#include "kernels/common/broadcast.h"
#include "kernels/cpu/block_program.h"
#include "tern/core/inlined_vector.h"

namespace tern::kernels {

/// How an input's elements come to stand in blocks of the result's.
struct BlockOperand {
  /// Unused: by the steps that run, or read by none as blocks. Periodic: the
  /// input has the last dimensions, gathered: any others.
  enum Kind { kUnused, kWhole, kScalar, kPeriodic, kGathered };

  Kind kind = kUnused;
  std::int64_t size = 0;  // bytes an element
  /// A scalar of which some step wants a whole block.
  bool is_filled = false;
  BroadcastPlan<1> plan;  // of periodic and gathered ones

  /// Elements of a period, and bytes of what is repeated: a block that begins
  /// anywhere in the period is in one piece.
  std::int64_t period() const { return plan.inner().size; }
  std::int64_t repeated_bytes() const {
    return (period() + kBlockElements) * size;
  }
};

/// A step with its loop, its operands and target as slots.
struct BlockInstruction {
  enum Kind { kUnary, kBinary, kTernary, kAffinePair, kUniform };

  Kind kind;
  union {
    void (*unary)(const void*, void*, std::int64_t);
    BinaryLoops::Loop binary;
    TernaryLoop ternary;
    AffinePairLoops::Loop affine_pair;
    UniformLoop uniform;
  };
  std::int32_t operands[5];  // of kUniform: the place among the generators
  std::int32_t target;
};

/// A block program for results of one shape, resolved for inputs of certain
/// shapes: runs any number of times, on any thread.
///
/// Slots are those of the steps (inputs, outputs, registers), then, for each
/// input, the block that a scalar is filled into.
class BlockPlan {
 public:
  /// `outputs` are those of shape `domain`. `value`: a slot that is asked for
  /// besides, -1 for none.
  BlockPlan(const KernelContext& context,
            const BlockLoops& loops,
            const Shape& domain,
            const std::vector<int>& outputs,
            int value = -1);

  const Shape& domain() const { return domain_; }
  std::int64_t elements() const { return elements_; }
  const std::vector<int>& outputs() const { return outputs_; }
  std::span<const BlockOperand> operands() const { return operands_; }
  std::span<const BlockInstruction> instructions() const {
    return instructions_;
  }
  /// By generator, the inputs that hold its key and its counter.
  struct Generator {
    int key, counter;
  };
  std::span<const Generator> generators() const { return generators_; }
  /// The slot of output k.
  int output_slot(int k) const { return num_inputs() + k; }
  int num_inputs() const { return static_cast<int>(operands_.size()); }
  /// Slots of the steps; with those of filled scalars there are
  /// num_blocks().
  int num_slots() const { return slots_; }
  int num_blocks() const { return slots_ + num_inputs(); }
  int filled_slot(int input) const { return slots_ + input; }
  /// Whether output k is written before the last step has read input i.
  bool writes_before_reading(int k, int i) const {
    return first_write_[static_cast<std::size_t>(k)] <
           last_read_[static_cast<std::size_t>(i)];
  }
  /// The dtype of the slot that was asked for.
  DType value_type() const { return value_type_; }
  /// Elements worth a thread.
  std::int64_t grain() const { return grain_; }

 private:
  std::vector<bool> needed_steps(std::span<const BlockStep> steps,
                                 int value) const;
  void find_operands(const KernelContext& context,
                     std::span<const BlockStep> steps,
                     const std::vector<bool>& needed);
  bool is_scalar(std::int32_t slot) const {
    return slot < num_inputs() &&
           operands_[static_cast<std::size_t>(slot)].kind ==
               BlockOperand::kScalar;
  }
  std::int32_t expanded(std::int32_t slot);
  void add(const BlockStep& step, const BlockLoops& loops);
  /// Each resolves a step and gives the elements worth a thread.
  std::int64_t resolve_unary(const BlockStep& step,
                             const BlockLoops& loops,
                             BlockInstruction& made);
  std::int64_t resolve_binary(const BlockStep& step,
                              const BlockLoops& loops,
                              BlockInstruction& made);
  std::int64_t resolve_ternary(const BlockStep& step,
                               const BlockLoops& loops,
                               BlockInstruction& made);
  std::int64_t resolve_affine_pair(const BlockStep& step,
                                   const BlockLoops& loops,
                                   BlockInstruction& made);
  std::int64_t resolve_uniform(const BlockStep& step,
                               const BlockLoops& loops,
                               BlockInstruction& made);

  Shape domain_;
  std::int64_t elements_, work_ = 0, grain_ = 0;
  int slots_ = 0;
  DType value_type_;
  std::vector<int> outputs_;
  std::vector<BlockOperand> operands_;  // by input
  std::vector<BlockInstruction> instructions_;
  std::vector<Generator> generators_;
  std::vector<int> first_write_;  // instruction, by output
  std::vector<int> last_read_;    // by input, -1 where none reads it
};

}  // namespace tern::kernels

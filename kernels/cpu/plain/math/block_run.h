#pragma once

#include <memory>
#include <vector>

#include "kernels/cpu/plain/math/block_plan.h"
#include "kernels/cpu/produced_elements.h"
#include "ops/kernel.h"

namespace tern::kernels {

/// One run of a plan on a call's tensors.
class BlockRun : public ElementProducer {
 public:
  /// `value`: the slot that `produce` gives, -1 for none.
  BlockRun(const BlockPlan& plan, KernelContext& context, int value = -1);

  /// Computes all outputs of the plan, in parallel.
  void run() const;
  /// Computes elements [begin, end) of the value into `to` and of all outputs
  /// of the plan.
  void produce(std::int64_t begin, std::int64_t end, void* to) const override;
  std::int64_t grain() const override { return plan_.grain(); }

 private:
  /// A slot in memory of its own.
  struct Walk {
    int slot;
    char* data;
    std::int64_t size;  // bytes an element
  };
  /// Pointers as they stand at a block.
  struct Piece;

  bool must_be_staged(int output, const Tensor& tensor) const;
  void repeat_periodic_inputs();
  void place_input(int i,
                   std::int64_t begin,
                   std::int64_t first,
                   char* scratch,
                   Piece& piece) const;
  void run_piece(std::int64_t begin,
                 std::int64_t end,
                 void* value,
                 char* scratch) const;
  void run_block(char* const* slots, std::int64_t at, std::int64_t n) const;

  const BlockPlan& plan_;
  int value_;
  std::int64_t value_size_ = 0;
  InlinedVector<char*, 16> inputs_;  // elements; of periodic ones, repeated
  InlinedVector<Walk, 16> walks_;    // whole inputs, and outputs
  /// Outputs whose elements are copied to memory after each block: an executor
  /// lets them take the place of an input that later steps still read.
  InlinedVector<Walk, 2> staged_;
  InlinedVector<Philox, 1> generators_;
  std::unique_ptr<char[]> repeated_;
};

}  // namespace tern::kernels

#pragma once

#include <span>
#include <vector>

#include "graph/program/program.h"

namespace tern {

/// Where the tensor of a slot lives while a program runs.
enum class Place {
  kDynamic,   // made anew by each run
  kConstant,  // known before the first run
  kInline,    // a small tensor, kept from run to run
  kArena,     // at a fixed offset of the run's arena
  kAlias,     // the elements of other slots, kConstant or kArena
};

struct SlotPlan {
  Place place = Place::kDynamic;
  DType dtype;
  Shape shape;             // of kInline and kArena
  std::size_t offset = 0;  // of kArena
  Tensor constant;         // of kConstant
};

/// One instruction that has to be run.
struct Step {
  /// An input that is there for this run alone.
  struct Operand {
    int operand;  // its place among all operands
    int slot;
    bool last_use;
  };
  const Instruction* instruction = nullptr;
  int first_operand = 0;
  std::vector<Operand> dynamic_operands = {};
  /// The shapes of the outputs are known: the kernel can be called at once.
  /// Else the call goes the eager way, which infers and allocates.
  bool is_direct = false;
  std::vector<Shape> shapes = {};
  /// Outputs that a direct step allocates for each run.
  std::vector<int> fresh_outputs = {};
};

/// What is known of running a program before it runs.
struct LayoutPlan {
  std::vector<Step> steps;
  std::vector<SlotPlan> slots;
  /// Instructions that only give tensors that do not change from run to run
  /// another shape, in order.
  std::vector<const Instruction*> aliases;
  std::vector<int> dynamic_slots;
  int num_operands = 0;
  std::size_t arena_bytes = 0;
  std::size_t arena_lower_bound = 0;
};

/// The plan for arguments of these shapes, in host memory: values that follow
/// from shapes are computed now, all other results of known shape that do not
/// outlive the run get their place.
LayoutPlan plan_layout(const Program& program,
                       std::span<const Tensor> arguments);

/// Every instruction goes the eager way, on whatever device.
LayoutPlan plain_layout(const Program& program);

}  // namespace tern

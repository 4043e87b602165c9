#include "kernels/cpu/plain/math/block_plan.h"

#include <algorithm>

namespace tern::kernels {
namespace {

/// Longer rows are copied block by block instead of being repeated once.
constexpr std::int64_t kLongestPeriod = 4096;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

bool is_random(const BlockStep& step) {
  return block_ops()[at(step.op)].ops[0] == kRandomStep;
}

BlockOperand operand_of(const Tensor& tensor,
                        const Shape& domain,
                        std::int64_t elements) {
  BlockOperand operand;
  operand.size = static_cast<std::int64_t>(tensor.dtype().size());
  if (tensor.num_elements() == elements) {
    operand.kind = BlockOperand::kWhole;
  } else if (tensor.num_elements() == 1) {
    operand.kind = BlockOperand::kScalar;
  } else {
    operand.plan = plan_broadcast<1>(domain, {&tensor.shape()});
    const auto& inner = operand.plan.inner();
    bool repeats = inner.strides[0] == 1 &&
                   operand.plan.dimensions.size() == 2 &&
                   operand.plan.dimensions[0].strides[0] == 0 &&
                   inner.size <= kLongestPeriod;
    operand.kind = repeats ? BlockOperand::kPeriodic : BlockOperand::kGathered;
  }
  return operand;
}

/// The loops of the calling instruction set, or where it has none, those that
/// are compiled once.
const BlockLoop& loop_of(const BlockLoops& loops, const BlockStep& step) {
  const BlockLoop& own = loops.of(step.op, step.type);
  bool is_there = own.unary.loop || own.binary.both_vary ||
                  own.ternary.all_vary || own.uniform;
  return is_there ? own : block_loops().of(step.op, step.type);
}

}  // namespace

BlockPlan::BlockPlan(const KernelContext& context,
                     const BlockLoops& loops,
                     const Shape& domain,
                     const std::vector<int>& outputs,
                     int value)
    : domain_(domain),
      elements_(domain.num_elements()),
      outputs_(outputs),
      operands_(at(context.num_inputs())),
      first_write_(at(context.num_outputs()), 0),
      last_read_(at(context.num_inputs()), -1) {
  auto steps = steps_of(context.attr<Tensor>("steps"));
  slots_ = context.num_inputs() + context.num_outputs();
  for (const BlockStep& step : steps)
    slots_ = std::max(slots_, step.target + 1);
  std::vector<bool> needed = needed_steps(steps, value);
  find_operands(context, steps, needed);
  instructions_.reserve(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!needed[i]) continue;
    add(steps[i], loops);
    if (steps[i].target == value) value_type_ = DType{steps[i].result_type};
  }
}

/// Some outputs may be computed in another run.
std::vector<bool> BlockPlan::needed_steps(std::span<const BlockStep> steps,
                                          int value) const {
  std::vector<bool> needed(steps.size()), used(at(slots_));
  for (int output : outputs_) used[at(output_slot(output))] = true;
  if (value >= 0) used[at(value)] = true;
  for (std::size_t i = steps.size(); i-- > 0;) {
    const BlockStep& step = steps[i];
    needed[i] = used[at(step.target)];
    if (!needed[i]) continue;
    used[at(step.target)] = false;  // a register: an earlier value is another's
    for (std::int32_t slot : step.operands)
      if (slot >= 0) used[at(slot)] = true;
  }
  return needed;
}

void BlockPlan::find_operands(const KernelContext& context,
                              std::span<const BlockStep> steps,
                              const std::vector<bool>& needed) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!needed[i] || is_random(steps[i])) continue;
    for (std::int32_t slot : steps[i].operands) {
      if (slot < 0 || slot >= num_inputs()) continue;
      BlockOperand& operand = operands_[at(slot)];
      if (operand.kind == BlockOperand::kUnused)
        operand = operand_of(context.input(slot), domain_, elements_);
    }
  }
}

/// The slot under which a loop finds as many elements as a block has.
std::int32_t BlockPlan::expanded(std::int32_t slot) {
  if (!is_scalar(slot)) return slot;
  operands_[at(slot)].is_filled = true;
  return filled_slot(slot);
}

std::int64_t BlockPlan::resolve_unary(const BlockStep& step,
                                      const BlockLoops& loops,
                                      BlockInstruction& made) {
  const UnaryLoop& single = loop_of(loops, step).unary;
  const UnaryLoop& unary =
      single.loop ? single : loops.cast(step.type, step.result_type);
  made.kind = BlockInstruction::kUnary;
  made.unary = unary.loop;
  made.operands[0] = expanded(step.operands[0]);
  return unary.grain;
}

std::int64_t BlockPlan::resolve_binary(const BlockStep& step,
                                       const BlockLoops& loops,
                                       BlockInstruction& made) {
  const BinaryLoops& binary = loop_of(loops, step).binary;
  const std::int32_t x = step.operands[0], y = step.operands[1];
  bool y_fixed = is_scalar(y) && binary.y_fixed;
  bool x_fixed = !y_fixed && is_scalar(x) && binary.x_fixed;
  made.kind = BlockInstruction::kBinary;
  made.binary = y_fixed   ? binary.y_fixed
                : x_fixed ? binary.x_fixed
                          : binary.both_vary;
  made.operands[0] = x_fixed ? x : expanded(x);
  made.operands[1] = y_fixed ? y : expanded(y);
  return binary.grain;
}

std::int64_t BlockPlan::resolve_ternary(const BlockStep& step,
                                        const BlockLoops& loops,
                                        BlockInstruction& made) {
  const TernaryLoops& ternary = loop_of(loops, step).ternary;
  const std::int32_t y = step.operands[1], z = step.operands[2];
  bool can_fix = ternary.yz_fixed != nullptr;
  bool y_fixed = can_fix && is_scalar(y), z_fixed = can_fix && is_scalar(z);
  made.kind = BlockInstruction::kTernary;
  made.ternary = y_fixed && z_fixed ? ternary.yz_fixed
                 : y_fixed          ? ternary.y_fixed
                 : z_fixed          ? ternary.z_fixed
                                    : ternary.all_vary;
  made.operands[0] = expanded(step.operands[0]);
  made.operands[1] = y_fixed ? y : expanded(y);
  made.operands[2] = z_fixed ? z : expanded(z);
  return kCheapGrain;
}

std::int64_t BlockPlan::resolve_affine_pair(const BlockStep& step,
                                            const BlockLoops& loops,
                                            BlockInstruction& made) {
  const AffinePairLoops& pair = loops.affine_pair();
  const std::int32_t* from = step.operands;
  bool sums = is_scalar(from[2]) && is_scalar(from[4]);
  bool products = sums && is_scalar(from[1]) && is_scalar(from[3]);
  made.kind = BlockInstruction::kAffinePair;
  made.affine_pair = products ? pair.scalars
                     : sums   ? pair.fixed_sums
                              : pair.all_vary;
  for (int k = 0; k < 5; ++k) {
    bool fixed = k > 0 && (k % 2 == 0 ? sums : products);
    made.operands[k] = fixed ? from[k] : expanded(from[k]);
  }
  return kCheapGrain;
}

std::int64_t BlockPlan::resolve_uniform(const BlockStep& step,
                                        const BlockLoops& loops,
                                        BlockInstruction& made) {
  made.kind = BlockInstruction::kUniform;
  made.uniform = loop_of(loops, step).uniform;
  made.operands[0] = static_cast<std::int32_t>(generators_.size());
  generators_.push_back({step.operands[1], step.operands[2]});
  return kCostlyGrain;
}

void BlockPlan::add(const BlockStep& step, const BlockLoops& loops) {
  const int number = static_cast<int>(instructions_.size());
  BlockInstruction& made = instructions_.emplace_back();
  made.target = step.target;
  std::int64_t grain =
      is_random(step)        ? resolve_uniform(step, loops, made)
      : step.operands[1] < 0 ? resolve_unary(step, loops, made)
      : step.operands[2] < 0 ? resolve_binary(step, loops, made)
      : step.operands[3] < 0 ? resolve_ternary(step, loops, made)
                             : resolve_affine_pair(step, loops, made);
  int output = step.target - num_inputs();
  if (output >= 0 && at(output) < first_write_.size())
    first_write_[at(output)] = number;
  if (made.kind != BlockInstruction::kUniform)
    for (std::int32_t slot : step.operands)
      if (slot >= 0 && slot < num_inputs()) last_read_[at(slot)] = number;
  // What costs as much as several additions counts as several steps.
  work_ += grain < kCheapGrain ? 1 + kCheapGrain / kCostlyGrain : 1;
  grain_ = std::max(kBlockElements * 8, kCheapGrain / work_);
}

}  // namespace tern::kernels

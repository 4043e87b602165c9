#include "graph/program/frame.h"

#include <new>

#include "core/lane.h"
#include "core/subnormals.h"
#include "graph/program/layout_plan.h"
#include "graph/program/profile.h"
#include "ops/apply.h"
#include "tern/core/cancellation.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

Tensor view(Buffer& arena, const SlotPlan& plan) {
  arena.retain();
  return Tensor::from_buffer(plan.dtype,
                             plan.shape,
                             &arena,
                             static_cast<char*>(arena.data()) + plan.offset);
}

}  // namespace

Frame::Frame(const Program& program, const LayoutPlan& plan)
    : program_(program),
      plan_(plan),
      slots_(plan.slots.size()),
      operands_(at(plan.num_operands)) {
  make_planned_tensors();
  make_aliases();
  make_contexts();
}

void Frame::make_planned_tensors() {
  if (plan_.arena_bytes > 0)
    arena_.reset(
        Buffer::allocate(uint8, static_cast<std::int64_t>(plan_.arena_bytes)));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const SlotPlan& plan = plan_.slots[i];
    if (plan.place == Place::kConstant)
      slots_[i] = plan.constant;
    else if (plan.place == Place::kInline)
      slots_[i] = Tensor::allocate(plan.dtype, plan.shape);
    else if (plan.place == Place::kArena)
      slots_[i] = view(*arena_, plan);
  }
}

void Frame::make_aliases() {
  for (const Instruction* instruction : plan_.aliases) {
    const Node& node = *instruction->node;
    Tensors inputs;
    for (int slot : instruction->inputs) inputs.push_back(slots_[at(slot)]);
    Outputs outputs = execute(*node.op, inputs, node.attrs, instruction->state);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      slots_[at(instruction->first_output) + i] = std::move(outputs[i]);
  }
}

void Frame::make_contexts() {
  contexts_.reserve(plan_.steps.size());
  for (const Step& step : plan_.steps) {
    const Instruction& instruction = *step.instruction;
    for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
      int slot = instruction.inputs[i];
      if (plan_.slots[at(slot)].place != Place::kDynamic)
        operands_[at(step.first_operand) + i] = slots_[at(slot)];
    }
    contexts_.emplace_back(
        *instruction.node->op,
        instruction.node->attrs,
        std::span<const Tensor>(operands_).subspan(at(step.first_operand),
                                                   instruction.inputs.size()),
        std::span<Tensor>(slots_).subspan(at(instruction.first_output),
                                          at(instruction.num_outputs())),
        step.shapes,
        instruction.state);
  }
}

void Frame::run_step(std::size_t i) {
  const Step& step = plan_.steps[i];
  for (const Step::Operand& operand : step.dynamic_operands) {
    Tensor& slot = slots_[at(operand.slot)];
    Tensor& input = operands_[at(operand.operand)];
    input = operand.last_use ? std::move(slot) : slot;
    // A variable may hold its value elsewhere.
    if (step.is_direct && !input.device().is_host()) input = input.to(kCpu);
  }
  KernelContext& context = contexts_[i];
  const Instruction& instruction = *step.instruction;
  if (step.is_direct) {
    for (int slot : step.fresh_outputs) {
      auto output = at(slot - instruction.first_output);
      slots_[at(slot)] = Tensor::allocate(
          instruction.node->output_types[output], step.shapes[output]);
    }
    instruction.kernels->pick(context).function(context);
  } else {
    Outputs outputs = execute(*instruction.node->op,
                              context.inputs(),
                              instruction.node->attrs,
                              instruction.state);
    for (std::size_t k = 0; k < outputs.size(); ++k)
      slots_[at(instruction.first_output) + k] = std::move(outputs[k]);
  }
  for (const Step::Operand& operand : step.dynamic_operands)
    operands_[at(operand.operand)] = Tensor();
}

void Frame::run_watched_step(std::size_t i) {
  CancellationScope::check();
  auto start = profiler::Clock::now();
  run_step(i);
  const Node& node = *plan_.steps[i].instruction->node;
  if (profiler::is_active()) profiler::note(node.op->name, node.name, start);
}

void Frame::run_steps() {
  FlushSubnormals flush;
  AtWork at_work;
  std::size_t i = 0;
  try {
    if (profiler::is_active() || CancellationScope::is_active())
      for (; i < contexts_.size(); ++i) run_watched_step(i);
    else
      for (; i < contexts_.size(); ++i) run_step(i);
  } catch (Error& error) {
    const Node& node = *plan_.steps[i].instruction->node;
    add_op_name(error, *node.op);
    error.add_context("{{node " + node.name + "}}");
    throw;
  } catch (const std::bad_alloc&) {
    const Node& node = *plan_.steps[i].instruction->node;
    throw ResourceExhaustedError(
        "{{node ", node.name, "}}: ", node.op->name, ": out of memory");
  }
}

void Frame::take_outputs(Tensors& results) {
  std::span<const int> output_slots = program_.output_slots();
  results.resize(output_slots.size());
  // From the last one: of outputs that are one slot the first takes the tensor.
  for (std::size_t i = results.size(); i-- > 0;) {
    int slot = output_slots[i];
    Tensor& value = slots_[at(slot)];
    bool is_own = plan_.slots[at(slot)].place == Place::kDynamic &&
                  !program_.passes_on(i);
    results[i] = is_own ? std::move(value) : value.with_shape(value.shape());
  }
  for (int slot : plan_.dynamic_slots) slots_[at(slot)] = Tensor();
}

void Frame::run(std::span<Tensor> arguments, Arguments use, Tensors& results) {
  std::span<const int> argument_slots = program_.argument_slots();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (argument_slots[i] < 0) continue;
    Tensor& slot = slots_[at(argument_slots[i])];
    slot = use == Arguments::kTake ? std::move(arguments[i]) : arguments[i];
  }
  if (use == Arguments::kTake)
    for (Tensor& argument : arguments) argument = Tensor();
  run_steps();
  take_outputs(results);
}

}  // namespace tern

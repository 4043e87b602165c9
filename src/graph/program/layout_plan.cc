#include "graph/program/layout_plan.h"

#include <algorithm>

#include "graph/program/arena.h"
#include "graph/symbolic.h"
#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Values up to this size may be computed while planning.
constexpr std::int64_t kMaxKnownElements = 1024;
/// Beyond so many blocks, further ones are allocated by each run: placing n
/// blocks takes n^2 steps.
constexpr std::size_t kMaxArenaBlocks = 4096;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

std::size_t num_bytes(DType dtype, const Shape& shape) {
  return static_cast<std::size_t>(shape.num_elements()) * dtype.size();
}

bool calls_functions(const Node& node) {
  return std::any_of(
      node.attrs.begin(), node.attrs.end(), [](const AttrValue& attr) {
        return attr.holds<FunctionRef>() ||
               attr.holds<std::vector<FunctionRef>>();
      });
}

bool all_outputs_are(const Instruction& instruction, OutputMode mode) {
  for (int i = 0; i < instruction.num_outputs(); ++i)
    if (output_mode(*instruction.node->op, at(i)) != mode) return false;
  return true;
}

/// Whether elements of an input may be in use after the call.
bool keeps_inputs(const Instruction& instruction) {
  const Node& node = *instruction.node;
  if (node.op->has(kKeepsNoInput)) return false;
  if (node.op->is_stateful() && !node.op->has(kRandom)) return true;
  return calls_functions(node) ||
         !all_outputs_are(instruction, OutputMode::kAllocated) ||
         std::any_of(node.output_types.begin(),
                     node.output_types.end(),
                     [](DType dtype) { return dtype == variant; });
}

class Planner {
 public:
  Planner(const Program& program, std::span<const Tensor> arguments)
      : program_(program),
        known_(at(program.num_slots())),
        escapes_(at(program.num_slots()), false),
        last_step_(at(program.num_slots()), -1) {
    plan_.slots.resize(at(program.num_slots()));
    for (const auto& [slot, value] : program.constants())
      set_constant(slot, value);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (int slot = program.argument_slots()[i]; slot >= 0)
        known_[at(slot)] =
            arguments[i].dtype() == resource
                ? arguments[i]
                : Tensor::meta(arguments[i].dtype(), arguments[i].shape());
  }

  LayoutPlan run() {
    for (const Instruction& instruction : program_.instructions())
      add_step(instruction);
    find_escapes();
    choose_places();
    drop_aliases();
    place_in_arena();
    number_operands();
    return std::move(plan_);
  }

  LayoutPlan run_plain() {
    for (const Instruction& instruction : program_.instructions())
      plan_.steps.push_back({.instruction = &instruction});
    number_operands();
    return std::move(plan_);
  }

 private:
  SlotPlan& slot(int i) { return plan_.slots[at(i)]; }

  void set_constant(int i, const Tensor& value) {
    slot(i).place = Place::kConstant;
    slot(i).constant = value;
    known_[at(i)] = value;
  }

  /// What is known of an instruction's inputs: a constant, a shape, or where
  /// nothing else is said, what the graph says.
  Tensors inputs_of(const Instruction& instruction) const {
    Tensors inputs;
    for (int i : instruction.inputs) inputs.push_back(known_[at(i)]);
    return inputs;
  }

  /// Fills in the shapes of the outputs where they follow from the inputs'.
  void infer(Step& step, const Tensors& inputs) const {
    const Instruction& instruction = *step.instruction;
    const Node& node = *instruction.node;
    if (!instruction.kernels || calls_functions(node)) return;
    try {
      InferContext shapes(*node.op, inputs, node.attrs);
      if (node.op->infer) node.op->infer(shapes);
      step.shapes.assign(shapes.outputs().begin(), shapes.outputs().end());
    } catch (const Error&) {
      return;  // the run will say so, when the node's turn comes
    }
    step.is_direct =
        step.shapes.size() == node.output_types.size() &&
        std::all_of(step.shapes.begin(), step.shapes.end(), [](const Shape& s) {
          return s.is_fully_known();
        });
    for (int i = 0; i < instruction.num_outputs(); ++i)
      if (output_mode(*node.op, at(i)) == OutputMode::kSetByKernel)
        step.is_direct = false;
  }

  /// Computes the outputs now where they depend on shapes alone.
  bool compute_now(const Step& step, const Tensors& inputs) {
    const Instruction& instruction = *step.instruction;
    const Node& node = *instruction.node;
    if (Tensor value = inputs.empty()
                           ? Tensor()
                           : shape_query_value(node, inputs[0].shape());
        value.defined()) {
      set_constant(instruction.first_output, value);
      return true;
    }
    auto is_small_value = [](const Tensor& tensor) {
      return !tensor.is_meta() && !tensor.is_symbolic() &&
             tensor.dtype() != resource && tensor.dtype() != variant &&
             tensor.num_elements() <= kMaxKnownElements;
    };
    if (!step.is_direct || node.op->is_stateful() ||
        !std::all_of(inputs.begin(), inputs.end(), is_small_value) ||
        !std::all_of(
            step.shapes.begin(), step.shapes.end(), [](const Shape& shape) {
              return shape.num_elements() <= kMaxKnownElements;
            }))
      return false;
    try {
      Outputs outputs = execute(*node.op, inputs, node.attrs);
      for (std::size_t i = 0; i < outputs.size(); ++i)
        set_constant(instruction.first_output + static_cast<int>(i),
                     outputs[i]);
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  void add_step(const Instruction& instruction) {
    Step step{.instruction = &instruction};
    Tensors inputs = inputs_of(instruction);
    infer(step, inputs);
    if (compute_now(step, inputs)) return;
    const Node& node = *instruction.node;
    for (int i = 0; i < instruction.num_outputs(); ++i) {
      DType dtype = node.output_types[at(i)];
      known_[at(instruction.first_output + i)] =
          dtype == resource || dtype == variant || !step.is_direct
              ? symbol_of(program_.function().graph(), {node.id, i})
              : Tensor::meta(dtype, step.shapes[at(i)]);
    }
    plan_.steps.push_back(std::move(step));
  }

  /// Whether the step passes on the elements of inputs without looking.
  static bool is_forward(const Step& step) {
    return step.is_direct && !step.instruction->node->op->is_stateful() &&
           all_outputs_are(*step.instruction, OutputMode::kForwards);
  }

  /// Marks the slots whose elements may be in use after the run: outputs, and
  /// what goes into variables, lists and functions.
  void find_escapes() {
    for (int i : program_.output_slots()) escapes_[at(i)] = true;
    for (auto step = plan_.steps.rbegin(); step != plan_.steps.rend(); ++step) {
      const Instruction& instruction = *step->instruction;
      bool escapes = keeps_inputs(instruction);
      if (is_forward(*step)) {
        escapes = false;
        for (int i = 0; i < instruction.num_outputs(); ++i)
          escapes = escapes || escapes_[at(instruction.first_output + i)];
      }
      if (!escapes) continue;
      for (int i : instruction.inputs) escapes_[at(i)] = true;
    }
  }

  Place place_of_output(const Step& step, int i) {
    const Node& node = *step.instruction->node;
    DType dtype = node.output_types[at(i)];
    if (!step.is_direct || dtype.is_object() ||
        escapes_[at(step.instruction->first_output + i)] ||
        output_mode(*node.op, at(i)) != OutputMode::kAllocated)
      return Place::kDynamic;
    std::size_t bytes = num_bytes(dtype, step.shapes[at(i)]);
    if (bytes <= TensorRep::kInlineBytes) return Place::kInline;
    return ++num_blocks_ <= kMaxArenaBlocks ? Place::kArena : Place::kDynamic;
  }

  /// Whether another tensor can have the elements of this one for good: small
  /// ones lie within the tensor.
  bool can_be_shared(int i) {
    Place place = slot(i).place;
    return place != Place::kDynamic && place != Place::kInline;
  }

  void choose_places() {
    for (Step& step : plan_.steps) {
      const Instruction& instruction = *step.instruction;
      if (is_forward(step) &&
          std::all_of(instruction.inputs.begin(),
                      instruction.inputs.end(),
                      [&](int i) { return can_be_shared(i); })) {
        for (int i = 0; i < instruction.num_outputs(); ++i)
          slot(instruction.first_output + i).place = Place::kAlias;
        continue;
      }
      for (int i = 0; i < instruction.num_outputs(); ++i) {
        int output = instruction.first_output + i;
        Place place = place_of_output(step, i);
        slot(output).place = place;
        slot(output).dtype = instruction.node->output_types[at(i)];
        if (step.is_direct) slot(output).shape = step.shapes[at(i)];
        if (place == Place::kDynamic && step.is_direct &&
            output_mode(*instruction.node->op, at(i)) == OutputMode::kAllocated)
          step.fresh_outputs.push_back(output);
      }
    }
  }

  bool is_alias(const Step& step) {
    return step.instruction->num_outputs() > 0 &&
           slot(step.instruction->first_output).place == Place::kAlias;
  }

  void drop_aliases() {
    std::vector<Step> rest;
    for (Step& step : plan_.steps) {
      if (is_alias(step))
        plan_.aliases.push_back(step.instruction);
      else
        rest.push_back(std::move(step));
    }
    plan_.steps = std::move(rest);
  }

  /// The last step that reads each slot, through aliases too.
  void find_last_steps() {
    for (std::size_t s = 0; s < plan_.steps.size(); ++s)
      for (int i : plan_.steps[s].instruction->inputs)
        last_step_[at(i)] = static_cast<int>(s);
    for (auto it = plan_.aliases.rbegin(); it != plan_.aliases.rend(); ++it)
      for (int input : (*it)->inputs)
        for (int i = 0; i < (*it)->num_outputs(); ++i)
          last_step_[at(input)] = std::max(
              last_step_[at(input)], last_step_[at((*it)->first_output + i)]);
  }

  /// Whether an output of the step may take the place of an input: kernels of
  /// elementwise ops read an element before they write it. Outputs of several
  /// shapes are computed one after the other.
  static bool may_overwrite(const Step& step) {
    return step.is_direct && step.instruction->node->op->has(kElementwise) &&
           std::all_of(
               step.shapes.begin(), step.shapes.end(), [&](const Shape& shape) {
                 return shape == step.shapes[0];
               });
  }

  /// The block of an input that ends with step `s` and fits the output, -1 for
  /// none.
  int block_to_take(int s,
                    const SlotPlan& output,
                    const std::vector<ArenaBlock>& blocks,
                    const std::vector<int>& block_of) {
    for (int i : plan_.steps[at(s)].instruction->inputs) {
      const int block = block_of[at(i)];
      if (block >= 0 && blocks[at(block)].last == s &&
          slot(i).dtype.size() == output.dtype.size() &&
          slot(i).shape.num_elements() == output.shape.num_elements())
        return block;
    }
    return -1;
  }

  void place_in_arena() {
    find_last_steps();
    std::vector<ArenaBlock> blocks;
    std::vector<int> block_of(plan_.slots.size(), -1);
    for (std::size_t n = 0; n < plan_.steps.size(); ++n) {
      const Step& step = plan_.steps[n];
      const int s = static_cast<int>(n);
      const bool overwrites = may_overwrite(step);
      for (int i = 0; i < step.instruction->num_outputs(); ++i) {
        int output = step.instruction->first_output + i;
        SlotPlan& plan = slot(output);
        if (plan.place != Place::kArena) continue;
        int& block = block_of[at(output)];
        if (overwrites) block = block_to_take(s, plan, blocks, block_of);
        int last = std::max(s, last_step_[at(output)]);
        if (block >= 0) {
          // Beyond this step, so that no other output takes it, too.
          blocks[at(block)].last = std::max(s + 1, last);
        } else {
          block = static_cast<int>(blocks.size());
          blocks.push_back({num_bytes(plan.dtype, plan.shape), s, last});
        }
      }
    }
    plan_.arena_bytes = plan_arena(blocks);
    plan_.arena_lower_bound = arena_lower_bound(blocks);
    for (std::size_t i = 0; i < plan_.slots.size(); ++i)
      if (block_of[i] >= 0)
        plan_.slots[i].offset = blocks[at(block_of[i])].offset;
  }

  void number_operands() {
    std::vector<bool> used(plan_.slots.size(), false);
    for (int i : program_.output_slots()) used[at(i)] = true;
    for (Step& step : plan_.steps) {
      step.first_operand = plan_.num_operands;
      plan_.num_operands += static_cast<int>(step.instruction->inputs.size());
    }
    for (auto step = plan_.steps.rbegin(); step != plan_.steps.rend(); ++step) {
      const std::vector<int>& inputs = step->instruction->inputs;
      for (int k = static_cast<int>(inputs.size()); k-- > 0;) {
        int i = inputs[at(k)];
        if (slot(i).place != Place::kDynamic) continue;
        step->dynamic_operands.push_back(
            {step->first_operand + k, i, !used[at(i)]});
        used[at(i)] = true;
      }
      // An operand that takes the tensor out of the slot comes last.
      std::reverse(step->dynamic_operands.begin(),
                   step->dynamic_operands.end());
    }
    for (int i = 0; i < program_.num_slots(); ++i)
      if (slot(i).place == Place::kDynamic) plan_.dynamic_slots.push_back(i);
  }

  const Program& program_;
  LayoutPlan plan_;
  Tensors known_;               // a value, a shape alone, or a symbol
  std::vector<bool> escapes_;   // by slot
  std::vector<int> last_step_;  // by slot, -1: nobody reads it
  std::size_t num_blocks_ = 0;
};

}  // namespace

LayoutPlan plan_layout(const Program& program,
                       std::span<const Tensor> arguments) {
  return Planner(program, arguments).run();
}

LayoutPlan plain_layout(const Program& program) {
  return Planner(program, {}).run_plain();
}

}  // namespace tern

// Elementwise ops that run as one: made by the graph's optimizer alone.

#include <algorithm>
#include <string>
#include <vector>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/block_program.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Calls `run(op, operands, step)` for each op of each step, in order, on
/// whatever stands for tensors.
template <class Run>
void for_each_op(std::span<const BlockStep> steps, Tensors& slots, Run run) {
  for (const BlockStep& step : steps) {
    const BlockOp& entry = block_ops()[static_cast<std::size_t>(step.op)];
    auto operand = [&](int k) -> const Tensor& {
      return slots[static_cast<std::size_t>(step.operands[k])];
    };
    std::size_t ops = 1;
    while (ops < entry.ops.size() && !entry.ops[ops].empty()) ++ops;
    int next = entry.operands - static_cast<int>(ops) + 1;
    Tensors first;
    for (int k = 0; k < next; ++k) first.push_back(operand(k));
    Tensor result = run(entry.ops[0], first, step);
    for (std::size_t i = 1; i < ops; ++i, ++next) {
      bool reversed = entry.reversed && i + 1 == ops;
      result = run(entry.ops[i],
                   reversed ? Tensors{operand(next), result}
                            : Tensors{result, operand(next)},
                   step);
    }
    slots[static_cast<std::size_t>(step.target)] = result;
  }
}

std::size_t num_slots(std::span<const BlockStep> steps, std::size_t least) {
  for (const BlockStep& step : steps)
    least = std::max(least, static_cast<std::size_t>(step.target) + 1);
  return least;
}

Attrs attrs_of_step(const OpDef& op, const BlockStep& step) {
  if (op.name != "Cast") return {};
  return detail::attrs_by_name(op, {{"DstT", DType{step.result_type}}});
}

Tensors decompose(const Tensors& inputs, const Attrs& attrs) {
  const OpDef& op = OpRegistry::global().get("_TernFusedElementwise");
  auto attr = [&](const char* name) -> const AttrValue& {
    return attrs[static_cast<std::size_t>(op.attr_index(name))];
  };
  auto steps = steps_of(attr("steps").get<Tensor>());
  std::size_t outputs = attr("Tout").get<std::vector<DType>>().size();
  Tensors slots = inputs;
  slots.resize(num_slots(steps, inputs.size() + outputs));
  for_each_op(steps,
              slots,
              [](std::string_view name,
                 const Tensors& operands,
                 const BlockStep& step) {
                const OpDef& called = OpRegistry::global().get(name);
                return apply(called, operands, attrs_of_step(called, step))[0];
              });
  auto first = slots.begin() + static_cast<std::ptrdiff_t>(inputs.size());
  return Tensors(first, first + static_cast<std::ptrdiff_t>(outputs));
}

/// Asks the shape rules of the ops one after the other, for the error of the
/// one that refuses its operands, under the name of its node.
void throw_mismatch(const InferContext& c) {
  auto steps = steps_of(c.attr<Tensor>("steps"));
  auto names = c.attr<Tensor>("nodes").values<std::string>();
  Tensors slots;
  for (int i = 0; i < c.num_inputs(); ++i)
    slots.push_back(Tensor::meta(c.input_dtype(i), c.input(i)));
  slots.resize(num_slots(
      steps, static_cast<std::size_t>(c.num_inputs() + c.num_outputs())));
  auto infer = [&](std::string_view name,
                   const Tensors& operands,
                   const BlockStep& step) {
    const OpDef& op = OpRegistry::global().get(name);
    Attrs attrs = attrs_of_step(op, step);
    try {
      InferContext context(op, operands, attrs);
      op.infer(context);
      return Tensor::meta(DType{step.result_type}, context.output(0));
    } catch (Error& error) {
      error.add_context(op.name);
      error.add_context("{{node " + names[&step - steps.data()] + "}}");
      throw;
    }
  };
  for_each_op(steps, slots, infer);
}

/// An output has the shape that all inputs it depends on broadcast to.
void infer(InferContext& c) {
  auto sources = c.attr<Tensor>("sources").values<std::int32_t>();
  try {
    auto next = sources.begin();
    for (int k = 0; k < c.num_outputs(); ++k) {
      int count = *next++;
      Shape shape = c.input(*next++);
      for (; count > 1; --count) {
        const Shape& other = c.input(*next++);
        if (other.rank() != 0 && !(shape == other))
          shape = broadcast_static_shape(shape, other);
      }
      c.set_output(k, std::move(shape));
    }
  } catch (const InvalidArgumentError&) {
    throw_mismatch(c);
    throw;
  }
}

}  // namespace

void register_fused_elementwise_ops(OpRegistry& registry) {
  // steps: see BlockStep. nodes: the name of the node that each step was.
  // sources: for each output, how many inputs it depends on, and which.
  registry.add("_TernFusedElementwise")
      .input("args: Tin")
      .output("results: Tout")
      .attr("Tin: list(type) >= 1")
      .attr("Tout: list(type) >= 1")
      .attr("steps: tensor")
      .attr("nodes: tensor")
      .attr("sources: tensor")
      .infer(infer)
      .decompose(decompose);
}

}  // namespace tern

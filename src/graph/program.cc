#include "graph/program.h"

#include <algorithm>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Nodes that share state although they are several: handles of one name.
std::string shared_state_key(const Node& node) {
  if (node.op->name != "VarHandleOp") return {};
  const std::string& name = node.attr("shared_name").get<std::string>();
  return name.empty() ? name
                      : node.attr("container").get<std::string>() + "/" + name;
}

bool is_in_order(const Graph& graph, const std::vector<int>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [&](int id) {
    const Node& node = graph.node(id);
    return std::all_of(node.inputs.begin(),
                       node.inputs.end(),
                       [&](NodeOutput input) { return input.node < id; }) &&
           std::all_of(node.control_inputs.begin(),
                       node.control_inputs.end(),
                       [&](int before) { return before < id; });
  });
}

}  // namespace

std::vector<int> execution_order(const GraphFunction& function) {
  std::vector<int> roots;
  for (const NodeOutput& output : function.outputs())
    roots.push_back(output.node);
  for (int node : function.control_outputs()) roots.push_back(node);
  std::vector<int> order = function.graph().topological_order(roots);
  if (is_in_order(function.graph(), order))
    std::sort(order.begin(), order.end());
  return order;
}

Program::Program(const GraphFunction& function) : function_(function) {
  const Graph& graph = function.graph();
  std::vector<int> first_slot(graph.size(), -1);
  std::map<std::string, KernelState*> shared;
  argument_slots_.assign(function.arguments().size(), -1);
  for (int id : execution_order(function)) {
    const Node& node = graph.node(id);
    int slot = num_slots_;
    first_slot[static_cast<std::size_t>(id)] = slot;
    num_slots_ += static_cast<int>(node.output_types.size());
    if (int argument = function.argument_of(id); argument >= 0) {
      argument_slots_[static_cast<std::size_t>(argument)] = slot;
      continue;
    }
    if (node.op->name == "Const") {
      constants_.emplace_back(slot, node.attr("value").get<Tensor>());
      continue;
    }
    Instruction instruction{&node, {}, {}, slot, nullptr};
    for (const NodeOutput& input : node.inputs)
      instruction.inputs.push_back(
          first_slot[static_cast<std::size_t>(input.node)] + input.output);
    std::string key = shared_state_key(node);
    KernelState*& state = shared[key];
    if (key.empty() || !state) state = &states_.emplace_back();
    instruction.state = state;
    instructions_.push_back(std::move(instruction));
  }
  std::vector<bool> used(static_cast<std::size_t>(num_slots_), false);
  for (const NodeOutput& output : function.outputs()) {
    int slot =
        first_slot[static_cast<std::size_t>(output.node)] + output.output;
    output_slots_.push_back(slot);
    used[static_cast<std::size_t>(slot)] = true;
  }
  for (auto& [slot, value] : constants_)
    used[static_cast<std::size_t>(slot)] = true;
  for (auto it = instructions_.rbegin(); it != instructions_.rend(); ++it) {
    it->last_use.assign(it->inputs.size(), false);
    for (std::size_t i = it->inputs.size(); i-- > 0;) {
      auto slot = static_cast<std::size_t>(it->inputs[i]);
      it->last_use[i] = !used[slot];
      used[slot] = true;
    }
  }
}

void Program::run_instruction(const Instruction& instruction,
                              Tensors& slots) const {
  InlinedVector<Tensor, 4> inputs(instruction.inputs.size());
  for (std::size_t i = 0; i < instruction.inputs.size(); ++i) {
    Tensor& slot = slots[static_cast<std::size_t>(instruction.inputs[i])];
    inputs[i] = instruction.last_use[i] ? std::move(slot) : slot;
    if (!inputs[i].defined())
      throw InvalidArgumentError(
          "You must feed a value for placeholder tensor '",
          function_.graph().node(instruction.node->inputs[i].node).name,
          "'");
  }
  Outputs outputs = execute(*instruction.node->op,
                            inputs,
                            instruction.node->attrs,
                            instruction.state);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    slots[static_cast<std::size_t>(instruction.first_output) + i] =
        std::move(outputs[i]);
}

Tensors Program::run(Tensors arguments) const {
  if (arguments.size() != argument_slots_.size())
    throw InvalidArgumentError("function ",
                               function_.name(),
                               " takes ",
                               argument_slots_.size(),
                               " arguments, got ",
                               arguments.size());
  Tensors slots(static_cast<std::size_t>(num_slots_));
  for (const auto& [slot, value] : constants_)
    slots[static_cast<std::size_t>(slot)] = value;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (argument_slots_[i] >= 0)
      slots[static_cast<std::size_t>(argument_slots_[i])] =
          std::move(arguments[i]);
  arguments.clear();
  for (const Instruction& instruction : instructions_) {
    try {
      run_instruction(instruction, slots);
    } catch (Error& error) {
      error.add_context("{{node " + instruction.node->name + "}}");
      throw;
    }
  }
  Tensors outputs;
  outputs.reserve(output_slots_.size());
  for (int slot : output_slots_)
    outputs.push_back(slots[static_cast<std::size_t>(slot)]);
  return outputs;
}

}  // namespace tern

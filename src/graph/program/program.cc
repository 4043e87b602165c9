#include "graph/program/program.h"

#include <algorithm>

#include "graph/program/layout.h"
#include "tern/core/error.h"

namespace tern {
namespace {

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

std::optional<KernelChoice> kernels_of(const Node& node) {
  InlinedVector<DType, 2> types;
  for (int attr : node.op->key_attrs)
    types.push_back(node.attrs[static_cast<std::size_t>(attr)].get<DType>());
  try {
    return choose_kernel(*node.op, types, kCpu);
  } catch (const UnimplementedError&) {
    return std::nullopt;  // the call will say so, when its turn comes
  }
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

Program::Program(const GraphFunction& function, NodeStates* states)
    : function_(function) {
  if (!states) states = &own_states_;
  const Graph& graph = function.graph();
  std::vector<int> first_slot(graph.size(), -1);
  std::vector<int> argument_of(graph.size(), -1);
  for (std::size_t i = 0; i < function.arguments().size(); ++i)
    argument_of[static_cast<std::size_t>(function.arguments()[i])] =
        static_cast<int>(i);
  argument_slots_.assign(function.arguments().size(), -1);
  for (int id : execution_order(function)) {
    const Node& node = graph.node(id);
    int slot = num_slots_;
    first_slot[static_cast<std::size_t>(id)] = slot;
    num_slots_ += static_cast<int>(node.output_types.size());
    if (int argument = argument_of[static_cast<std::size_t>(id)];
        argument >= 0) {
      argument_slots_[static_cast<std::size_t>(argument)] = slot;
      continue;
    }
    if (node.op->name == "Const") {
      constants_.emplace_back(slot, node.attr("value").get<Tensor>());
      continue;
    }
    Instruction instruction{&node, {}, slot, nullptr, kernels_of(node)};
    for (const NodeOutput& input : node.inputs)
      instruction.inputs.push_back(
          first_slot[static_cast<std::size_t>(input.node)] + input.output);
    if (node.op->is_stateful())
      instruction.state = &states->of(node);
    else if (node.op->decompose)  // keeps what it resolves for a program
      instruction.state = &own_states_.of(node);
    instructions_.push_back(std::move(instruction));
  }
  for (const NodeOutput& output : function.outputs())
    output_slots_.push_back(first_slot[static_cast<std::size_t>(output.node)] +
                            output.output);
  find_outputs_passed_on();
}

Program::~Program() = default;

void Program::find_outputs_passed_on() {
  std::vector<bool> seen(static_cast<std::size_t>(num_slots_), true);
  for (const Instruction& instruction : instructions_)
    for (int i = 0; i < instruction.num_outputs(); ++i)
      seen[static_cast<std::size_t>(instruction.first_output + i)] = false;
  for (int slot : output_slots_) {
    passes_on_.push_back(seen[static_cast<std::size_t>(slot)]);
    seen[static_cast<std::size_t>(slot)] = true;
  }
}

void Program::check_arguments(std::span<const Tensor> arguments) const {
  if (arguments.size() != argument_slots_.size())
    throw InvalidArgumentError("function ",
                               function_.name(),
                               " takes ",
                               argument_slots_.size(),
                               " arguments, got ",
                               arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (argument_slots_[i] < 0) continue;
    const Node& node = function_.graph().node(function_.arguments()[i]);
    if (!arguments[i].defined())
      throw InvalidArgumentError(
          "You must feed a value for placeholder tensor '", node.name, "'");
    if (arguments[i].dtype() != node.output_types[0])
      throw InvalidArgumentError("function ",
                                 function_.name(),
                                 ": argument ",
                                 i,
                                 " ('",
                                 node.name,
                                 "') must be ",
                                 node.output_types[0].name(),
                                 ", got ",
                                 arguments[i].dtype().name());
  }
}

std::shared_ptr<Layout> Program::layout_for(
    std::span<const Tensor> arguments) const {
  {
    std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < layouts_.size(); ++i) {
      if (!layouts_[i]->fits(arguments)) continue;
      if (i > 0)
        std::rotate(layouts_.begin(),
                    layouts_.begin() + static_cast<std::ptrdiff_t>(i),
                    layouts_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return layouts_.front();
    }
  }
  check_arguments(arguments);
  auto layout = std::make_shared<Layout>(*this, arguments);
  std::scoped_lock lock(mutex_);
  layouts_.push_front(layout);
  if (layouts_.size() > kMaxLayouts) layouts_.pop_back();
  return layout;
}

Tensors Program::run(Tensors arguments) const {
  Tensors results;
  ProgramRunner(*this).run(arguments, Arguments::kTake, results);
  return results;
}

ProgramRunner::ProgramRunner(const Program& program) : program_(program) {}

ProgramRunner::~ProgramRunner() { return_frame(); }

void ProgramRunner::return_frame() {
  if (frame_) layout_->give_back(std::move(frame_));
}

void ProgramRunner::run(std::span<Tensor> arguments,
                        Arguments use,
                        Tensors& results) {
  if (!layout_ || !layout_->fits(arguments)) {
    return_frame();
    layout_ = program_.layout_for(arguments);
  }
  std::unique_ptr<Frame> frame =
      frame_ ? std::move(frame_) : layout_->take_frame();
  frame->run(arguments, use, results);
  frame_ = std::move(frame);  // not after an exception
}

}  // namespace tern

#include "tools/golden/replay.h"

#include "graph/graph_def/graph_def.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/frame_interpreter.h"
#include "graph/v1/ref_variables.h"
#include "tern/core/error.h"

namespace tern::golden {
namespace {

/// Executes calls at once with a state slot of the caller's.
class NodeInterpreter : public Interpreter {
 public:
  explicit NodeInterpreter(KernelState* state) : state_(state) {}
  Outputs apply(const OpDef& op,
                std::span<const Tensor> inputs,
                const Attrs& attrs) override {
    InterpreterScope eager(nullptr);  // for calls from within the kernel
    return execute(op, inputs, attrs, state_);
  }
  Tensors mark_custom_gradient(const Tensors&,
                               const Tensors& outputs,
                               const BackwardFunction&) override {
    return outputs;  // a node is one call; nothing inside it is recorded
  }

 private:
  KernelState* state_;
};

}  // namespace

Graph runnable_graph(const proto::GraphDef& def) {
  Graph graph = import_graph_def(def);
  return v1::has_references(graph) ? v1::lower_references(graph)
                                   : std::move(graph);
}

Replay::Replay(const Graph& graph)
    : graph_(graph), states_(std::make_unique<NodeStates>()) {}

int Replay::node(const std::string& name) const {
  const Node* found = graph_.find(name);
  if (!found) throw NotFoundError("The graph has no node '", name, "'");
  return found->id;
}

NodeOutput Replay::output(const std::string& name) const {
  std::size_t colon = name.rfind(':');
  if (colon == std::string::npos) return {node(name), 0};
  return {node(name.substr(0, colon)), std::stoi(name.substr(colon + 1))};
}

Outputs Replay::run_node(const Node& node, const Tensors& inputs) {
  NodeInterpreter interpreter(&states_->of(node));
  InterpreterScope scope(&interpreter);
  try {
    return apply(*node.op, inputs, node.attrs);
  } catch (Error& error) {
    error.add_context("node '" + node.name + "'");
    throw;
  }
}

Tensors Replay::run(const std::vector<std::string>& fetches,
                    const std::vector<std::string>& targets,
                    const Feeds& feeds) {
  Fed fed;
  for (const auto& [name, tensor] : feeds) {
    NodeOutput to = output(name);
    auto& values = fed[to.node];
    values.resize(graph_.node(to.node).output_types.size());
    values[static_cast<std::size_t>(to.output)] = tensor;
  }
  std::vector<int> roots;
  for (const std::string& name : fetches) roots.push_back(output(name).node);
  for (const std::string& name : targets) roots.push_back(node(name));

  Values values(graph_.size());
  if (v1::has_control_flow(graph_))
    run_frames(roots, fed, values);
  else
    run_in_order(roots, fed, values);
  Tensors result;
  for (const std::string& name : fetches) {
    NodeOutput from = output(name);
    const auto& outputs = values[static_cast<std::size_t>(from.node)];
    auto i = static_cast<std::size_t>(from.output);
    result.push_back(i < outputs.size() ? outputs[i] : Tensor());
  }
  return result;
}

void Replay::run_in_order(const std::vector<int>& roots,
                          const Fed& fed,
                          Values& values) {
  for (int id : graph_.topological_order(roots)) {
    auto& outputs = values[static_cast<std::size_t>(id)];
    if (auto given = fed.find(id); given != fed.end()) {
      outputs = given->second;
      continue;
    }
    const Node& node = graph_.node(id);
    Tensors inputs;
    for (const NodeOutput& input : node.inputs)
      inputs.push_back(values[static_cast<std::size_t>(input.node)]
                             [static_cast<std::size_t>(input.output)]);
    outputs = run_node(node, inputs).to_vector();
  }
}

void Replay::run_frames(const std::vector<int>& roots,
                        const Fed& fed,
                        Values& values) {
  v1::FrameInterpreter(graph_, roots)
      .run(
          fed,
          [&](const Node& node, const Tensors& inputs) {
            return run_node(node, inputs).to_vector();
          },
          [&](const Node& node, const std::vector<Tensor>& outputs) {
            // Of a loop's steps the last that gave something counts.
            auto& kept = values[static_cast<std::size_t>(node.id)];
            kept.resize(outputs.size());
            for (std::size_t i = 0; i < outputs.size(); ++i)
              if (outputs[i].defined()) kept[i] = outputs[i];
          });
}

}  // namespace tern::golden

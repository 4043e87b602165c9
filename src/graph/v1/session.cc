#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "graph/passes/optimize.h"
#include "graph/program/program.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/frame_interpreter.h"
#include "graph/v1/functional/functional_form.h"
#include "graph/v1/graph_state.h"
#include "graph/v1/prune.h"
#include "graph/v1/ref_variables.h"
#include "ops/apply.h"
#include "tern/core/cancellation.h"
#include "tern/core/error.h"

namespace tern::compat::v1 {
namespace {

using tern::v1::FrameInterpreter;
using tern::v1::prune;

/// The tensor a feed or fetch names, of this graph.
NodeOutput resolve(const tern::Graph& graph, const Fetch& fetch) {
  if (!fetch.tensor().defined()) return find_output(graph, fetch.name());
  const GraphTensor* origin = graph_tensor(fetch.tensor());
  if (!origin || origin->graph != &graph)
    throw InvalidArgumentError(
        "Tensor '", fetch.name(), "' is not an element of this graph.");
  return origin->source;
}

std::string text_of(NodeOutput output) {
  return std::to_string(output.node) + ':' + std::to_string(output.output);
}

/// The value with the dtype that is fed; TensorFlow's words where it does not
/// fit.
Tensor fed_value(const Node& node, NodeOutput to, const Tensor& value) {
  auto i = static_cast<std::size_t>(to.output);
  DType dtype = node.output_types[i];
  std::string name = node.name + ":" + std::to_string(to.output);
  if (!value.defined())
    throw InvalidArgumentError("the value fed for '", name, "' is no tensor");
  if (!value.is_weak() && value.dtype() != dtype)
    throw InvalidArgumentError("Cannot feed value of dtype ",
                               value.dtype().name(),
                               " for Tensor '",
                               name,
                               "', which has dtype ",
                               dtype.name());
  if (!node.output_shapes[i].is_compatible_with(value.shape()))
    throw InvalidArgumentError("Cannot feed value of shape ",
                               value.shape(),
                               " for Tensor '",
                               name,
                               "', which has shape ",
                               node.output_shapes[i]);
  return value.as_dtype(dtype);
}

/// A part of the graph, ready to run.
struct Part {
  GraphFunctionPtr function;
  GraphFunctionPtr optimized;
  std::unique_ptr<Program> program;  // none: it runs step by step
};

}  // namespace

class Session::Impl {
 public:
  explicit Impl(const Graph& graph) : graph_(graph) {}

  Tensors run(const std::vector<Fetch>& fetches, const Feeds& feeds) {
    std::shared_ptr<const tern::Graph> runnable = runnable_graph();
    auto find = [&](const Fetch& fetch) {
      return moved(resolve(graph(), fetch), *runnable);
    };
    std::vector<NodeOutput> from, to;
    for (const Fetch& fetch : fetches) from.push_back(find(fetch));
    Tensors values;
    for (const auto& [fetch, value] : feeds) {
      NodeOutput output = find(fetch);
      if (output.output < 0) output.output = 0;
      to.push_back(output);
      values.push_back(fed_value(runnable->node(output.node), output, value));
    }
    for (const Tracer::Capture& capture : tracer().captures()) {
      if (capture.outer.is_symbolic())
        throw InvalidArgumentError("the graph uses the tensor '",
                                   capture.outer.extra()->name(),
                                   "' of another graph");
      to.push_back(moved({capture.node, 0}, *runnable));
      values.push_back(capture.outer);
    }
    std::shared_ptr<const Part> part = part_for(*runnable, from, to);
    Tensors results = part->program ? part->program->run(std::move(values))
                                    : run_frames(*part->function, values);
    return with_gaps(from, std::move(results));
  }

 private:
  static constexpr std::size_t kMaxParts = 64;

  tern::Graph& graph() const { return *GraphAccess::state(graph_).graph; }
  Tracer& tracer() const { return GraphAccess::state(graph_).tracer; }

  /// The graph with its references to variables turned into resources. Made
  /// anew when nodes were added.
  std::shared_ptr<const tern::Graph> runnable_graph() {
    std::scoped_lock lock(mutex_);
    if (runnable_ && runnable_size_ == graph().size()) return runnable_;
    runnable_size_ = graph().size();
    if (tern::v1::has_references(graph())) {
      runnable_ = std::make_shared<const tern::Graph>(
          tern::v1::lower_references(graph()));
      parts_.clear();
    } else {
      runnable_ = GraphAccess::state(graph_).graph;
    }
    return runnable_;
  }

  /// An output of the graph in the one that runs, where names are the same.
  NodeOutput moved(NodeOutput output, const tern::Graph& runnable) const {
    if (&runnable == &graph()) return output;
    return {runnable.find(graph().node(output.node).name)->id, output.output};
  }

  std::shared_ptr<const Part> part_for(const tern::Graph& runnable,
                                       const std::vector<NodeOutput>& fetches,
                                       const std::vector<NodeOutput>& feeds) {
    std::string key;
    for (const NodeOutput& fetch : fetches) key += text_of(fetch) + ' ';
    key += '|';
    for (const NodeOutput& feed : feeds) key += text_of(feed) + ' ';
    std::scoped_lock lock(mutex_);
    auto found = std::find_if(parts_.begin(), parts_.end(), [&](auto& part) {
      return part.first == key;
    });
    if (found == parts_.end()) {
      auto part = std::make_shared<Part>();
      make_program(*part, prune(runnable, fetches, feeds));
      if (parts_.size() >= kMaxParts) parts_.pop_back();
      parts_.emplace_front(std::move(key), std::move(part));
      found = parts_.begin();
    }
    return found->second;
  }

  void make_program(Part& part, GraphFunctionPtr function) {
    part.function = std::move(function);
    if (tern::v1::has_control_flow(part.function->graph())) {
      GraphFunctionPtr functional =
          tern::v1::functional_form(*part.function, states_).function;
      if (!functional) return;
      part.function = std::move(functional);
    }
    part.optimized = optimize(*part.function);
    part.program = std::make_unique<Program>(
        part.optimized ? *part.optimized : *part.function, states_.get());
  }

  /// Control flow that has no functional form runs node by node.
  Tensors run_frames(const GraphFunction& function, const Tensors& values) {
    std::scoped_lock lock(mutex_);
    const tern::Graph& graph = function.graph();
    std::map<int, std::vector<Tensor>> fed;
    std::set<int> fed_nodes;
    for (std::size_t i = 0; i < values.size(); ++i) {
      fed_nodes.insert(function.arguments()[i]);
      fed[function.arguments()[i]] = {values[i]};
    }
    std::vector<int> roots = function.control_outputs();
    for (const NodeOutput& output : function.outputs())
      roots.push_back(output.node);
    std::map<int, std::vector<Tensor>> last;
    FrameInterpreter(graph, roots, fed_nodes)
        .run(
            fed,
            [&](const Node& node, const Tensors& inputs) {
              CancellationScope::check();
              try {
                return execute(*node.op, inputs, node.attrs, &states_->of(node))
                    .to_vector();
              } catch (Error& error) {
                error.add_context("{{node " + node.name + "}}");
                throw;
              }
            },
            [&](const Node& node, const std::vector<Tensor>& outputs) {
              auto& kept = last[node.id];
              kept.resize(outputs.size());
              for (std::size_t i = 0; i < outputs.size(); ++i)
                if (outputs[i].defined()) kept[i] = outputs[i];
            });
    Tensors results;
    for (const NodeOutput& output : function.outputs()) {
      auto& outputs = last[output.node];
      auto i = static_cast<std::size_t>(output.output);
      if (i >= outputs.size() || !outputs[i].defined())
        throw InvalidArgumentError(
            "Retval[", results.size(), "] does not have value");
      results.push_back(outputs[i]);
    }
    return results;
  }

  /// Undefined tensors where a node was only run.
  static Tensors with_gaps(const std::vector<NodeOutput>& fetches,
                           Tensors values) {
    Tensors results;
    std::size_t next = 0;
    for (const NodeOutput& fetch : fetches)
      results.push_back(fetch.output < 0 ? Tensor()
                                         : std::move(values[next++]));
    return results;
  }

  Graph graph_;
  std::mutex mutex_;
  std::shared_ptr<NodeStates> states_ = std::make_shared<NodeStates>();
  std::shared_ptr<const tern::Graph> runnable_;
  std::size_t runnable_size_ = 0;
  /// By fetches and feeds, the newest first.
  std::deque<std::pair<std::string, std::shared_ptr<const Part>>> parts_;
};

Fetch::Fetch(const Tensor& tensor) : tensor_(tensor) {
  if (!tensor.is_symbolic())
    throw InvalidArgumentError(
        "only tensors of a graph can be fetched or fed, got a value of shape ",
        tensor.shape());
  name_ = tensor.extra()->name();
}

Session::Session(const Graph& graph) : impl_(std::make_shared<Impl>(graph)) {}

Tensors Session::run(const std::vector<Fetch>& fetches,
                     const Feeds& feeds) const {
  return impl_->run(fetches, feeds);
}

Tensor Session::run(const Fetch& fetch, const Feeds& feeds) const {
  return impl_->run({fetch}, feeds)[0];
}

}  // namespace tern::compat::v1

#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace tern::passes {

/// What a pass rewrites: the graph of a function, with what enters and leaves
/// it. Nodes stand in the order in which they run, inputs first.
struct FunctionBody {
  Graph graph;
  std::vector<int> arguments;
  std::vector<NodeOutput> outputs;
  std::vector<int> control_outputs;
};

/// The arguments and all nodes that outputs and effects need.
FunctionBody body_of(const GraphFunction& function);

/// By node, whether an output, an effect or the caller needs it.
std::vector<bool> live_nodes(const FunctionBody& body);

/// By node and output, how many inputs of live nodes and outputs of the
/// function it is. What control edges start from counts as used twice: it has
/// to stay.
class UseCounts {
 public:
  explicit UseCounts(const FunctionBody& body);
  int of(NodeOutput output) const {
    return counts_[first_[static_cast<std::size_t>(output.node)] +
                   static_cast<std::size_t>(output.output)];
  }

 private:
  std::vector<std::size_t> first_;
  std::vector<int> counts_;
};

/// The graph that takes a body's place, while `rewrite` builds it.
class Rewriter {
 public:
  Rewriter(Graph graph, std::size_t nodes_before);

  const Graph& graph() const { return graph_; }
  /// The node an output is of.
  const Node& source(NodeOutput output) const {
    return graph_.node(output.node);
  }
  const Shape& shape(NodeOutput output) const {
    return source(output)
        .output_shapes[static_cast<std::size_t>(output.output)];
  }
  DType dtype(NodeOutput output) const {
    return source(output).output_types[static_cast<std::size_t>(output.output)];
  }
  /// Adds a call and gives its output 0; the attrs that inputs determine need
  /// not be given. Named after the node it stands for.
  NodeOutput add(const Node& stands_for,
                 std::string_view op,
                 std::vector<NodeOutput> inputs,
                 const Attrs& attrs = {});
  NodeOutput add_constant(const Node& stands_for, const Tensor& value);

  /// Where an output of the body before is now; node -1 for one that is left
  /// for `place`.
  NodeOutput now(NodeOutput before) const;
  /// Says where output 0 of a node is for which a rule gave no outputs.
  void place(NodeOutput before, NodeOutput now);
  /// The node of the body before that a node is, -1 for one that was added.
  int before(int now) const {
    return now < static_cast<int>(before_.size())
               ? before_[static_cast<std::size_t>(now)]
               : -1;
  }
  /// The nodes a control edge from a node of the body before starts at now.
  const std::vector<int>& control_now(int before) const {
    return control_[static_cast<std::size_t>(before)];
  }

 private:
  friend FunctionBody rewrite(
      FunctionBody,
      const std::function<std::optional<std::vector<NodeOutput>>(Node&,
                                                                 Rewriter&)>&);
  void keep(Node node);
  void replace(int before, std::vector<NodeOutput> by);

  Graph graph_;
  std::vector<std::vector<NodeOutput>> now_;  // by node of the body before
  std::vector<std::vector<int>> control_;
  std::vector<int> before_;  // by node
};

/// What stands for a node's outputs in its place, or nothing to keep it. An
/// empty list: nothing stands for them yet.
using Replacement = std::optional<std::vector<NodeOutput>>;
/// Is shown a node whose inputs refer to the new graph; its id is still that
/// of the body before. May change it in place.
using Rule = std::function<Replacement(Node& node, Rewriter& rewriter)>;

/// Builds the body anew, node by node. Arguments, and nodes that control edges
/// lead to, stay as they are and are not shown; nodes that nothing needs are
/// left out.
FunctionBody rewrite(FunctionBody body, const Rule& rule);

// Facts about nodes that rules ask for.

/// Depends on its inputs and attrs alone and does nothing else.
bool is_pure(const Node& node);
/// Whether a graph holds control flow in TensorFlow 1's form, whose loops are
/// cycles.
bool has_frames(const Graph& graph);
/// The value of a constant, undefined for any other output.
Tensor constant_of(const Graph& graph, NodeOutput output);

}  // namespace tern::passes

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/passes/function_body.h"
#include "graph/program/node_states.h"
#include "graph/v1/control_flow.h"

namespace tern::v1 {

/// What is converted: a graph in any order of nodes, with what enters and
/// leaves it.
using passes::FunctionBody;

using OutputKey = std::pair<int, int>;
inline OutputKey key_of(NodeOutput output) {
  return {output.node, output.output};
}

/// Copies nodes of one graph into the body of a function.
class FunctionBuilder {
 public:
  explicit FunctionBuilder(const Graph& from) : from_(from) {}

  /// An argument that stands for an output.
  NodeOutput add_argument(NodeOutput stands_for);
  NodeOutput add_constant(const std::string& name, const Tensor& value);
  /// Says what stands for an output in the body.
  void place(NodeOutput output, NodeOutput in_body) {
    place_[key_of(output)] = in_body;
  }
  bool has(NodeOutput output) const { return place_.contains(key_of(output)); }
  /// Throws Refusal where nothing stands for it.
  NodeOutput now(NodeOutput output) const;
  /// Copies a node; its inputs are placed already. Control inputs from nodes
  /// that were not copied are left out: they have run before the function.
  int copy(const Node& node);
  /// Where a copied node is now, -1 for none.
  int copied(int node) const;
  /// Adds a call; outputs are of the dtypes, shapes and handles of `like`.
  Node& add_call(const std::string& op,
                 const std::string& name,
                 std::vector<NodeOutput> inputs,
                 detail::NamedAttrs attrs,
                 const std::vector<NodeOutput>& like);
  void add_output(NodeOutput in_body) { body_.outputs.push_back(in_body); }
  void add_effect(int in_body) { body_.control_outputs.push_back(in_body); }

  const Graph& from() const { return from_; }
  FunctionBody& body() { return body_; }

 private:
  const Graph& from_;
  FunctionBody body_;
  std::map<OutputKey, NodeOutput> place_;
  std::map<int, int> copied_;
};

/// Adds a call of a function, a branch or a loop to a graph: outputs are of the
/// dtypes, shapes and handles of the outputs `like` of `from`.
Node& add_call(Graph& graph,
               const std::string& op,
               const std::string& name,
               std::vector<NodeOutput> inputs,
               detail::NamedAttrs attrs,
               const Graph& from,
               const std::vector<NodeOutput>& like);

std::vector<DType> types_of(const Graph& graph,
                            const std::vector<NodeOutput>& outputs);

/// The body as a function whose stateful nodes have their state in `states`.
FunctionRef make_function(FunctionBody body,
                          const std::string& name,
                          const std::shared_ptr<NodeStates>& states);

/// Whether the node does something besides giving outputs, or gives others
/// each time.
bool has_effects(const Node& node);

}  // namespace tern::v1

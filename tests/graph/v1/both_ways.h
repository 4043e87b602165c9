#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/program/node_states.h"

namespace tern::test {

/// A graph with control flow of TensorFlow 1, run node by node and in its
/// functional form, each with variables of its own.
class BothWays {
 public:
  using Feeds = std::map<std::string, Tensor>;

  /// A GraphDef as text.
  explicit BothWays(const std::string& text);

  /// Runs the fetches ("node:0"; "node": it is only run) both ways and compares
  /// values to the bit. Gives the reason where there is no functional form,
  /// else "".
  std::string check(const std::vector<std::string>& fetches,
                    const Feeds& feeds = {});
  /// The values of the last check, as interpreted; undefined where dead.
  const Tensors& values() const { return values_; }
  /// The functional form that ran last.
  const GraphFunctionPtr& function() const { return function_; }

 private:
  NodeOutput output(const std::string& name) const;

  Graph graph_;
  std::shared_ptr<NodeStates> interpreted_, functional_;
  Tensors values_;
  GraphFunctionPtr function_;
};

/// How many nodes of the op the function holds, those it calls included.
int count_ops(const GraphFunction& function, const std::string& op);

}  // namespace tern::test

#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "graph/graph.h"

namespace tern::v1 {

/// Runs a graph with TensorFlow 1's control flow as TensorFlow does: a node
/// runs when its inputs have arrived. Switch lets its value out on one side
/// and a dead one, which kills what it reaches, on the other; Merge passes on
/// what arrives alive. A loop is a frame: Enter takes values in, NextIteration
/// to the next step, each of which has values of its own, Exit out.
class FrameInterpreter {
 public:
  using Run =
      std::function<std::vector<Tensor>(const Node&, const Tensors& inputs)>;
  /// Called for each node that ran, in loops once a step.
  using Observe =
      std::function<void(const Node&, const std::vector<Tensor>& outputs)>;

  /// Runs what `roots` need, but for what only the nodes `fed` need.
  FrameInterpreter(const Graph& graph,
                   const std::vector<int>& roots,
                   const std::set<int>& fed = {});

  /// `fed` stand for what these nodes would give; `run` runs every other node
  /// that is no control flow.
  void run(const std::map<int, std::vector<Tensor>>& fed,
           const Run& run,
           const Observe& observe) const;

 private:
  class Execution;

  /// From an output of a node (-1: a control edge) to an input of `to`.
  struct Edge {
    int to;
    int input;
    int output;
  };

  const Graph& graph_;
  std::vector<int> needed_;
  std::vector<std::vector<Edge>> edges_;   // by node
  std::map<std::string, int> num_enters_;  // by frame
};

}  // namespace tern::v1

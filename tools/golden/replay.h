#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/program/node_states.h"
#include "io/proto/graph.pb.h"
#include "tern/core/tensor.h"

namespace tern::golden {

/// Values by tensor name, "x0:0".
using Feeds = std::map<std::string, Tensor>;

/// The graph of a message, its references to variables turned into resources.
Graph runnable_graph(const proto::GraphDef& def);

/// Runs the nodes of a graph one by one through `apply`, as a session would:
/// what an op keeps between runs belongs to its node, and resources with one
/// shared_name are one. Tapes see every call. In a graph with loops of
/// TensorFlow 1 a node's value is that of the last step.
class Replay {
 public:
  explicit Replay(const Graph& graph);

  /// The values of `fetches` ("op:0"); whatever they and the nodes `targets`
  /// need is run, every node once.
  Tensors run(const std::vector<std::string>& fetches,
              const std::vector<std::string>& targets,
              const Feeds& feeds);

 private:
  using Fed = std::map<int, std::vector<Tensor>>;   // by node
  using Values = std::vector<std::vector<Tensor>>;  // by node and output

  void run_in_order(const std::vector<int>& roots,
                    const Fed& fed,
                    Values& values);
  void run_frames(const std::vector<int>& roots,
                  const Fed& fed,
                  Values& values);
  NodeOutput output(const std::string& name) const;
  int node(const std::string& name) const;
  Outputs run_node(const Node& node, const Tensors& inputs);

  const Graph& graph_;
  std::unique_ptr<NodeStates> states_;
};

}  // namespace tern::golden

#pragma once

#include "graph/tracer.h"
#include "tern/graph/v1.h"

namespace tern::compat::v1 {

/// What handles of one graph share.
struct Graph::State {
  State()
      : tracer("graph", Tracer::Values::kEmbed, Tracer::Effects::kFree),
        graph(tracer.shared_graph()) {}

  Tracer tracer;  // adds what is called in a scope
  std::shared_ptr<tern::Graph> graph;
};

struct GraphAccess {
  static Graph::State& state(const Graph& graph) { return *graph.state_; }
};

/// The output that a name "op:output" or "op" (output -1) stands for. Throws
/// NotFoundError and InvalidArgumentError in TensorFlow's words.
NodeOutput find_output(const tern::Graph& graph, const std::string& name);

}  // namespace tern::compat::v1

#pragma once

#include <memory>

#include "graph/graph.h"

namespace tern {

/// Where a symbolic tensor comes from. `owner` keeps the graph alive where the
/// tensor may outlive the trace.
struct GraphTensor : TensorExtra {
  const Graph* graph = nullptr;
  NodeOutput source;
  std::shared_ptr<const void> owner;

  std::string name() const override;
};

/// The origin of a symbolic tensor, null for any other tensor.
const GraphTensor* graph_tensor(const Tensor& tensor);

/// A symbolic tensor for an output of a node.
Tensor symbol_of(const Graph& graph,
                 NodeOutput source,
                 std::shared_ptr<const void> owner = nullptr);

/// The value of an output that is known before running: constants, shapes that
/// are known, and small computations with them. Undefined otherwise.
Tensor constant_value(const Graph& graph, NodeOutput source);

/// The output read as a shape, -1 where an entry is not known.
Shape partial_shape_value(const Graph& graph, NodeOutput source);

/// Lets shape rules see into symbolic tensors (InferContext).
void install_symbolic_values();

}  // namespace tern

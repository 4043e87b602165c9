#pragma once

#include <memory>

#include "graph/graph.h"

namespace tern {

/// Where a symbolic tensor comes from. The tensor does not keep the graph
/// alive: a custom gradient in the graph may hold tensors of the graph itself.
struct GraphTensor : TensorExtra {
  const Graph* graph = nullptr;
  NodeOutput source;
  std::weak_ptr<const void> owner;  // of the graph, where it may go first
  bool has_owner = false;

  bool is_alive() const { return !has_owner || !owner.expired(); }
  std::string name() const override;
};

/// The origin of a symbolic tensor, null for any other tensor and when the
/// graph is gone.
const GraphTensor* graph_tensor(const Tensor& tensor);

/// A symbolic tensor for an output of a node.
Tensor symbol_of(const Graph& graph,
                 NodeOutput source,
                 const std::shared_ptr<const void>& owner = nullptr);

/// The value of an output that is known before running: constants, shapes that
/// are known, and small computations with them. Undefined otherwise.
Tensor constant_value(const Graph& graph, NodeOutput source);

/// What a Shape, Size or Rank node gives for an input of this shape; undefined
/// for other nodes and where the shape does not say.
Tensor shape_query_value(const Node& node, const Shape& input);

/// The output read as a shape, -1 where an entry is not known.
Shape partial_shape_value(const Graph& graph, NodeOutput source);

/// Lets shape rules see into symbolic tensors (InferContext).
void install_symbolic_values();

}  // namespace tern

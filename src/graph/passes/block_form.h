#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

// Which nodes can be steps of block programs, and as what.

namespace tern::passes {

/// What a node comes to in a block program: a step whose operands are the
/// node's inputs in this order.
struct BlockForm {
  int op = -1;  // find_block_op's, -1 where the node cannot be fused
  bool swapped = false;
};

/// For nodes that can be fused. Several steps stand for AddN, LeakyRelu and
/// LeakyReluGrad: the form is that of the last one.
BlockForm block_form(const Graph& graph, const Node& node);

/// The dtype of the operands: of the branches for SelectV2.
DType block_operand_type(const Graph& graph, const Node& node);

/// Whether a form draws random numbers; its operands are not the node's inputs
/// then.
bool draws_numbers(BlockForm form);

/// Where a node can end a block program as the reduction of a value of it, the
/// axes that it reduces, none negative.
std::optional<std::vector<std::int64_t>> reduced_axes(const Graph& graph,
                                                      const Node& node);

}  // namespace tern::passes

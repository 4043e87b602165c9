#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "io/proto/graph.pb.h"

namespace tern {

/// Parses the bytes of a GraphDef; `name` stands in errors. Throws
/// DataLossError.
proto::GraphDef parse_graph_def(std::string_view bytes,
                                const std::string& name);

/// The graph of a message: nodes in an order in which inputs come first, their
/// attrs checked and filled with defaults, the functions of its library as
/// graphs of their own. A node whose op is a function's name becomes a
/// PartitionedCall.
/// Throws NotFoundError for an op that is not registered and
/// InvalidArgumentError, in TensorFlow's words, for everything else that is
/// wrong with a graph: names, inputs, attrs, dtypes, shapes, cycles.
Graph import_graph_def(const proto::GraphDef& def);

/// Names of the ops in the graph and its functions that are neither registered
/// nor functions of its library, each once, sorted.
std::vector<std::string> unregistered_ops(const proto::GraphDef& def);

}  // namespace tern

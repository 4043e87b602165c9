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
/// The same from protobuf's text format (.pbtxt); errors say line and column.
proto::GraphDef parse_text_graph_def(std::string_view text,
                                     const std::string& name);
/// The same message gives the same bytes, whatever the order of its maps.
std::string bytes_of(const proto::GraphDef& def);
/// Protobuf's text format, as tf.io.write_graph writes it.
std::string text_of(const proto::GraphDef& def);

/// Reads a file: text when its name ends in ".pbtxt" or ".prototxt".
proto::GraphDef read_graph_def(const std::string& path);

/// The graph of a message: its nodes in its order, attrs checked and filled
/// with defaults, the functions of its library as graphs of their own. A node
/// whose op is a function's name becomes a PartitionedCall; one whose op Tern
/// lacks stays what it is and fails when it is run. Loops of TensorFlow 1
/// (NextIteration to Merge) are the only cycles.
/// Throws InvalidArgumentError, in TensorFlow's words, for everything that is
/// wrong with a graph: names, inputs, attrs, dtypes, shapes, cycles; and
/// NotFoundError for a function that is not in the library.
Graph import_graph_def(const proto::GraphDef& def);

struct GraphDefOptions {
  /// Leaves out attrs that equal their op's default, as SavedModels do.
  bool strip_default_attrs = false;
};

/// The message of a graph, with all functions that it or they call. What was
/// imported comes out as it came in. Nodes of "_Tern…" ops, which no file may
/// hold, are an InternalError; two functions of one name InvalidArgument.
proto::GraphDef export_graph_def(const Graph& graph,
                                 const GraphDefOptions& options = {});

/// Names of the ops in the graph and its functions that are neither registered
/// nor functions of its library, each once, sorted.
std::vector<std::string> unregistered_ops(const proto::GraphDef& def);

}  // namespace tern

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "graph/graph_def/attr_proto.h"
#include "graph/graph_def/notes.h"
#include "graph/graph_def/reference.h"

namespace tern {

/// The registered op that a message may name; null where there is none. Ops of
/// Tern's own trust the optimizer that made their attrs.
const OpDef* op_of_message(const std::string& name);

/// Turns the NodeDefs of a graph or of a function's body into nodes, in the
/// order of the message.
class NodeImporter {
 public:
  struct Library {
    FunctionResolver resolve;
    /// The function that a node calls whose op is its name; null for others.
    std::function<const proto::OpDef*(const proto::NodeDef&)> called;
    /// Of the program that wrote the graph; 0 where it does not say.
    int producer = 0;
  };

  explicit NodeImporter(const Library& library) : library_(library) {}

  /// A Placeholder for a function's argument.
  int add_argument(const proto::OpDef::ArgDef& argument, const Shape& shape);
  /// Nodes may come in any order.
  void add_nodes(
      const google::protobuf::RepeatedPtrField<proto::NodeDef>& defs);

  /// The output that "node", "node:2" or "node:output_arg:2" names.
  NodeOutput output(std::string_view reference);
  /// The node of that name. Throws InvalidArgumentError.
  int node(std::string_view name) const;

  Graph take();

 private:
  void add_head(const proto::NodeDef& def);
  void connect(Node& node, const proto::NodeDef& def);
  void infer(Node& node);
  std::vector<int> inference_order(int first) const;
  int flat_output(const Node& from, const Reference& reference) const;
  int grown_output(Node& from, const Reference& reference);
  void settle_outputs();

  const Library& library_;
  Graph graph_;
  /// Notes of nodes whose op is not registered: they learn of outputs from
  /// those who use them.
  std::unordered_map<int, std::shared_ptr<NodeNotes>> growing_;
};

}  // namespace tern

#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "graph/graph_def/attr_proto.h"

namespace tern {

/// Turns the NodeDefs of a graph or of a function's body into nodes.
class NodeImporter {
 public:
  /// `signatures`: the functions whose names nodes may use as ops.
  using Signatures = std::unordered_map<std::string, const proto::OpDef*>;

  NodeImporter(const FunctionResolver& resolve, const Signatures& signatures)
      : resolve_(resolve), signatures_(signatures) {}

  /// A Placeholder for a function's argument.
  int add_argument(const proto::OpDef::ArgDef& argument, const Shape& shape);
  /// Nodes may come in any order.
  void add_nodes(
      const google::protobuf::RepeatedPtrField<proto::NodeDef>& defs);

  /// The output that "node", "node:2" or "node:output_arg:2" names.
  NodeOutput output(std::string_view reference) const;
  /// The node of that name. Throws InvalidArgumentError.
  int node(std::string_view name) const;

  Graph take() { return std::move(graph_); }

 private:
  std::vector<int> order(
      const google::protobuf::RepeatedPtrField<proto::NodeDef>& defs) const;
  void add_node(const proto::NodeDef& def);
  Attrs attrs_of(const proto::NodeDef& def, const OpDef& op) const;
  void check_inputs(const OpDef& op,
                    const Attrs& attrs,
                    const std::vector<NodeOutput>& inputs) const;
  int flat_output(int node, std::string_view arg, int index) const;

  const FunctionResolver& resolve_;
  const Signatures& signatures_;
  Graph graph_;
  /// Output names of the nodes that call a function by its name.
  std::unordered_map<int, const proto::OpDef*> called_;
};

}  // namespace tern

// GraphDef to Graph: the library of functions and the nodes of each.

#include <set>

#include "graph/graph_def/graph_def.h"
#include "graph/graph_def/import_nodes.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Functions that call functions are imported callee first; the depth is
/// bounded so that no file can exhaust the stack.
constexpr int kMaxCallDepth = 200;

class LibraryImporter {
 public:
  explicit LibraryImporter(const proto::FunctionDefLibrary& library)
      : resolve_([this](const std::string& name) { return function(name); }) {
    for (const proto::FunctionDef& def : library.function()) {
      if (!defs_.emplace(def.signature().name(), &def).second)
        throw InvalidArgumentError(
            "Function '", def.signature().name(), "' is not unique");
      signatures_[def.signature().name()] = &def.signature();
    }
  }
  LibraryImporter(const LibraryImporter&) = delete;

  Graph graph_of(const proto::GraphDef& def) {
    NodeImporter nodes(resolve_, signatures_);
    nodes.add_nodes(def.node());
    Graph graph = nodes.take();
    for (const auto& [name, unused] : defs_)
      graph.library()[name] = function(name);
    return graph;
  }

 private:
  std::shared_ptr<const GraphFunction> function(const std::string& name) {
    auto def = defs_.find(name);
    if (def == defs_.end())
      throw NotFoundError("Function '", name, "' is not in the library");
    auto [made, is_new] = made_.try_emplace(name);
    if (!is_new) {
      if (!made->second)
        throw UnimplementedError("Function '", name, "' calls itself");
      return made->second;
    }
    if (++depth_ > kMaxCallDepth)
      throw InvalidArgumentError("Function '",
                                 name,
                                 "': calls are nested ",
                                 "deeper than ",
                                 kMaxCallDepth);
    try {
      auto result = import_function(*def->second);
      --depth_;
      return made_[name] = std::move(result);
    } catch (Error& error) {
      error.add_context("function '" + name + "'");
      throw;
    }
  }

  std::shared_ptr<const GraphFunction> import_function(
      const proto::FunctionDef& def) {
    NodeImporter nodes(resolve_, signatures_);
    const proto::OpDef& signature = def.signature();
    std::vector<int> arguments, control_outputs;
    std::vector<NodeOutput> outputs;
    for (int i = 0; i < signature.input_arg_size(); ++i)
      arguments.push_back(
          nodes.add_argument(signature.input_arg(i), argument_shape(def, i)));
    nodes.add_nodes(def.node_def());
    for (const auto& arg : signature.output_arg()) {
      auto value = def.ret().find(arg.name());
      if (value == def.ret().end())
        throw InvalidArgumentError("Return '", arg.name(), "' is not in ret");
      outputs.push_back(nodes.output(value->second));
    }
    for (const auto& name : signature.control_output()) {
      auto value = def.control_ret().find(name);
      if (value == def.control_ret().end())
        throw InvalidArgumentError(
            "Control output '", name, "' is not in control_ret");
      control_outputs.push_back(nodes.node(value->second));
    }
    return std::make_shared<GraphFunction>(
        signature.name(),
        std::make_shared<Graph>(nodes.take()),
        std::move(arguments),
        std::move(outputs),
        std::move(control_outputs));
  }

  /// The tracer's note on what an argument's shape is.
  static Shape argument_shape(const proto::FunctionDef& def, int i) {
    auto attrs = def.arg_attr().find(static_cast<std::uint32_t>(i));
    if (attrs == def.arg_attr().end()) return Shape::unknown();
    auto shapes = attrs->second.attr().find("_output_shapes");
    if (shapes == attrs->second.attr().end() ||
        shapes->second.list().shape_size() != 1)
      return Shape::unknown();
    return io::shape_from_proto(shapes->second.list().shape(0));
  }

  std::map<std::string, const proto::FunctionDef*> defs_;
  NodeImporter::Signatures signatures_;
  std::map<std::string, std::shared_ptr<const GraphFunction>> made_;
  FunctionResolver resolve_;
  int depth_ = 0;
};

}  // namespace

proto::GraphDef parse_graph_def(std::string_view bytes,
                                const std::string& name) {
  proto::GraphDef def;
  if (!def.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw DataLossError(
        name, ": not a GraphDef: its ", bytes.size(), " bytes do not parse");
  return def;
}

Graph import_graph_def(const proto::GraphDef& def) {
  return LibraryImporter(def.library()).graph_of(def);
}

std::vector<std::string> unregistered_ops(const proto::GraphDef& def) {
  std::set<std::string> functions, unknown;
  for (const auto& function : def.library().function())
    functions.insert(function.signature().name());
  auto visit = [&](const auto& nodes) {
    for (const proto::NodeDef& node : nodes)
      if (!OpRegistry::global().find(node.op()) &&
          !functions.contains(node.op()))
        unknown.insert(node.op());
  };
  visit(def.node());
  for (const auto& function : def.library().function())
    visit(function.node_def());
  return {unknown.begin(), unknown.end()};
}

}  // namespace tern

#include <charconv>
#include <filesystem>

#include "graph/graph_def/graph_def.h"
#include "graph/v1/graph_state.h"
#include "io/atomic_file.h"
#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern::compat::v1 {
namespace {

/// The graphs whose scopes are open on this thread, innermost last.
std::vector<Graph>& open_graphs() {
  thread_local std::vector<Graph> graphs;
  return graphs;
}

/// What stands before the name of a node on whose device another is to be.
constexpr std::string_view kColocated = "loc:@";

void put_before_names(proto::GraphDef& def, const std::string& prefix) {
  auto renamed = [&](const std::string& input) {
    return input.starts_with('^') ? "^" + prefix + input.substr(1)
                                  : prefix + input;
  };
  for (proto::NodeDef& node : *def.mutable_node()) {
    node.set_name(prefix + node.name());
    for (std::string& input : *node.mutable_input()) input = renamed(input);
    auto colocated = node.mutable_attr()->find("_class");
    if (colocated == node.mutable_attr()->end()) continue;
    for (std::string& place : *colocated->second.mutable_list()->mutable_s())
      if (place.starts_with(kColocated))
        place.insert(kColocated.size(), prefix);
  }
}

Graph graph_of(proto::GraphDef def, const ImportOptions& options) {
  if (!options.name.empty()) put_before_names(def, options.name + "/");
  Graph graph;
  *GraphAccess::state(graph).graph = tern::import_graph_def(def);
  return graph;
}

}  // namespace

NodeOutput find_output(const tern::Graph& graph, const std::string& name) {
  std::size_t colon = name.rfind(':');
  std::string op = name.substr(0, colon);
  int output = -1;
  if (colon != std::string::npos) {
    const char* end = name.data() + name.size();
    auto [stop, error] = std::from_chars(name.data() + colon + 1, end, output);
    if (op.empty() || error != std::errc() || stop != end || output < 0)
      throw InvalidArgumentError("The name '",
                                 name,
                                 "' looks a like a Tensor name, but is not a "
                                 "valid one. Tensor names must be of the form "
                                 "\"<op_name>:<output_index>\".");
  }
  const Node* node = graph.find(op);
  if (!node)
    throw NotFoundError("The name '",
                        name,
                        "' refers to ",
                        output < 0 ? "an Operation" : "a Tensor",
                        " which does not exist. The operation, '",
                        op,
                        "', does not exist in the graph.");
  auto count = static_cast<int>(node->output_types.size());
  if (output >= count)
    throw NotFoundError("The name '",
                        name,
                        "' refers to a Tensor which does not exist. The "
                        "operation, '",
                        op,
                        "', exists but only has ",
                        count,
                        " outputs.");
  return {node->id, output};
}

Graph::Graph() : state_(std::make_shared<State>()) {}

Graph::Scope Graph::as_default() const { return Scope(*this); }

Tensor Graph::get_tensor_by_name(std::string_view name) const {
  NodeOutput found = find_output(*state_->graph, std::string(name));
  if (found.output < 0)
    throw InvalidArgumentError(
        "The name '",
        name,
        "' refers to an Operation, not a Tensor. Tensor names must be of the "
        "form \"<op_name>:<output_index>\".");
  return symbol_of(*state_->graph, found, state_->graph);
}

std::vector<std::string> Graph::operation_names() const {
  std::vector<std::string> names;
  for (const Node& node : state_->graph->nodes()) names.push_back(node.name);
  return names;
}

std::string Graph::as_graph_def(const AsGraphDefOptions& options) const {
  proto::GraphDef def = export_graph_def(
      *state_->graph, {.strip_default_attrs = options.strip_default_attrs});
  return options.as_text ? text_of(def) : bytes_of(def);
}

struct Graph::Scope::Interpreting {
  explicit Interpreting(Tracer& tracer) : scope(&tracer) {}
  InterpreterScope scope;
};

Graph::Scope::Scope(const Graph& graph)
    : graph_(graph),
      interpreting_(
          std::make_unique<Interpreting>(GraphAccess::state(graph).tracer)) {
  open_graphs().push_back(graph);
}

Graph::Scope::~Scope() { open_graphs().pop_back(); }

Graph get_default_graph() {
  if (open_graphs().empty())
    throw FailedPreconditionError(
        "there is no default graph: open one with graph.as_default()");
  return open_graphs().back();
}

InteractiveSession::InteractiveSession()
    : InteractiveSession(open_graphs().empty() ? Graph()
                                               : open_graphs().back()) {}

InteractiveSession::InteractiveSession(const Graph& graph)
    : Session(graph), graph_(graph), scope_(graph) {}

Graph import_graph_def(const std::string& path, ImportOptions options) {
  return graph_of(read_graph_def(path), options);
}

Graph import_serialized_graph_def(std::string_view bytes,
                                  ImportOptions options) {
  return graph_of(parse_graph_def(bytes, "import_serialized_graph_def"),
                  options);
}

Tensor placeholder(DType dtype, PlaceholderOptions options) {
  Graph graph = get_default_graph();
  if (options.name.empty()) options.name = "Placeholder";
  return GraphAccess::state(graph).tracer.add_placeholder(
      TensorSpec(std::move(options.shape), dtype, std::move(options.name)));
}

}  // namespace tern::compat::v1

namespace tern::io {

std::string write_graph(const compat::v1::Graph& graph,
                        const std::string& folder,
                        const std::string& name,
                        WriteGraphOptions options) {
  std::filesystem::create_directories(folder);
  std::string path = (std::filesystem::path(folder) / name).string();
  write_bytes(path, graph.as_graph_def({.as_text = options.as_text}));
  return path;
}

}  // namespace tern::io

#include "tools/tern/show_graph.h"

#include <algorithm>
#include <map>
#include <vector>

#include "graph/graph_def/graph_def.h"
#include "graph/graph_def/notes.h"

namespace tern::command {
namespace {

/// "float32 [?,3]", for several outputs separated by commas.
std::string outputs_text(const Node& node) {
  std::string text;
  for (std::size_t i = 0; i < node.output_types.size(); ++i) {
    DType dtype = node.output_types[i];
    text += i ? ", " : "";
    text += DType::is_valid_code(dtype.code) ? dtype.name() : "?";
    text += " " + node.output_shapes[i].debug_string();
  }
  return text;
}

/// What a message calls the op: a function's name stands for a call.
std::string op_of(const Node& node) {
  bool by_name = node.notes && !node.notes->rest.op().empty();
  return by_name ? node.notes->rest.op() : node.op->name;
}

std::string inputs_text(const Graph& graph, const Node& node) {
  std::string text;
  for (const NodeOutput& input : node.inputs) {
    text += (text.empty() ? "" : ", ") + graph.node(input.node).name;
    if (input.output > 0) text += ":" + std::to_string(input.output);
  }
  for (int before : node.control_inputs)
    text += (text.empty() ? "^" : ", ^") + graph.node(before).name;
  return text;
}

void show_node(const Graph& graph, const Node& node, std::ostream& out) {
  out << "  " << node.name << " = " << op_of(node) << "("
      << inputs_text(graph, node) << ")";
  if (!node.output_types.empty()) out << " -> " << outputs_text(node);
  if (!node.device.empty()) out << " on " << node.device;
  out << "\n";
}

bool is_input(const Node& node) {
  return node.op->name.starts_with("Placeholder");
}

std::vector<bool> used_nodes(const Graph& graph) {
  std::vector<bool> used(graph.size(), false);
  for (const Node& node : graph.nodes()) {
    for (const NodeOutput& input : node.inputs)
      used[static_cast<std::size_t>(input.node)] = true;
    for (int before : node.control_inputs)
      used[static_cast<std::size_t>(before)] = true;
  }
  return used;
}

void show_functions(const Graph& graph, std::ostream& out) {
  if (graph.library().empty()) return;
  out << "functions:\n";
  for (const auto& [name, function] : graph.library()) {
    out << "  " << name << "(";
    const char* separator = "";
    for (int argument : function->arguments()) {
      const Node& node = function->graph().node(argument);
      out << separator << node.name << ": " << outputs_text(node);
      separator = ", ";
    }
    out << "), " << function->graph().size() << " nodes\n";
  }
}

void show_ops(const proto::GraphDef& def, std::ostream& out) {
  std::map<std::string, int> counts;
  for (const proto::NodeDef& node : def.node()) ++counts[node.op()];
  for (const proto::FunctionDef& function : def.library().function())
    for (const proto::NodeDef& node : function.node_def()) ++counts[node.op()];
  std::vector<std::string> lacking = unregistered_ops(def);
  out << "ops:\n";
  for (const auto& [op, count] : counts) {
    bool lacks = std::binary_search(lacking.begin(), lacking.end(), op);
    out << "  " << op << " " << count << (lacks ? "  (Tern lacks it)" : "")
        << "\n";
  }
  out << (lacking.empty()
              ? "Tern has all of them\n"
              : "Tern lacks " + std::to_string(lacking.size()) + " of them\n");
}

void show_text(const ShowArguments& arguments,
               const proto::GraphDef& def,
               const Graph& graph,
               std::ostream& out) {
  out << arguments.graph << ": " << graph.size() << " nodes, "
      << graph.library().size() << " functions, producer "
      << def.versions().producer() << "\n";
  std::vector<bool> used = used_nodes(graph);
  out << "inputs:\n";
  for (const Node& node : graph.nodes())
    if (is_input(node)) show_node(graph, node, out);
  out << "outputs:\n";
  for (const Node& node : graph.nodes())
    if (!used[static_cast<std::size_t>(node.id)]) show_node(graph, node, out);
  out << "nodes:\n";
  for (const Node& node : graph.nodes()) show_node(graph, node, out);
  show_functions(graph, out);
  show_ops(def, out);
}

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + '"';
}

void show_dot(const Graph& graph, std::ostream& out) {
  out << "digraph graph_def {\n  node [shape=box];\n";
  for (const Node& node : graph.nodes()) {
    out << "  n" << node.id
        << " [label=" << quoted(node.name + "\n" + op_of(node))
        << (is_input(node) ? ", style=rounded" : "") << "];\n";
    for (const NodeOutput& input : node.inputs) {
      out << "  n" << input.node << " -> n" << node.id;
      if (input.output > 0) out << " [label=" << input.output << "]";
      out << ";\n";
    }
    for (int before : node.control_inputs)
      out << "  n" << before << " -> n" << node.id << " [style=dashed];\n";
  }
  out << "}\n";
}

}  // namespace

void show_graph(const ShowArguments& arguments, std::ostream& out) {
  proto::GraphDef def = read_graph_def(arguments.graph);
  Graph graph = import_graph_def(def);
  if (arguments.dot)
    show_dot(graph, out);
  else
    show_text(arguments, def, graph, out);
}

}  // namespace tern::command

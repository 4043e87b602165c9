// Graph to GraphDef.

#include <numeric>
#include <set>

#include "graph/graph_def/graph_def.h"
#include "graph/graph_def/node_attrs.h"
#include "graph/graph_def/notes.h"
#include "graph/graph_def/reference.h"
#include "graph/program/program.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// What is written into graphs made by Tern: a version of TensorFlow 2.15, and
/// the oldest reader that knows functions with control outputs.
constexpr int kProducer = 1645;
constexpr int kMinConsumer = 12;

template <class Visit>
void for_each_function(const Graph& graph, Visit visit) {
  for (const Node& node : graph.nodes())
    for (const AttrValue& attr : node.attrs) {
      if (attr.holds<FunctionRef>()) visit(attr.get<FunctionRef>());
      if (attr.holds<std::vector<FunctionRef>>())
        for (const auto& ref : attr.get<std::vector<FunctionRef>>()) visit(ref);
    }
}

class Exporter {
 public:
  explicit Exporter(const GraphDefOptions& options)
      : attrs_{options.strip_default_attrs} {}

  proto::GraphDef message_of(const Graph& graph) {
    proto::GraphDef def;
    if (graph.notes()) {
      def = graph.notes()->rest;
    } else {
      def.mutable_versions()->set_producer(kProducer);
      def.mutable_versions()->set_min_consumer(kMinConsumer);
    }
    for (const Node& node : graph.nodes()) {
      proto::NodeDef* to = def.add_node();
      write_node(node, to);
      for (const NodeOutput& input : node.inputs)
        to->add_input(graph_reference(graph, input));
      write_control_inputs(graph, node, to);
    }
    collect_functions(graph);
    write_library(graph, &def);
    return def;
  }

 private:
  void write_node(const Node& node, proto::NodeDef* def) const {
    def->set_name(node.name);
    def->set_op(node.op->name);
    def->set_device(node.device);
    if (node.op->name.starts_with("_Tern"))
      throw InternalError(
          "node '", node.name, "' (op: '", node.op->name, "') reached a file");
    if (node.notes) {
      const proto::NodeDef& rest = node.notes->rest;
      if (!rest.op().empty()) def->set_op(rest.op());
      if (rest.has_experimental_debug_info())
        *def->mutable_experimental_debug_info() =
            rest.experimental_debug_info();
      if (rest.has_experimental_type())
        *def->mutable_experimental_type() = rest.experimental_type();
    }
    write_attrs(node, attrs_, def);
  }

  static void write_control_inputs(const Graph& graph,
                                   const Node& node,
                                   proto::NodeDef* def) {
    for (int before : node.control_inputs)
      def->add_input("^" + graph.node(before).name);
  }

  void collect_functions(const Graph& graph) {
    std::vector<GraphFunctionPtr> open;
    std::set<const GraphFunction*> instances;
    auto add = [&](const std::string& name, const GraphFunctionPtr& function) {
      if (!function) return;
      const auto& notes = function->graph().notes();
      if (notes && notes->is_instance) {
        if (instances.insert(function.get()).second) open.push_back(function);
        return;
      }
      auto [known, is_new] = functions_.emplace(name, function);
      if (is_new)
        open.push_back(function);
      else if (known->second != function)
        throw InvalidArgumentError("Function '", name, "' is not unique");
    };
    auto add_called = [&](const Graph& caller) {
      for_each_function(
          caller, [&](const FunctionRef& ref) { add(ref.name, ref.function); });
    };
    for (const auto& [name, function] : graph.library()) add(name, function);
    add_called(graph);
    while (!open.empty()) {
      GraphFunctionPtr next = std::move(open.back());
      open.pop_back();
      add_called(next->graph());
    }
  }

  /// In the order of the message that was imported; others by name.
  void write_library(const Graph& graph, proto::GraphDef* def) const {
    std::map<std::string, proto::FunctionDef> templates;
    std::vector<std::string> order;
    if (graph.notes()) {
      for (const auto& function : def->library().function())
        templates[function.signature().name()] = function;
      if (def->has_library()) def->mutable_library()->clear_function();
      order = graph.notes()->function_order;
    }
    std::set<std::string> ordered(order.begin(), order.end());
    for (const auto& [name, function] : functions_)
      if (!ordered.contains(name)) order.push_back(name);
    for (const std::string& name : order) {
      auto function = functions_.find(name);
      if (function != functions_.end())
        write_function(*function->second,
                       def->mutable_library()->add_function());
      else if (auto it = templates.find(name); it != templates.end())
        *def->mutable_library()->add_function() = it->second;
    }
  }

  void write_function(const GraphFunction& function,
                      proto::FunctionDef* def) const {
    const Graph& graph = function.graph();
    if (was_imported(function))
      *def = graph.notes()->function;
    else
      write_signature(function, def);
    auto reference = [&](NodeOutput output) {
      return function_reference(
          graph, output, function.argument_of(output.node) >= 0);
    };
    for (int id : nodes_of(function)) {
      const Node& node = graph.node(id);
      if (function.argument_of(id) >= 0) continue;
      proto::NodeDef* to = def->add_node_def();
      write_node(node, to);
      for (const NodeOutput& input : node.inputs)
        to->add_input(reference(input));
      write_control_inputs(graph, node, to);
    }
    const proto::OpDef& signature = def->signature();
    for (std::size_t i = 0; i < function.outputs().size(); ++i)
      (*def->mutable_ret())[signature.output_arg(static_cast<int>(i)).name()] =
          reference(function.outputs()[i]);
    for (std::size_t i = 0; i < function.control_outputs().size(); ++i)
      (*def->mutable_control_ret())[signature.control_output(static_cast<int>(
          i))] = graph.node(function.control_outputs()[i]).name;
  }

  static bool was_imported(const GraphFunction& function) {
    const auto& notes = function.graph().notes();
    return notes && notes->function.signature().name() == function.name();
  }

  /// All nodes of an imported body; of a traced one those that run, since
  /// several functions may share a graph.
  static std::vector<int> nodes_of(const GraphFunction& function) {
    if (!was_imported(function)) return execution_order(function);
    std::vector<int> all(function.graph().size());
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  static void write_signature(const GraphFunction& function,
                              proto::FunctionDef* def) {
    proto::OpDef* signature = def->mutable_signature();
    signature->set_name(function.name());
    signature->set_is_stateful(function.is_stateful());
    const Graph& graph = function.graph();
    for (std::size_t i = 0; i < function.arguments().size(); ++i) {
      const Node& argument = graph.node(function.arguments()[i]);
      proto::OpDef::ArgDef* arg = signature->add_input_arg();
      arg->set_name(argument.name);
      arg->set_type(io::to_proto(argument.output_types[0]));
      auto& attrs = *(*def->mutable_arg_attr())[static_cast<std::uint32_t>(i)]
                         .mutable_attr();
      io::to_proto(argument.output_shapes[0],
                   attrs["_output_shapes"].mutable_list()->add_shape());
      const HandleInfo& handle = argument.output_handles[0];
      if (!DType::is_valid_code(handle.dtype.code)) continue;
      auto* data = arg->add_handle_data();
      data->set_dtype(io::to_proto(handle.dtype));
      io::to_proto(handle.shape, data->mutable_shape());
    }
    std::vector<DType> types = function.output_types();
    for (std::size_t i = 0; i < types.size(); ++i) {
      proto::OpDef::ArgDef* arg = signature->add_output_arg();
      arg->set_name("output_" + std::to_string(i));
      arg->set_type(io::to_proto(types[i]));
    }
    for (int node : function.control_outputs())
      signature->add_control_output(graph.node(node).name);
  }

  AttrExport attrs_;
  std::map<std::string, GraphFunctionPtr> functions_;
};

}  // namespace

proto::GraphDef export_graph_def(const Graph& graph,
                                 const GraphDefOptions& options) {
  return Exporter(options).message_of(graph);
}

}  // namespace tern

// GraphDef to Graph: the library of functions and the nodes of each.

#include <algorithm>
#include <deque>
#include <set>

#include "graph/graph_def/graph_def.h"
#include "graph/graph_def/import_nodes.h"
#include "graph/graph_def/notes.h"
#include "graph/graph_def/templates.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Functions that call functions are imported callee first; the depth is
/// bounded so that no file can exhaust the stack.
constexpr int kMaxCallDepth = 200;
/// Templates may ask for ever new instances of each other.
constexpr std::size_t kMaxInstances = 1000;

proto::FunctionDef without_nodes(const proto::FunctionDef& def) {
  proto::FunctionDef rest;
  *rest.mutable_signature() = def.signature();
  *rest.mutable_attr() = def.attr();
  *rest.mutable_arg_attr() = def.arg_attr();
  *rest.mutable_resource_arg_unique_id() = def.resource_arg_unique_id();
  *rest.mutable_control_ret() = def.control_ret();
  return rest;
}

/// The tracer's note on what an argument's shape is.
Shape argument_shape(const proto::FunctionDef& def, int i) {
  auto attrs = def.arg_attr().find(static_cast<std::uint32_t>(i));
  if (attrs == def.arg_attr().end()) return Shape::unknown();
  auto shapes = attrs->second.attr().find("_output_shapes");
  if (shapes == attrs->second.attr().end() ||
      shapes->second.list().shape_size() != 1)
    return Shape::unknown();
  return io::shape_from_proto(shapes->second.list().shape(0));
}

class LibraryImporter {
 public:
  explicit LibraryImporter(const proto::GraphDef& def) : def_(def) {
    library_.resolve = [this](const proto::NameAttrList& call) {
      auto definition = defs_.find(call.name());
      if (definition == defs_.end()) return function(call.name());
      const proto::FunctionDef* called =
          definition_for(*definition->second, call.attr());
      return called ? function(called->signature().name()) : nullptr;
    };
    library_.called = [this](const proto::NodeDef& node) {
      auto definition = defs_.find(node.op());
      const proto::FunctionDef* called =
          definition == defs_.end()
              ? nullptr
              : definition_for(*definition->second, node.attr());
      return called ? &called->signature() : nullptr;
    };
    library_.producer = def.versions().producer();
    for (const proto::FunctionDef& function : def.library().function()) {
      const proto::OpDef& signature = function.signature();
      if (!defs_.emplace(signature.name(), &function).second)
        throw InvalidArgumentError(
            "Function '", signature.name(), "' is not unique");
    }
  }
  LibraryImporter(const LibraryImporter&) = delete;

  Graph graph() {
    for (const auto& [name, unused] : defs_) function(name);
    if (!unresolved_.empty()) close_cycles();
    NodeImporter nodes(library_);
    nodes.add_nodes(def_.node());
    Graph graph = nodes.take();
    for (const auto& [name, made] : made_)
      if (made) graph.library()[name] = made;
    graph.set_notes(notes());
    return graph;
  }

 private:
  /// The definition itself, or of a template that for these attrs. Null where
  /// there is none: calls fail when they run.
  const proto::FunctionDef* definition_for(const proto::FunctionDef& definition,
                                           const AttrMap& attrs) {
    if (!is_template(definition.signature())) return &definition;
    if (instances_.size() >= kMaxInstances) return nullptr;
    try {
      proto::FunctionDef instance = instantiate(definition, attrs);
      auto [known, is_new] =
          defs_.try_emplace(instance.signature().name(), nullptr);
      if (is_new) known->second = &instances_.emplace_back(std::move(instance));
      return known->second;
    } catch (const Error&) {
      return nullptr;
    }
  }

  bool is_instance(const proto::FunctionDef& definition) const {
    return std::any_of(instances_.begin(),
                       instances_.end(),
                       [&](const proto::FunctionDef& instance) {
                         return &instance == &definition;
                       });
  }

  /// Null for one that is being imported (it calls itself) and for templates.
  GraphFunctionPtr function(const std::string& name) {
    auto def = defs_.find(name);
    if (def == defs_.end())
      throw NotFoundError("Function '", name, "' is not in the library");
    auto [made, is_new] = made_.try_emplace(name);
    if (!is_new || is_template(def->second->signature())) return made->second;
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

  GraphFunctionPtr import_function(const proto::FunctionDef& def) {
    NodeImporter nodes(library_);
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
    auto graph = std::make_shared<Graph>(nodes.take());
    auto notes = std::make_shared<GraphNotes>();
    notes->function = without_nodes(def);
    notes->is_instance = is_instance(def);
    graph->set_notes(std::move(notes));
    find_unresolved(*graph);
    functions_.push_back(
        std::make_shared<GraphFunction>(signature.name(),
                                        std::move(graph),
                                        std::move(arguments),
                                        std::move(outputs),
                                        std::move(control_outputs)));
    return functions_.back();
  }

  void find_unresolved(Graph& graph) {
    auto is_open = [this](const FunctionRef& ref) { return is_to_come(ref); };
    for (std::size_t id = 0; id < graph.size(); ++id)
      for (AttrValue& attr : graph.node(static_cast<int>(id)).attrs) {
        if (attr.holds<FunctionRef>()) {
          if (is_open(attr.get<FunctionRef>())) unresolved_.push_back(&attr);
        } else if (attr.holds<std::vector<FunctionRef>>()) {
          const auto& refs = attr.get<std::vector<FunctionRef>>();
          if (std::any_of(refs.begin(), refs.end(), is_open))
            unresolved_.push_back(&attr);
        }
      }
  }

  bool is_to_come(const FunctionRef& ref) const {
    return !ref.function && !is_template(defs_.at(ref.name)->signature());
  }

  /// Functions that call themselves, directly or by way of others: they refer
  /// to each other without owning each other, and whoever holds one from
  /// outside holds all.
  void close_cycles() {
    auto group = std::make_shared<std::vector<std::shared_ptr<GraphFunction>>>(
        functions_);
    for (const auto& function : functions_) function->join(group);
    auto close = [this](FunctionRef& ref) {
      if (is_to_come(ref))
        ref.function =
            GraphFunctionPtr(GraphFunctionPtr(), made_[ref.name].get());
    };
    for (AttrValue* attr : unresolved_) {
      if (attr->holds<FunctionRef>()) {
        FunctionRef ref = attr->get<FunctionRef>();
        close(ref);
        *attr = std::move(ref);
      } else {
        auto refs = attr->get<std::vector<FunctionRef>>();
        std::for_each(refs.begin(), refs.end(), close);
        *attr = std::move(refs);
      }
    }
    for (auto& [name, made] : made_)
      if (made) made = GraphFunctionPtr(group, made.get());
  }

  std::shared_ptr<const GraphNotes> notes() const {
    auto notes = std::make_shared<GraphNotes>();
    proto::GraphDef& rest = notes->rest;
    if (def_.has_versions()) *rest.mutable_versions() = def_.versions();
    rest.set_version(def_.version());
    if (def_.has_debug_info()) *rest.mutable_debug_info() = def_.debug_info();
    if (!def_.has_library()) return notes;
    proto::FunctionDefLibrary& library = *rest.mutable_library();
    *library.mutable_gradient() = def_.library().gradient();
    *library.mutable_registered_gradients() =
        def_.library().registered_gradients();
    for (const proto::FunctionDef& function : def_.library().function()) {
      notes->function_order.push_back(function.signature().name());
      if (is_template(function.signature())) *library.add_function() = function;
    }
    return notes;
  }

  const proto::GraphDef& def_;
  std::map<std::string, const proto::FunctionDef*> defs_;
  std::deque<proto::FunctionDef> instances_;  // of templates
  NodeImporter::Library library_;
  std::map<std::string, GraphFunctionPtr> made_;
  std::vector<std::shared_ptr<GraphFunction>> functions_;
  std::vector<AttrValue*> unresolved_;  // in the graphs of functions_
  int depth_ = 0;
};

}  // namespace

Graph import_graph_def(const proto::GraphDef& def) {
  return LibraryImporter(def).graph();
}

std::vector<std::string> unregistered_ops(const proto::GraphDef& def) {
  std::set<std::string> functions, unknown;
  for (const auto& function : def.library().function())
    functions.insert(function.signature().name());
  auto visit = [&](const auto& nodes) {
    for (const proto::NodeDef& node : nodes)
      if (!op_of_message(node.op()) && !functions.contains(node.op()))
        unknown.insert(node.op());
  };
  visit(def.node());
  for (const auto& function : def.library().function())
    visit(function.node_def());
  return {unknown.begin(), unknown.end()};
}

}  // namespace tern

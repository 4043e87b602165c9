#include "graph/graph_def/import_nodes.h"

#include <algorithm>

#include "graph/graph_def/node_attrs.h"
#include "graph/graph_def/removed_ops.h"
#include "graph/graph_def/unregistered_op.h"
#include "graph/symbolic.h"
#include "graph/v1/control_flow.h"
#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// More outputs than any op has: a reference beyond is corruption.
constexpr int kMaxOutputs = 1 << 16;

/// Since this version a Placeholder of shape [] takes scalars only; before, it
/// took anything.
constexpr int kScalarPlaceholders = 22;

/// What a call of a function by its name means.
Attrs call_attrs(const OpDef& call,
                 const proto::OpDef& signature,
                 const FunctionResolver& resolve) {
  auto types = [](const auto& args) {
    std::vector<DType> list;
    for (const auto& arg : args)
      list.push_back(io::dtype_from_proto(arg.type()));
    return list;
  };
  Attrs attrs;
  for (const AttrDef& attr : call.attrs) attrs.push_back(attr.default_value);
  auto set = [&](std::string_view name, AttrValue value) {
    attrs[static_cast<std::size_t>(call.attr_index(name))] = std::move(value);
  };
  set("Tin", types(signature.input_arg()));
  set("Tout", types(signature.output_arg()));
  proto::NameAttrList callee;
  callee.set_name(signature.name());
  set("f", FunctionRef{signature.name(), resolve(callee)});
  return attrs;
}

/// The edges that make a loop of TensorFlow 1 a cycle.
bool is_back_edge(const Node& from, const Node& to) {
  return v1::flow_of(to) == v1::Flow::kMerge &&
         v1::flow_of(from) == v1::Flow::kNextIteration;
}

/// What an op that nobody knows gives is of the dtype that its users want.
void check_inputs(Graph& graph, const Node& node) {
  std::vector<DType> wanted = CallSignature::input_types(*node.op, node.attrs);
  if (wanted.size() != node.inputs.size())
    throw InvalidArgumentError(node.op->name,
                               " takes ",
                               wanted.size(),
                               " inputs, but ",
                               node.inputs.size(),
                               " are specified");
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const NodeOutput& input = node.inputs[i];
    Node& from = graph.node(input.node);
    DType& found = from.output_types[static_cast<std::size_t>(input.output)];
    if (found == kUnknownType) found = wanted[i];
    if (!(found == wanted[i]))
      throw InvalidArgumentError("Input ",
                                 i,
                                 " was passed ",
                                 found.name(),
                                 " from ",
                                 from.name,
                                 ":",
                                 input.output,
                                 " incompatible with expected ",
                                 wanted[i].name());
  }
}

template <class Step>
void with_node_in_errors(const std::string& name,
                         const std::string& op,
                         Step step) {
  try {
    step();
  } catch (Error& error) {
    error.add_context("node '" + name + "' (op: '" + op + "')");
    throw;
  }
}

/// Whether it calls a function whose graph is not there (yet).
bool calls_unresolved(const Node& node) {
  auto is_open = [](const FunctionRef& ref) { return !ref.function; };
  return std::any_of(
      node.attrs.begin(), node.attrs.end(), [&](const AttrValue& attr) {
        if (attr.holds<FunctionRef>()) return is_open(attr.get<FunctionRef>());
        if (!attr.holds<std::vector<FunctionRef>>()) return false;
        const auto& refs = attr.get<std::vector<FunctionRef>>();
        return std::any_of(refs.begin(), refs.end(), is_open);
      });
}

void forget_outputs(Node& node) {
  node.output_shapes.assign(node.output_types.size(), Shape::unknown());
  node.output_handles.assign(node.output_types.size(), HandleInfo{});
}

}  // namespace

int NodeImporter::add_argument(const proto::OpDef::ArgDef& argument,
                               const Shape& shape) {
  const OpDef& op = OpRegistry::global().get("Placeholder");
  Attrs attrs(op.attrs.size());
  attrs[static_cast<std::size_t>(op.attr_index("dtype"))] =
      io::dtype_from_proto(argument.type());
  attrs[static_cast<std::size_t>(op.attr_index("shape"))] = shape;
  if (graph_.find(argument.name()))
    throw InvalidArgumentError(
        "Argument '", argument.name(), "' is not unique");
  Node& node = graph_.add_node(op, {}, std::move(attrs), argument.name());
  if (argument.handle_data_size() > 0) {
    const auto& info = argument.handle_data(0);
    node.output_handles[0] = {io::dtype_from_proto(info.dtype()),
                              io::shape_from_proto(info.shape())};
  }
  return node.id;
}

void NodeImporter::add_nodes(
    const google::protobuf::RepeatedPtrField<proto::NodeDef>& defs) {
  install_symbolic_values();
  auto first = static_cast<int>(graph_.size());
  for (const proto::NodeDef& def : defs)
    with_node_in_errors(def.name(), def.op(), [&] { add_head(def); });
  for (int i = 0; i < defs.size(); ++i)
    with_node_in_errors(defs[i].name(), defs[i].op(), [&] {
      connect(graph_.node(first + i), defs[i]);
    });
  settle_outputs();
  for (int id : inference_order(first)) {
    Node& node = graph_.node(id);
    with_node_in_errors(node.name, defs[id - first].op(), [&] { infer(node); });
  }
}

const OpDef* op_of_message(const std::string& name) {
  return name.starts_with("_Tern") ? nullptr : OpRegistry::global().find(name);
}

/// Adds the node without its edges.
void NodeImporter::add_head(const proto::NodeDef& def) {
  NodeNotes notes;
  Node node;
  node.name = def.name();
  node.device = def.device();
  check_not_removed(def.op(), library_.producer);
  const OpDef* op = op_of_message(def.op());
  const proto::OpDef* called = op ? nullptr : library_.called(def);
  if (op) {
    node.attrs = read_attrs(def, *op, library_.resolve, notes);
  } else if (called) {
    const proto::OpDef& signature = *called;
    op = &OpRegistry::global().get(signature.is_stateful()
                                       ? "StatefulPartitionedCall"
                                       : "PartitionedCall");
    node.attrs = call_attrs(*op, signature, library_.resolve);
    notes.rest.set_op(def.op());
    *notes.rest.mutable_attr() = def.attr();
    for (const auto& arg : signature.output_arg())
      notes.output_names.push_back(arg.name() + ":0");
  } else {
    notes.unregistered = make_unregistered_op(def.op());
    op = notes.unregistered.get();
    *notes.rest.mutable_attr() = def.attr();
    node.attrs = {AttrValue(), std::vector<DType>{}};
  }
  if (def.has_experimental_debug_info())
    *notes.rest.mutable_experimental_debug_info() =
        def.experimental_debug_info();
  if (def.has_experimental_type())
    *notes.rest.mutable_experimental_type() = def.experimental_type();
  node.op = op;
  node.output_types = CallSignature::output_types(*op, node.attrs);
  forget_outputs(node);
  std::shared_ptr<NodeNotes> kept;
  if (!notes.given.empty() || notes.unregistered ||
      notes.rest.ByteSizeLong() > 0)
    kept = std::make_shared<NodeNotes>(std::move(notes));
  node.notes = kept;
  int id = graph_.add_raw_node(std::move(node)).id;
  if (kept && kept->unregistered) growing_[id] = kept;
}

void NodeImporter::connect(Node& node, const proto::NodeDef& def) {
  for (const std::string& text : def.input()) {
    Reference reference = parse_reference(text);
    if (!graph_.find(reference.node))
      throw InvalidArgumentError(
          "Node '", def.name(), "': Unknown input node '", text, "'");
    if (reference.control)
      node.control_inputs.push_back(this->node(reference.node));
    else if (!node.control_inputs.empty())
      throw InvalidArgumentError("Node '",
                                 def.name(),
                                 "': Control dependencies must come after "
                                 "regular dependencies");
    else
      node.inputs.push_back(output(text));
  }
}

/// Inputs before users; a loop's back edge counts as none.
std::vector<int> NodeImporter::inference_order(int first) const {
  auto count = graph_.size() - static_cast<std::size_t>(first);
  std::vector<std::vector<int>> users(count);
  std::vector<int> missing(count, 0);
  auto index = [&](int id) { return static_cast<std::size_t>(id - first); };
  for (int id = first; id < static_cast<int>(graph_.size()); ++id) {
    const Node& node = graph_.node(id);
    auto wait_for = [&](int before) {
      if (before < first || is_back_edge(graph_.node(before), node)) return;
      users[index(before)].push_back(id);
      ++missing[index(id)];
    };
    for (const NodeOutput& input : node.inputs) wait_for(input.node);
    for (int before : node.control_inputs) wait_for(before);
  }
  std::vector<int> sorted;
  for (std::size_t i = 0; i < count; ++i)
    if (missing[i] == 0) sorted.push_back(first + static_cast<int>(i));
  for (std::size_t next = 0; next < sorted.size(); ++next)
    for (int user : users[index(sorted[next])])
      if (--missing[index(user)] == 0) sorted.push_back(user);
  if (sorted.size() == count) return sorted;
  auto stuck = std::find_if(
      missing.begin(), missing.end(), [](int left) { return left > 0; });
  throw InvalidArgumentError(
      "Graph is invalid, contains a cycle with ",
      count - sorted.size(),
      " nodes, including: '",
      graph_.node(first + static_cast<int>(stuck - missing.begin())).name,
      "'");
}

void NodeImporter::infer(Node& node) {
  if (node.notes && node.notes->unregistered) return;
  check_inputs(graph_, node);
  if (calls_unresolved(node)) return;
  graph_.infer_outputs(node);
  if (node.op->name == "Placeholder" &&
      library_.producer < kScalarPlaceholders &&
      node.output_shapes[0].has_rank() && node.output_shapes[0].rank() == 0)
    node.output_shapes[0] = Shape::unknown();
}

int NodeImporter::node(std::string_view name) const {
  if (const Node* found = graph_.find(name)) return found->id;
  throw InvalidArgumentError("Unknown node '", name, "'");
}

NodeOutput NodeImporter::output(std::string_view text) {
  Reference reference = parse_reference(text);
  Node& from = graph_.node(node(reference.node));
  int index = growing_.contains(from.id) ? grown_output(from, reference)
              : reference.arg.empty()    ? reference.index
                                         : flat_output(from, reference);
  auto count = static_cast<int>(from.output_types.size());
  if (index >= count)
    throw InvalidArgumentError("Output ",
                               index,
                               " of node ",
                               reference.node,
                               " was asked for, but it has ",
                               count,
                               " outputs");
  return {from.id, index};
}

/// Outputs of an op that nobody knows exist as far as they are used.
int NodeImporter::grown_output(Node& from, const Reference& reference) {
  int index = reference.index;
  if (!reference.arg.empty()) {
    std::string name = std::string(reference.arg) + ":" + std::to_string(index);
    auto& names = growing_.at(from.id)->output_names;
    auto known = std::find(names.begin(), names.end(), name);
    index = static_cast<int>(known - names.begin());
    if (known == names.end()) names.push_back(name);
  }
  if (index >= kMaxOutputs) return index;
  auto count = static_cast<std::size_t>(index) + 1;
  if (count > from.output_types.size())
    from.output_types.resize(count, kUnknownType);
  return index;
}

void NodeImporter::settle_outputs() {
  for (const auto& [id, notes] : growing_) {
    Node& node = graph_.node(id);
    node.attrs[1] = node.output_types;
    forget_outputs(node);
  }
}

Graph NodeImporter::take() {
  settle_outputs();
  return std::move(graph_);
}

int NodeImporter::flat_output(const Node& from,
                              const Reference& reference) const {
  std::string name =
      std::string(reference.arg) + ":" + std::to_string(reference.index);
  if (from.notes && !from.notes->output_names.empty()) {
    const auto& names = from.notes->output_names;
    auto known = std::find(names.begin(), names.end(), name);
    if (known != names.end()) return static_cast<int>(known - names.begin());
  } else {
    int begin = 0;
    for (const ArgDef& output : from.op->outputs) {
      int size = arg_size(output, from.attrs);
      if (output.name == reference.arg && reference.index < size)
        return begin + reference.index;
      begin += size;
    }
  }
  throw InvalidArgumentError("Node '",
                             from.name,
                             "' (op: '",
                             from.op->name,
                             "') has no output '",
                             name,
                             "'");
}

}  // namespace tern

#include "graph/graph_def/import_nodes.h"

#include <charconv>

#include "io/tensor_proto.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using NodeDefs = google::protobuf::RepeatedPtrField<proto::NodeDef>;

/// "node", "node:2", "node:output_arg:2" or "^node", taken apart.
struct Reference {
  std::string_view node;
  std::string_view arg;  // empty: `index` counts all outputs
  int index = 0;
  bool control = false;
};

bool parse_index(std::string_view text, int& index) {
  auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && stop == text.data() + text.size() &&
         index >= 0 && !text.empty();
}

Reference parse_reference(std::string_view text) {
  Reference reference;
  reference.control = text.starts_with('^');
  if (reference.control) {
    reference.node = text.substr(1);
    return reference;
  }
  std::size_t first = text.find(':');
  reference.node = text.substr(0, first);
  if (first == std::string_view::npos) return reference;
  std::string_view rest = text.substr(first + 1);
  if (parse_index(rest, reference.index)) return reference;
  std::size_t second = rest.find(':');
  reference.arg = rest.substr(0, second);
  if (second != std::string_view::npos &&
      !parse_index(rest.substr(second + 1), reference.index))
    throw InvalidArgumentError("Invalid input reference '", text, "'");
  return reference;
}

/// How many tensors an arg stands for.
int arg_size(const ArgDef& arg, const Attrs& attrs) {
  auto attr = [&](int i) -> const AttrValue& {
    return attrs[static_cast<std::size_t>(i)];
  };
  if (arg.number_attr >= 0)
    return static_cast<int>(attr(arg.number_attr).get<std::int64_t>());
  if (arg.type_list_attr >= 0)
    return static_cast<int>(
        attr(arg.type_list_attr).get<std::vector<DType>>().size());
  return 1;
}

/// Positions of a list of defs by name.
std::unordered_map<std::string_view, int> index_names(const NodeDefs& defs) {
  std::unordered_map<std::string_view, int> positions;
  for (int i = 0; i < defs.size(); ++i)
    if (!positions.emplace(defs[i].name(), i).second)
      throw InvalidArgumentError("Node '", defs[i].name(), "' is not unique");
  return positions;
}

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
  Attrs attrs(call.attrs.size());
  auto set = [&](std::string_view name, AttrValue value) {
    attrs[static_cast<std::size_t>(call.attr_index(name))] = std::move(value);
  };
  set("Tin", types(signature.input_arg()));
  set("Tout", types(signature.output_arg()));
  set("f", FunctionRef{signature.name(), resolve(signature.name())});
  return attrs;
}

/// Fills what is not given with defaults, and checks every value.
Attrs complete_attrs(const OpDef& op, Attrs attrs, const std::string& node) {
  for (std::size_t i = 0; i < attrs.size(); ++i) {
    if (!attrs[i].is_set()) attrs[i] = op.attrs[i].default_value;
    if (!attrs[i].is_set())
      throw InvalidArgumentError("NodeDef missing attr '",
                                 op.attrs[i].name,
                                 "' from Op<name=",
                                 op.name,
                                 ">; node '",
                                 node,
                                 "'");
  }
  CallSignature::check_given(op, attrs);
  return attrs;
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

void NodeImporter::add_nodes(const NodeDefs& defs) {
  for (int i : order(defs)) {
    try {
      add_node(defs[i]);
    } catch (Error& error) {
      error.add_context("node '" + defs[i].name() + "' (op: '" + defs[i].op() +
                        "')");
      throw;
    }
  }
}

/// Inputs before users; among those ready, the order of the message.
std::vector<int> NodeImporter::order(const NodeDefs& defs) const {
  auto positions = index_names(defs);
  std::vector<std::vector<int>> users(static_cast<std::size_t>(defs.size()));
  std::vector<int> missing(static_cast<std::size_t>(defs.size()), 0);
  for (int i = 0; i < defs.size(); ++i) {
    if (graph_.find(defs[i].name()))
      throw InvalidArgumentError("Node '", defs[i].name(), "' is not unique");
    for (const std::string& input : defs[i].input()) {
      std::string_view name = parse_reference(input).node;
      auto it = positions.find(name);
      if (it == positions.end()) {
        if (graph_.find(name)) continue;  // an argument
        throw InvalidArgumentError(
            "Node '", defs[i].name(), "': Unknown input node '", input, "'");
      }
      users[static_cast<std::size_t>(it->second)].push_back(i);
      ++missing[static_cast<std::size_t>(i)];
    }
  }
  std::vector<int> sorted;
  for (int i = 0; i < defs.size(); ++i)
    if (missing[static_cast<std::size_t>(i)] == 0) sorted.push_back(i);
  for (std::size_t next = 0; next < sorted.size(); ++next)
    for (int user : users[static_cast<std::size_t>(sorted[next])])
      if (--missing[static_cast<std::size_t>(user)] == 0)
        sorted.push_back(user);
  if (sorted.size() == static_cast<std::size_t>(defs.size())) return sorted;
  for (int i = 0; i < defs.size(); ++i)
    if (missing[static_cast<std::size_t>(i)] > 0)
      throw InvalidArgumentError(
          "Graph is invalid, contains a cycle with ",
          static_cast<std::size_t>(defs.size()) - sorted.size(),
          " nodes, including: '",
          defs[i].name(),
          "'");
  return sorted;
}

void NodeImporter::add_node(const proto::NodeDef& def) {
  std::vector<NodeOutput> inputs;
  std::vector<int> control_inputs;
  for (const std::string& text : def.input()) {
    Reference reference = parse_reference(text);
    if (reference.control) {
      control_inputs.push_back(node(reference.node));
    } else if (!control_inputs.empty()) {
      throw InvalidArgumentError("Node '",
                                 def.name(),
                                 "': Control dependencies must come after "
                                 "regular dependencies");
    } else {
      inputs.push_back(output(text));
    }
  }
  auto called = signatures_.find(def.op());
  bool by_name =
      called != signatures_.end() && !OpRegistry::global().find(def.op());
  const OpDef& op = OpRegistry::global().get(!by_name ? def.op()
                                             : called->second->is_stateful()
                                                 ? "StatefulPartitionedCall"
                                                 : "PartitionedCall");
  Attrs attrs = complete_attrs(
      op,
      by_name ? call_attrs(op, *called->second, resolve_) : attrs_of(def, op),
      def.name());
  check_inputs(op, attrs, inputs);
  Node& added =
      graph_.add_node(op, std::move(inputs), std::move(attrs), def.name());
  added.control_inputs = std::move(control_inputs);
  added.device = def.device();
  if (by_name) called_[added.id] = called->second;
}

/// The attrs that the message gives. Names with an underscore in front are
/// notes of graph transformations, not part of the signature.
Attrs NodeImporter::attrs_of(const proto::NodeDef& def, const OpDef& op) const {
  Attrs attrs(op.attrs.size());
  for (const auto& [name, value] : def.attr()) {
    int index = op.find_attr(name);
    if (index >= 0)
      attrs[static_cast<std::size_t>(index)] = attr_from_proto(
          value, op.attrs[static_cast<std::size_t>(index)], resolve_);
    else if (!name.starts_with('_'))
      throw InvalidArgumentError(
          "NodeDef mentions attr '", name, "' not in Op<name=", op.name, ">");
  }
  return attrs;
}

void NodeImporter::check_inputs(const OpDef& op,
                                const Attrs& attrs,
                                const std::vector<NodeOutput>& inputs) const {
  std::vector<DType> wanted = CallSignature::input_types(op, attrs);
  if (wanted.size() != inputs.size())
    throw InvalidArgumentError(op.name,
                               " takes ",
                               wanted.size(),
                               " inputs, but ",
                               inputs.size(),
                               " are specified");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Node& from = graph_.node(inputs[i].node);
    DType found = from.output_types[static_cast<std::size_t>(inputs[i].output)];
    if (!(found == wanted[i]))
      throw InvalidArgumentError("Input ",
                                 i,
                                 " was passed ",
                                 found.name(),
                                 " from ",
                                 from.name,
                                 ":",
                                 inputs[i].output,
                                 " incompatible with expected ",
                                 wanted[i].name());
  }
}

int NodeImporter::node(std::string_view name) const {
  if (const Node* found = graph_.find(name)) return found->id;
  throw InvalidArgumentError("Unknown node '", name, "'");
}

NodeOutput NodeImporter::output(std::string_view text) const {
  Reference reference = parse_reference(text);
  int from = node(reference.node);
  int index = reference.arg.empty()
                  ? reference.index
                  : flat_output(from, reference.arg, reference.index);
  auto count = static_cast<int>(graph_.node(from).output_types.size());
  if (index >= count)
    throw InvalidArgumentError("Output ",
                               index,
                               " of node ",
                               reference.node,
                               " was asked for, but it has ",
                               count,
                               " outputs");
  return {from, index};
}

int NodeImporter::flat_output(int id, std::string_view arg, int index) const {
  const Node& from = graph_.node(id);
  if (auto called = called_.find(id); called != called_.end()) {
    const auto& args = called->second->output_arg();
    for (int i = 0; i < args.size(); ++i)
      if (args[i].name() == arg && index == 0) return i;
  } else {
    int begin = 0;
    for (const ArgDef& output : from.op->outputs) {
      int size = arg_size(output, from.attrs);
      if (output.name == arg && index < size) return begin + index;
      begin += size;
    }
  }
  throw InvalidArgumentError("Node '",
                             from.name,
                             "' (op: '",
                             from.op->name,
                             "') has no output '",
                             arg,
                             ":",
                             index,
                             "'");
}

}  // namespace tern

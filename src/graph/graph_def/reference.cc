#include "graph/graph_def/reference.h"

#include <charconv>

#include "graph/graph_def/notes.h"
#include "tern/core/error.h"

namespace tern {
namespace {

bool parse_index(std::string_view text, int& index) {
  auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() && stop == text.data() + text.size() &&
         index >= 0 && !text.empty();
}

/// "output_arg:2" of flat output `index`.
std::string output_name(const Node& node, int index) {
  if (node.notes && !node.notes->output_names.empty())
    return node.notes->output_names[static_cast<std::size_t>(index)];
  for (const ArgDef& arg : node.op->outputs) {
    int size = arg_size(arg, node.attrs);
    if (index < size) return arg.name + ":" + std::to_string(index);
    index -= size;
  }
  throw InternalError("node '", node.name, "' has no output ", index);
}

}  // namespace

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

int arg_size(const ArgDef& arg, const Attrs& complete_attrs) {
  auto attr = [&](int i) -> const AttrValue& {
    return complete_attrs[static_cast<std::size_t>(i)];
  };
  if (arg.number_attr >= 0)
    return static_cast<int>(attr(arg.number_attr).get<std::int64_t>());
  if (arg.type_list_attr >= 0)
    return static_cast<int>(
        attr(arg.type_list_attr).get<std::vector<DType>>().size());
  return 1;
}

std::string graph_reference(const Graph& graph, NodeOutput output) {
  const std::string& name = graph.node(output.node).name;
  return output.output == 0 ? name : name + ":" + std::to_string(output.output);
}

std::string function_reference(const Graph& graph,
                               NodeOutput output,
                               bool is_argument) {
  const Node& node = graph.node(output.node);
  if (is_argument) return node.name;
  return node.name + ":" + output_name(node, output.output);
}

}  // namespace tern

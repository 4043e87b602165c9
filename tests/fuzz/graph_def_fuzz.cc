// Bytes as a GraphDef, binary or (when they begin printable) text: import,
// export, conversion for running, and a run where nothing happens outside.

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "graph/graph_def/graph_def.h"
#include "graph/passes/function_body.h"
#include "graph/program/program.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/functional/functional_form.h"
#include "graph/v1/prune.h"
#include "graph/v1/ref_variables.h"
#include "tern/core/allocator.h"
#include "tern/core/error.h"

namespace {

using namespace tern;

/// Inputs may ask for large constants; they get an error soon.
constexpr std::int64_t kMaxMemory = 256 << 20;
/// Larger graphs are imported, but not run.
constexpr std::size_t kMaxNodes = 300;

proto::GraphDef parse(std::string_view bytes) {
  bool is_text = !bytes.empty() &&
                 std::isprint(static_cast<unsigned char>(bytes.front())) != 0;
  return is_text ? parse_text_graph_def(bytes, "fuzz")
                 : parse_graph_def(bytes, "fuzz");
}

/// What was exported once is a message that stays as it is.
void check_export(const Graph& graph) {
  proto::GraphDef exported = export_graph_def(graph);
  proto::GraphDef again = export_graph_def(import_graph_def(exported));
  if (bytes_of(exported) != bytes_of(again)) std::abort();
}

/// Placeholders and what nothing uses: what enters the graph and leaves it.
struct Ends {
  std::vector<NodeOutput> feeds, fetches;
};

Ends ends_of(const Graph& graph) {
  std::vector<bool> used(graph.size(), false);
  for (const Node& node : graph.nodes())
    v1::for_each_input(node,
                       [&](int before) { used[v1::index(before)] = true; });
  Ends ends;
  for (const Node& node : graph.nodes()) {
    if (node.op->name.starts_with("Placeholder") && node.inputs.empty())
      ends.feeds.push_back({node.id, 0});
    else if (!used[v1::index(node.id)])
      ends.fetches.push_back({node.id, node.output_types.empty() ? -1 : 0});
  }
  return ends;
}

bool is_pure(const GraphFunction& function) {
  const auto& nodes = function.graph().nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const Node& node) {
    return node.op->name == "Placeholder" || passes::is_pure(node);
  });
}

Tensors small_arguments(const GraphFunction& function) {
  Tensors arguments;
  for (DType dtype : function.argument_types()) {
    Tensor argument = Tensor::allocate(dtype, Shape({2}));
    if (!dtype.is_object())
      std::fill_n(argument.data<char>(), 2 * dtype.size(), '\1');
    arguments.push_back(argument);
  }
  return arguments;
}

/// Makes what a session would make for these fetches; runs it where that
/// changes nothing and ends.
void make_program(const Graph& graph,
                  const std::vector<NodeOutput>& fetches,
                  const std::vector<NodeOutput>& feeds) {
  GraphFunctionPtr function = v1::prune(graph, fetches, feeds);
  if (v1::has_control_flow(function->graph()))
    function = v1::functional_form(*function).function;
  if (!function) return;
  const Program& program = function->program();
  if (is_pure(*function)) program.run(small_arguments(*function));
}

void use(std::string_view bytes) {
  Graph graph = import_graph_def(parse(bytes));
  check_export(graph);
  if (v1::has_references(graph)) graph = v1::lower_references(graph);
  if (graph.size() > kMaxNodes) return;
  Ends ends = ends_of(graph);
  std::vector<std::vector<NodeOutput>> fetched = {ends.fetches};
  for (std::size_t i = 0; i < ends.fetches.size() && i < 4; ++i)
    fetched.push_back({ends.fetches[i]});
  for (const auto& fetches : fetched) {
    try {
      make_program(graph, fetches, ends.feeds);
    } catch (const Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const bool limited = [] {
    cpu_allocator().set_limit(kMaxMemory);
    return true;
  }();
  static_cast<void>(limited);
  try {
    use({reinterpret_cast<const char*>(data), size});
  } catch (const Error&) {
  }
  return 0;
}

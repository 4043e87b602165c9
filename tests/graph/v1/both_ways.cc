#include "tests/graph/v1/both_ways.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "graph/graph_def/graph_def.h"
#include "graph/program/program.h"
#include "graph/v1/frame_interpreter.h"
#include "graph/v1/functional/functional_form.h"
#include "graph/v1/prune.h"
#include "graph/v1/ref_variables.h"
#include "tern/core/error.h"

namespace tern::test {
namespace {

Tensors interpret(const GraphFunction& function,
                  const Tensors& arguments,
                  NodeStates& states) {
  const Graph& graph = function.graph();
  std::map<int, std::vector<Tensor>> fed, last;
  std::set<int> fed_nodes;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    fed_nodes.insert(function.arguments()[i]);
    fed[function.arguments()[i]] = {arguments[i]};
  }
  std::vector<int> roots = function.control_outputs();
  for (const NodeOutput& output : function.outputs())
    roots.push_back(output.node);
  v1::FrameInterpreter(graph, roots, fed_nodes)
      .run(
          fed,
          [&](const Node& node, const Tensors& inputs) {
            return execute(*node.op, inputs, node.attrs, &states.of(node))
                .to_vector();
          },
          [&](const Node& node, const std::vector<Tensor>& outputs) {
            last[node.id] = outputs;
          });
  Tensors results;
  for (const NodeOutput& output : function.outputs()) {
    auto& outputs = last[output.node];
    auto i = static_cast<std::size_t>(output.output);
    results.push_back(i < outputs.size() ? outputs[i] : Tensor());
  }
  return results;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined() || a.dtype() != b.dtype() ||
      a.shape() != b.shape())
    return false;
  auto bytes = static_cast<std::size_t>(a.num_elements()) * a.dtype().size();
  return std::equal(a.data<char>(), a.data<char>() + bytes, b.data<char>());
}

}  // namespace

BothWays::BothWays(const std::string& text)
    : graph_(import_graph_def(parse_text_graph_def(text, "test"))),
      interpreted_(std::make_shared<NodeStates>()),
      functional_(std::make_shared<NodeStates>()) {
  if (v1::has_references(graph_)) graph_ = v1::lower_references(graph_);
}

NodeOutput BothWays::output(const std::string& name) const {
  std::size_t colon = name.rfind(':');
  const Node* found = graph_.find(name.substr(0, colon));
  REQUIRE(found);
  if (colon == std::string::npos) return {found->id, -1};
  return {found->id, std::stoi(name.substr(colon + 1))};
}

std::string BothWays::check(const std::vector<std::string>& fetches,
                            const Feeds& feeds) {
  std::vector<NodeOutput> from, to;
  Tensors arguments;
  for (const std::string& fetch : fetches) from.push_back(output(fetch));
  for (const auto& [name, value] : feeds) {
    to.push_back(output(name));
    arguments.push_back(value);
  }
  GraphFunctionPtr part = v1::prune(graph_, from, to);
  values_ = interpret(*part, arguments, *interpreted_);
  v1::FunctionalForm form = v1::functional_form(*part, functional_);
  function_ = form.function;
  if (!function_) return form.refusal;
  Tensors got = function_->program().run(arguments);
  REQUIRE(got.size() == values_.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("fetch " << i);
    CHECK(same_bits(got[i], values_[i]));
  }
  return "";
}

int count_ops(const GraphFunction& function, const std::string& op) {
  int count = 0;
  std::vector<const GraphFunction*> open = {&function};
  while (!open.empty()) {
    const GraphFunction* next = open.back();
    open.pop_back();
    for (const Node& node : next->graph().nodes()) {
      if (node.op->name == op) ++count;
      for (const AttrValue& attr : node.attrs)
        if (attr.holds<FunctionRef>())
          open.push_back(attr.get<FunctionRef>().function.get());
    }
  }
  return count;
}

}  // namespace tern::test

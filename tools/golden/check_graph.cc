#include "tools/golden/check_graph.h"

#include <algorithm>

#include "graph/graph_def/graph_def.h"
#include "graph/program/program.h"
#include "graph/v1/control_flow.h"
#include "graph/v1/functional/functional_form.h"
#include "graph/v1/prune.h"
#include "tern/core/error.h"
#include "tern/io/file.h"
#include "tern/ops/array.h"
#include "tools/golden/compare.h"
#include "tools/golden/replay.h"

namespace tern::golden {
namespace {

/// Files hold eight decimals, of what is fed as well: functions with poles
/// magnify what is missing. TensorFlow ran with kernels of its own.
Tolerance tolerance_of(DType dtype) {
  if (dtype == float64) return {1e-5, 1e-6};
  if (dtype == float16 || dtype == bfloat16) return {1e-2, 1e-2};
  return {1e-4, 1e-5};
}

/// "x:0" means "x".
proto::GraphDef with_short_inputs(proto::GraphDef def) {
  for (proto::NodeDef& node : *def.mutable_node())
    for (std::string& input : *node.mutable_input())
      if (input.ends_with(":0")) input.resize(input.size() - 2);
  return def;
}

void check_round_trip(const proto::GraphDef& def,
                      std::vector<std::string>& failures) {
  std::string want = text_of(with_short_inputs(def));
  proto::GraphDef exported = export_graph_def(import_graph_def(def));
  if (text_of(exported) != want)
    failures.push_back("import and export change the graph");
  proto::GraphDef from_text = parse_text_graph_def(text_of(exported), "text");
  if (text_of(from_text) != want)
    failures.push_back("the graph's text stands for another graph");
}

/// Which elements it gives is said, but not in which order.
bool has_free_order(const Node& node) {
  return node.op->name == "TopKV2" && !node.attr("sorted").get<bool>();
}

/// TensorFlow's kernel gives an output that it never wrote to.
bool is_unset(const Node& node, int output) {
  return node.op->name == "Svd" && output > 0 &&
         !node.attr("compute_uv").get<bool>();
}

/// Nodes whose values nobody can foresee.
std::vector<bool> unforeseeable(const Graph& graph) {
  std::vector<bool> random(graph.size(), false);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Node& node : graph.nodes()) {
      auto id = static_cast<std::size_t>(node.id);
      if (random[id]) continue;
      random[id] =
          node.op->has(kRandom) ||
          std::any_of(node.inputs.begin(),
                      node.inputs.end(),
                      [&](const NodeOutput& input) {
                        return random[static_cast<std::size_t>(input.node)] ||
                               has_free_order(graph.node(input.node));
                      });
      changed = changed || random[id];
    }
  }
  return random;
}

std::string name_of(const Record& record) {
  return record.node + ":" + std::to_string(record.output);
}

/// Compares what was computed for `records` with what they hold: shapes alone
/// where the values that were fed are not known.
void compare_values(const std::vector<Record>& records,
                    const Tensors& got,
                    const Graph& graph,
                    const std::string& how,
                    std::vector<std::string>& failures,
                    bool inputs_known = true) {
  std::vector<bool> random = unforeseeable(graph);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Node& node = *graph.find(records[i].node);
    if (random[static_cast<std::size_t>(node.id)] ||
        is_unset(node, records[i].output))
      continue;
    DType dtype = got[i].defined() ? got[i].dtype() : DType();
    if (dtype == resource || dtype == variant) continue;
    if (!inputs_known || !has_values(records[i])) {
      if (!(got[i].shape() == recorded_shape(records[i])))
        failures.push_back(name_of(records[i]) + " (" + node.op->name + ") " +
                           how + "has shape " + got[i].shape().str());
      continue;
    }
    auto differ = has_free_order(node) ? difference_as_sets : difference;
    std::string found =
        differ(got[i], load(records[i], dtype), tolerance_of(dtype));
    if (!found.empty())
      failures.push_back(name_of(records[i]) + " (" + node.op->name + ") " +
                         how + found);
  }
}

/// A graph with control flow of TensorFlow 1 in its functional form: all values
/// that are always there, as one program.
void check_functional_form(const std::vector<Record>& records,
                           const Graph& graph,
                           const Feeds& feeds,
                           std::vector<std::string>& failures) {
  std::vector<NodeOutput> fed, fetches;
  Tensors arguments;
  for (const auto& [name, value] : feeds) {
    fed.push_back({graph.find(name.substr(0, name.size() - 2))->id, 0});
    arguments.push_back(value);
  }
  std::vector<Record> converted;
  for (const Record& record : records) {
    NodeOutput fetch{graph.find(record.node)->id, record.output};
    if (!v1::functional_form(*v1::prune(graph, {fetch}, fed)).function)
      continue;
    fetches.push_back(fetch);
    converted.push_back(record);
  }
  v1::FunctionalForm form =
      v1::functional_form(*v1::prune(graph, fetches, fed));
  if (!form.function || fetches.empty())
    failures.push_back("no functional form: " + form.refusal);
  else
    compare_values(converted,
                   form.function->program().run(arguments),
                   graph,
                   "in functional form: ",
                   failures);
}

void check_values(const GraphCase& c,
                  const Graph& graph,
                  std::vector<std::string>& failures) {
  Feeds feeds;
  bool inputs_known = true;
  for (const Record& record : c.placeholders) {
    const Node* node = graph.find(record.node);
    if (!node) throw NotFoundError("no node '", record.node, "' to feed");
    DType dtype = node->output_types[0];
    inputs_known = inputs_known && has_values(record);
    feeds[record.node + ":0"] = has_values(record)
                                    ? load(record, dtype)
                                    : zeros(recorded_shape(record), dtype);
  }
  std::vector<std::string> fetches;
  for (const Record& record : c.values) fetches.push_back(name_of(record));
  Tensors got = Replay(graph).run(fetches, {}, feeds);
  compare_values(c.values, got, graph, "", failures, inputs_known);
  if (v1::has_control_flow(graph))
    check_functional_form(c.values, graph, feeds, failures);
}

}  // namespace

Result check_graph(const GraphCase& c) {
  Result result;
  try {
    std::string path = (c.folder / "frozen_model.pb").string();
    proto::GraphDef def = parse_graph_def(io::read_bytes(path), path);
    result.missing_ops = unregistered_ops(def);
    check_round_trip(def, result.failures);
    if (!result.missing_ops.empty()) return result;
    check_values(c, runnable_graph(def), result.failures);
  } catch (const std::exception& error) {
    result.failures.push_back(error.what());
  }
  return result;
}

}  // namespace tern::golden

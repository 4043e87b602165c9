#include "graph/passes/block_form.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "graph/passes/function_body.h"
#include "ops/array/host_integers.h"
#include "ops/math/block_program.h"
#include "ops/random/random_generator.h"

namespace tern::passes {
namespace {

const Shape& shape_of(const Graph& graph, NodeOutput output) {
  return graph.node(output.node)
      .output_shapes[static_cast<std::size_t>(output.output)];
}

BlockForm form_by_name(const Node& node) {
  const std::string& op = node.op->name;
  if (op == "Add" || op == "AddN") return {find_block_op("AddV2")};
  if (op == "Greater") return {find_block_op("Less"), true};
  if (op == "GreaterEqual") return {find_block_op("LessEqual"), true};
  if (op == "Inv") return {find_block_op("Reciprocal")};
  if (op == "InvGrad") return {find_block_op("ReciprocalGrad")};
  if (op == "Div") return {find_block_op("RealDiv")};
  if (op == "Select" || op == "LeakyRelu" || op == "LeakyReluGrad")
    return {find_block_op("SelectV2")};
  if (op == "RandomUniform" || op == "StatelessRandomUniform" ||
      op == kRandomStep)
    return {find_block_op(kRandomStep)};
  // The bias stands along the last axis, where operands broadcast anyway.
  if ((op == "BiasAdd" &&
       node.attr("data_format").get<std::string>() == "NHWC") ||
      op == "BiasAddV1")
    return {find_block_op("AddV2")};
  return {find_block_op(op)};
}

/// Block programs broadcast: an op that refuses to is taken only where its
/// operands are known to fit.
bool may_refuse_shapes(const Graph& graph, const Node& node) {
  const std::string& op = node.op->name;
  auto shape = [&](std::size_t i) -> const Shape& {
    return shape_of(graph, node.inputs[i]);
  };
  auto is_known = [&](NodeOutput input) {
    return shape_of(graph, input).is_fully_known();
  };
  if (op.starts_with("BiasAdd"))
    return shape(0).rank() < 1 || shape(0)[-1] < 0 ||
           !shape(1).is_fully_known();
  if (op == "Select")
    // A vector may choose rows; of one shape, all is as for SelectV2.
    return !std::all_of(node.inputs.begin(), node.inputs.end(), is_known) ||
           !(shape(0) == shape(1)) || !(shape(1) == shape(2));
  if (op != "AddN" && !op.ends_with("Grad")) return false;
  return !std::all_of(node.inputs.begin(), node.inputs.end(), is_known);
}

/// Random numbers are drawn block by block where there are as many as in the
/// blocks, which must be certain before the run.
bool can_draw(const Graph& graph, const Node& node) {
  if (!node.output_shapes[0].is_fully_known()) return false;
  if (node.op->name != kRandomStep) return true;
  Tensor algorithm = constant_of(graph, node.inputs[3]);
  if (!algorithm.defined() || algorithm.num_elements() != 1) return false;
  std::int64_t number = host_integers(algorithm)[0];
  return number == kPhiloxAlgorithm || number == kAutoSelectAlgorithm;
}

bool has_form(const Graph& graph, const Node& node, BlockForm form) {
  if (form.op < 0 || node.output_types.size() != 1 ||
      !node.output_shapes[0].has_rank())
    return false;
  if (draws_numbers(form))
    return can_draw(graph, node) &&
           has_block_loop(form.op, node.output_types[0], node.output_types[0]);
  if (!is_pure(node) || may_refuse_shapes(graph, node)) return false;
  const std::string& op = node.op->name;
  if (op == "AddN" && node.inputs.size() < 2) return false;
  if (op == "Cast" && node.attr("Truncate").get<bool>()) return false;
  // Asked of shapes that do not broadcast, they give one bool.
  if ((op == "Equal" || op == "NotEqual") &&
      !node.attr("incompatible_shape_error").get<bool>())
    return false;
  DType type = block_operand_type(graph, node);
  // Integers divide in another way than floats.
  if (op == "Div" && type.is_integer()) return false;
  // Narrow floats are rounded once, not after each step.
  if (op.starts_with("LeakyRelu") && !(type == float32 || type == float64))
    return false;
  return has_block_loop(form.op, type, node.output_types[0]);
}

}  // namespace

BlockForm block_form(const Graph& graph, const Node& node) {
  BlockForm form = form_by_name(node);
  return has_form(graph, node, form) ? form : BlockForm{};
}

DType block_operand_type(const Graph& graph, const Node& node) {
  const NodeOutput& last = node.inputs.back();  // SelectV2 begins with bools
  return graph.node(last.node)
      .output_types[static_cast<std::size_t>(last.output)];
}

bool draws_numbers(BlockForm form) {
  return form.op >= 0 && form.op == find_block_op(kRandomStep);
}

std::optional<std::vector<std::int64_t>> reduced_axes(const Graph& graph,
                                                      const Node& node) {
  if (find_block_reduction(node.op->name) < 0 || !is_pure(node)) return {};
  const NodeOutput& x = node.inputs[0];
  const DType type =
      graph.node(x.node).output_types[static_cast<std::size_t>(x.output)];
  const int rank = shape_of(graph, x).rank();
  if (rank < 0 || !has_block_reduction(node.op->name, type)) return {};
  std::vector<std::int64_t> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (node.inputs.size() == 1) return axes;
  Tensor given = constant_of(graph, node.inputs[1]);
  if (!given.defined()) return {};
  std::set<std::int64_t> reduced;
  for (std::int64_t axis : host_integers(given)) {
    // What is no axis, or one twice, is an error of the node when it runs.
    std::int64_t counted = axis < 0 ? axis + rank : axis;
    if (counted < 0 || counted >= rank || !reduced.insert(counted).second)
      return {};
  }
  return std::vector<std::int64_t>(reduced.begin(), reduced.end());
}

}  // namespace tern::passes

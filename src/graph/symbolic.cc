#include "graph/symbolic.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "tern/core/error.h"

namespace tern {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::int64_t kMaxElements = 1024;

/// Ops that shape computations are made of.
bool is_foldable(const OpDef& op) {
  static const std::set<std::string_view> names = {"Add",
                                                   "AddV2",
                                                   "BroadcastGradientArgs",
                                                   "Cast",
                                                   "BroadcastTo",
                                                   "ConcatV2",
                                                   "ExpandDims",
                                                   "Fill",
                                                   "FloorDiv",
                                                   "FloorMod",
                                                   "GatherV2",
                                                   "Identity",
                                                   "InvertPermutation",
                                                   "Max",
                                                   "Maximum",
                                                   "Min",
                                                   "Minimum",
                                                   "Mul",
                                                   "Neg",
                                                   "Pack",
                                                   "Prod",
                                                   "Range",
                                                   "Reshape",
                                                   "Slice",
                                                   "Split",
                                                   "Squeeze",
                                                   "StridedSlice",
                                                   "Sub",
                                                   "Sum",
                                                   "Unpack",
                                                   "ZerosLike"};
  return names.contains(op.name);
}

Tensor integers(DType dtype,
                std::span<const std::int64_t> values,
                Shape shape) {
  if (dtype == int64) return Tensor(values, std::move(shape));
  std::vector<std::int32_t> narrow(values.begin(), values.end());
  return Tensor(std::span<const std::int32_t>(narrow), std::move(shape));
}

const Shape& shape_of(const Graph& graph, NodeOutput source) {
  return graph.node(source.node)
      .output_shapes[static_cast<std::size_t>(source.output)];
}

bool is_shape_query(const OpDef& op) {
  return op.name == "Shape" || op.name == "Size" || op.name == "Rank";
}

Tensor fold(const Graph& graph, NodeOutput source, int depth) {
  const Node& node = graph.node(source.node);
  const std::string& op = node.op->name;
  if (op == "Const") return node.attr("value").get<Tensor>();
  if (is_shape_query(*node.op))
    return shape_query_value(node, shape_of(graph, node.inputs[0]));
  if (depth >= kMaxDepth || !is_foldable(*node.op)) return {};
  Tensors inputs;
  for (const NodeOutput& input : node.inputs) {
    const Shape& shape = shape_of(graph, input);
    if (!shape.is_fully_known() || shape.num_elements() > kMaxElements)
      return {};
    inputs.push_back(fold(graph, input, depth + 1));
    if (!inputs.back().defined()) return {};
  }
  return execute(
      *node.op, inputs, node.attrs)[static_cast<std::size_t>(source.output)];
}

bool is_integer_vector(const Tensor& value) {
  return value.defined() && value.shape().rank() == 1 &&
         (value.dtype() == int32 || value.dtype() == int64);
}

Shape as_shape(const Tensor& integer_vector) {
  auto copy = [](auto values) {
    Shape shape;
    for (auto value : values) shape.append(value);
    return shape;
  };
  return integer_vector.dtype() == int64
             ? copy(integer_vector.values<std::int64_t>())
             : copy(integer_vector.values<std::int32_t>());
}

Shape unknown_of_length(const Graph& graph, NodeOutput source) {
  const Shape& shape = shape_of(graph, source);
  if (shape.rank() == 1 && shape[0] >= 0)
    return Shape::unknown_dims(static_cast<int>(shape[0]));
  return Shape::unknown();
}

Shape partial(const Graph& graph, NodeOutput source, int depth);

Shape partial_pack(const Graph& graph, const Node& node, int depth) {
  Shape shape;
  for (const NodeOutput& input : node.inputs) {
    Tensor value = fold(graph, input, depth + 1);
    bool scalar = value.defined() && value.shape().rank() == 0;
    shape.append(scalar ? std::max<std::int64_t>(value.item<std::int64_t>(), -1)
                        : -1);
  }
  return shape;
}

Shape partial_concat(const Graph& graph, const Node& node, int depth) {
  Shape shape;
  for (std::size_t i = 0; i + 1 < node.inputs.size(); ++i) {
    Shape part = partial(graph, node.inputs[i], depth + 1);
    if (!part.has_rank()) return Shape::unknown();
    shape = shape.concatenate(part);
  }
  return shape;
}

/// A slice [begin:end] with stride 1 of a partly known shape.
Shape partial_slice(const Graph& graph, const Node& node, int depth) {
  auto mask = [&](const char* name) {
    return node.attr(name).get<std::int64_t>() != 0;
  };
  if (mask("ellipsis_mask") || mask("new_axis_mask") ||
      mask("shrink_axis_mask"))
    return Shape::unknown();
  Shape input = partial(graph, node.inputs[0], depth + 1);
  Tensor begin = fold(graph, node.inputs[1], depth + 1);
  Tensor end = fold(graph, node.inputs[2], depth + 1);
  Tensor stride = fold(graph, node.inputs[3], depth + 1);
  if (!input.has_rank() || !is_integer_vector(begin) ||
      !is_integer_vector(end) || !is_integer_vector(stride) ||
      begin.num_elements() != 1 || stride.item<std::int64_t>() != 1)
    return Shape::unknown();
  auto clamp = [&](std::int64_t i) {
    if (i < 0) i += input.rank();
    return static_cast<int>(std::clamp<std::int64_t>(i, 0, input.rank()));
  };
  int from = mask("begin_mask") ? 0 : clamp(begin.item<std::int64_t>());
  int to = mask("end_mask") ? input.rank() : clamp(end.item<std::int64_t>());
  return input.slice(from, std::max(from, to));
}

Shape partial(const Graph& graph, NodeOutput source, int depth) {
  if (depth >= kMaxDepth) return Shape::unknown();
  const Node& node = graph.node(source.node);
  const std::string& op = node.op->name;
  if (op == "Shape") return shape_of(graph, node.inputs[0]);
  Tensor value = fold(graph, source, depth + 1);
  if (is_integer_vector(value)) return as_shape(value);
  Shape shape = Shape::unknown();
  if (op == "Pack")
    shape = partial_pack(graph, node, depth);
  else if (op == "ConcatV2")
    shape = partial_concat(graph, node, depth);
  else if (op == "StridedSlice")
    shape = partial_slice(graph, node, depth);
  else if (op == "Cast" || op == "Identity")
    shape = partial(graph, node.inputs[0], depth + 1);
  return shape.has_rank() ? shape : unknown_of_length(graph, source);
}

}  // namespace

std::string GraphTensor::name() const {
  if (!is_alive()) return "?";
  return graph->node(source.node).name + ":" + std::to_string(source.output);
}

const GraphTensor* graph_tensor(const Tensor& tensor) {
  if (!tensor.is_symbolic()) return nullptr;
  auto* origin = dynamic_cast<const GraphTensor*>(tensor.extra());
  return origin && origin->is_alive() ? origin : nullptr;
}

Tensor symbol_of(const Graph& graph,
                 NodeOutput source,
                 const std::shared_ptr<const void>& owner) {
  const Node& node = graph.node(source.node);
  auto i = static_cast<std::size_t>(source.output);
  auto origin = std::make_shared<GraphTensor>();
  origin->graph = &graph;
  origin->source = source;
  origin->owner = owner;
  origin->has_owner = owner != nullptr;
  return Tensor::symbolic(
      node.output_types[i], node.output_shapes[i], std::move(origin));
}

Tensor shape_query_value(const Node& node, const Shape& shape) {
  if (!is_shape_query(*node.op) || !shape.has_rank()) return {};
  DType dtype = node.output_types[0];
  if (node.op->name == "Rank") {
    std::int64_t rank = shape.rank();
    return integers(dtype, {&rank, 1}, Shape());
  }
  if (!shape.is_fully_known()) return {};
  if (node.op->name == "Size") {
    std::int64_t size = shape.num_elements();
    return integers(dtype, {&size, 1}, Shape());
  }
  return integers(dtype, shape.dims(), Shape({shape.rank()}));
}

Tensor constant_value(const Graph& graph, NodeOutput source) {
  return fold(graph, source, 0);
}

Shape partial_shape_value(const Graph& graph, NodeOutput source) {
  return partial(graph, source, 0);
}

namespace {

bool set_hooks() {
  SymbolicValues& hooks = symbolic_values();
  hooks.constant_value = [](const Tensor& tensor) {
    const GraphTensor* origin = graph_tensor(tensor);
    return origin ? constant_value(*origin->graph, origin->source) : Tensor();
  };
  hooks.partial_shape = [](const Tensor& tensor) {
    const GraphTensor* origin = graph_tensor(tensor);
    return origin ? partial_shape_value(*origin->graph, origin->source)
                  : Shape::unknown();
  };
  hooks.handle = [](const Tensor& tensor) {
    const GraphTensor* origin = graph_tensor(tensor);
    if (!origin) return HandleInfo{};
    return origin->graph->node(origin->source.node)
        .output_handles[static_cast<std::size_t>(origin->source.output)];
  };
  return true;
}

}  // namespace

void install_symbolic_values() {
  [[maybe_unused]] static const bool once = set_hooks();
}

}  // namespace tern

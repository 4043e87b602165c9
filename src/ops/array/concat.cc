// concat.cc: joining tensors, and taking them apart again.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// `axis` of a tensor of `rank`, counted from the front.
int pack_axis(std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    throw InvalidArgumentError(
        "axis = ", axis, " not in [", -rank, ", ", rank, ")");
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

void packed(InferContext& c) {
  Shape each = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    if (!each.is_compatible_with(c.input(i)))
      throw InvalidArgumentError(
          "Shapes of all inputs must match: values[0].shape = ",
          c.input(0).debug_string(),
          " != values[",
          i,
          "].shape = ",
          c.input(i).debug_string());
    each = each.merge(c.input(i));
  }
  if (!each.has_rank()) return c.set_output(0, Shape::unknown());
  each.insert(pack_axis(c.attr<std::int64_t>("axis"), each.rank() + 1),
              c.num_inputs());
  c.set_output(0, std::move(each));
}

void unpacked(InferContext& c) {
  Shape each = c.input(0);
  if (each.has_rank()) {
    const int axis = pack_axis(c.attr<std::int64_t>("axis"), each.rank());
    if (each[axis] >= 0 && each[axis] != c.num_outputs())
      throw InvalidArgumentError("Input shape axis ",
                                 axis,
                                 " must equal ",
                                 c.num_outputs(),
                                 ", got shape ",
                                 each.debug_string());
    each.erase(axis);
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, each);
}

[[noreturn]] void throw_concat(const char* what,
                               const Shape& first,
                               int i,
                               const Shape& other) {
  throw InvalidArgumentError("ConcatOp : ",
                             what,
                             ": shape[0] = ",
                             first.debug_string(),
                             " vs. shape[",
                             i,
                             "] = ",
                             other.debug_string());
}

void check_concat_axis_is_scalar(const Shape& shape) {
  if (shape.is_fully_known() && shape.num_elements() != 1)
    throw InvalidArgumentError(
        "Concat axis tensor should be a scalar integer, but got shape ",
        shape.debug_string());
}

/// The shape of inputs [first, first + count) joined along the axis that input
/// `axis_input` holds.
void concatenated(InferContext& c, int first, int count, int axis_input) {
  check_concat_axis_is_scalar(c.input(axis_input));
  const Shape& front = c.input(first);
  int rank = -1;
  for (int i = 0; i < count; ++i) {
    const Shape& shape = c.input(first + i);
    if (!shape.has_rank()) continue;
    if (rank >= 0 && shape.rank() != rank)
      throw_concat("Ranks of all input tensors should match", front, i, shape);
    rank = shape.rank();
  }
  if (rank < 0) return c.set_output(0, Shape::unknown());
  const auto given_axis = c.value_as_int(axis_input);
  if (!given_axis) return c.set_output(0, Shape::unknown_dims(rank));
  if (*given_axis < -rank || *given_axis >= rank)
    throw InvalidArgumentError(
        "ConcatOp : Expected concatenating dimensions in the range [",
        -rank,
        ", ",
        rank,
        "), but got ",
        *given_axis);
  const int axis =
      static_cast<int>(*given_axis < 0 ? *given_axis + rank : *given_axis);
  Shape result = Shape::unknown_dims(rank);
  std::int64_t total = 0;
  for (int i = 0; i < count; ++i) {
    const Shape& shape = c.input(first + i);
    const std::int64_t size = shape.has_rank() ? shape[axis] : -1;
    total = total < 0 || size < 0 ? -1 : total + size;
    if (!shape.has_rank()) continue;
    for (int d = 0; d < rank; ++d) {
      if (d == axis || shape[d] < 0) continue;
      if (result[d] >= 0 && result[d] != shape[d])
        throw_concat(
            detail::concat("Dimension ", d, " in both shapes must be equal")
                .c_str(),
            front,
            i,
            shape);
      result.set_dim(d, shape[d]);
    }
  }
  result.set_dim(axis, total);
  c.set_output(0, std::move(result));
}

void concat_offsets(InferContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i)
    c.set_output(i - 1, c.with_rank(i, 1));
}

/// Cuts `dy` at the places where inputs [first, first + count) were joined.
void split_gradient(GradContext& g, int first, int count, const Tensor& axis) {
  const Tensor dy = g.dy();
  // With the shapes known, the begins are too: no op needs to find them.
  const auto given_axis = known_ints(axis);
  bool known = given_axis.has_value();
  for (int i = 0; i < count; ++i)
    known = known && g.input(first + i).shape().is_fully_known();
  Tensors begins;
  if (known) {
    const Shape& front = g.input(first).shape();
    const std::int64_t given = given_axis->at(0);
    const auto d =
        static_cast<std::size_t>(given < 0 ? given + front.rank() : given);
    std::vector<std::int64_t> begin(static_cast<std::size_t>(front.rank()), 0);
    for (int i = 0; i < count; ++i) {
      begins.push_back(index_vector(begin));
      begin[d] += g.input(first + i).shape()[static_cast<int>(d)];
    }
  } else {
    // ConcatOffset wants the axis counted from the front.
    Tensor from_front =
        raw<"FloorMod">(as_integers(axis, int32), rank(g.input(first)));
    Tensors arguments{from_front};
    for (int i = 0; i < count; ++i)
      arguments.push_back(shape(g.input(first + i)));
    begins = raw<"ConcatOffset">.outputs(arguments);
  }
  for (int i = 0; i < count; ++i)
    if (g.needs(first + i))
      g.set(first + i,
            raw<"Slice">(dy,
                         begins[static_cast<std::size_t>(i)],
                         shape(g.input(first + i))));
}

void concat_v2_gradient(GradContext& g) {
  const int count = g.num_inputs() - 1;
  split_gradient(g, 0, count, g.input(count));
}

void concat_gradient(GradContext& g) {
  split_gradient(g, 1, g.num_inputs() - 1, g.input(0));
}

void pack_gradient(GradContext& g) {
  Tensors parts = raw<"Unpack">.outputs(
      {g.dy()},
      {{"num", g.num_inputs()}, {"axis", g.attr<std::int64_t>("axis")}});
  for (int i = 0; i < g.num_inputs(); ++i)
    g.set(i, parts[static_cast<std::size_t>(i)]);
}

Tensors all_dy(GradContext& g) {
  Tensors gradients;
  for (int i = 0; i < g.num_outputs(); ++i) gradients.push_back(g.dy(i));
  return gradients;
}

void unpack_gradient(GradContext& g) {
  g.set(0, raw<"Pack">(all_dy(g), {{"axis", g.attr<std::int64_t>("axis")}}));
}

/// Splits join again along the axis that input `axis_input` holds.
void join_gradients(GradContext& g, int value, int axis_input) {
  Tensors parts = all_dy(g);
  if (parts.size() == 1) return g.set(value, parts[0]);
  parts.push_back(g.input(axis_input));
  g.set(value, raw<"ConcatV2">(parts));
}

/// The axis of a split where it can be known, checked.
std::optional<int> split_axis(InferContext& c, int axis_input, int value) {
  const Shape& shape = c.input(axis_input);
  if (shape.is_fully_known() && shape.num_elements() != 1)
    throw InvalidArgumentError("split_dim must have exactly one element, got ",
                               shape.debug_string());
  const auto axis = c.value_as_int(axis_input);
  if (!axis || !c.input(value).has_rank()) return std::nullopt;
  const int rank = c.input(value).rank();
  if (*axis < -rank || *axis >= rank)
    throw InvalidArgumentError("-input rank(-",
                               rank,
                               ") <= split_dim < input rank (",
                               rank,
                               "), but got ",
                               *axis);
  return static_cast<int>(*axis < 0 ? *axis + rank : *axis);
}

void split_evenly(InferContext& c) {
  if (c.input(0).rank() > 0)
    throw InvalidArgumentError("Input must be scalar but has rank ",
                               c.input(0).rank());
  Shape each = c.input(1);
  if (auto axis = split_axis(c, 0, 1)) {
    const std::int64_t size = each[*axis];
    if (size >= 0 && size % c.num_outputs() != 0)
      throw InvalidArgumentError(
          "Number of ways to split should evenly divide the split dimension, "
          "but got split_dim ",
          *axis,
          " (size = ",
          size,
          ") and num_split ",
          c.num_outputs());
    if (size >= 0) each.set_dim(*axis, size / c.num_outputs());
  } else if (each.has_rank()) {
    each = Shape::unknown_dims(each.rank());
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, each);
}

/// Sizes of a SplitV with its one -1 filled in, where `size` is known.
std::vector<std::int64_t> split_sizes(std::vector<std::int64_t> sizes,
                                      std::int64_t size) {
  std::ptrdiff_t wildcard = -1;
  std::int64_t determined = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      if (wildcard >= 0)
        throw InvalidArgumentError("There can only be one -1 in the input.");
      wildcard = static_cast<std::ptrdiff_t>(i);
    } else if (sizes[i] < 0) {
      throw InvalidArgumentError(
          "Split size at index ", i, " must be >= 0. Got: ", sizes[i]);
    } else {
      determined += sizes[i];
    }
  }
  if (size < 0) return sizes;
  if (sizes.size() == 1 && sizes[0] != size)
    throw InvalidArgumentError(
        "If there is only one output, it must have the same size as the "
        "input. Input size: ",
        size,
        " output size: ",
        sizes[0]);
  if (wildcard < 0 ? determined != size : determined > size)
    throw InvalidArgumentError(
        "Determined shape must either match input shape along split_dim "
        "exactly if fully specified, or be less than the size of the input "
        "along split_dim if not fully specified.  Got: ",
        determined);
  if (wildcard >= 0)
    sizes[static_cast<std::size_t>(wildcard)] = size - determined;
  return sizes;
}

void split_by_sizes(InferContext& c) {
  const Shape& sizes_shape = c.input(1);
  if (sizes_shape.has_rank() &&
      (sizes_shape.rank() != 1 ||
       (sizes_shape[0] >= 0 && sizes_shape[0] != c.num_outputs())))
    throw InvalidArgumentError(
        "size of the split_tensor must be 1-D and have the same elements as "
        "outputs got ",
        sizes_shape.rank(),
        "-D and ",
        sizes_shape.num_elements(),
        " elements");
  const Shape& value = c.input(0);
  const auto axis = split_axis(c, 2, 0);
  const auto given = c.value_as_ints(1);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(c.num_outputs()),
                                  -1);
  if (axis && given) sizes = split_sizes(*given, value[*axis]);
  for (int i = 0; i < c.num_outputs(); ++i) {
    Shape each = value;
    if (axis)
      each.set_dim(*axis, sizes[static_cast<std::size_t>(i)]);
    else if (value.has_rank())
      each = Shape::unknown_dims(value.rank());
    c.set_output(i, std::move(each));
  }
}

/// Rows one after another; the attr says what comes out.
void infer_parallel_concat(InferContext& c) {
  const Shape& shape = c.attr<Shape>("shape");
  if (!shape.is_fully_known())
    throw InvalidArgumentError("All shapes must be fully defined, got ",
                               shape.debug_string());
  if (shape.rank() < 1 || shape[0] != c.num_inputs())
    throw InvalidArgumentError("The first dimension of shape ",
                               shape.debug_string(),
                               " must be the number of values, ",
                               c.num_inputs());
  Shape row = shape;
  row.set_dim(0, 1);
  for (int i = 0; i < c.num_inputs(); ++i)
    if (!c.input(i).is_compatible_with(row))
      throw InvalidArgumentError("value and update shape doesn't match ",
                                 shape.debug_string(),
                                 " vs. ",
                                 c.input(i).debug_string());
  c.set_output(0, shape);
}

}  // namespace

void register_concat_ops(OpRegistry& registry) {
  registry.add("Pack")
      .input("values: N * T")
      .output("output: T")
      .attr("N: int >= 1")
      .attr("T: type")
      .attr("axis: int = 0")
      .infer(packed)
      .grad(pack_gradient)
      .grad_reads({});

  registry.add("Unpack")
      .input("value: T")
      .output("output: num * T")
      .attr("num: int >= 0")
      .attr("T: type")
      .attr("axis: int = 0")
      .infer(unpacked)
      .grad(unpack_gradient)
      .grad_reads({});

  registry.add("ConcatV2")
      .input("values: N * T")
      .input("axis: Tidx")
      .output("output: T")
      .attr("N: int >= 2")
      .attr("T: type")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .host("axis")
      .infer([](InferContext& c) {
        concatenated(c, 0, c.num_inputs() - 1, c.num_inputs() - 1);
      })
      .grad(concat_v2_gradient)
      .grad_reads({"axis"});

  registry.add("Concat")
      .input("concat_dim: int32")
      .input("values: N * T")
      .output("output: T")
      .attr("N: int >= 2")
      .attr("T: type")
      .host("concat_dim")
      .infer([](InferContext& c) { concatenated(c, 1, c.num_inputs() - 1, 0); })
      .grad(concat_gradient)
      .grad_reads({"concat_dim"});

  registry.add("ParallelConcat")
      .input("values: N * T")
      .output("output: T")
      .attr("N: int >= 1")
      .attr("T: type")
      .attr("shape: shape")
      .infer(infer_parallel_concat);

  registry.add("ConcatOffset")
      .input("concat_dim: int32")
      .input("shape: N * shape_type")
      .output("offset: N * shape_type")
      .attr("N: int >= 2")
      .attr("shape_type: {int32, int64} = DT_INT32")
      .host({"concat_dim", "shape"})
      .infer(concat_offsets)
      .no_grad()
      .traits(kHostOnly)
      .host_output("offset");

  registry.add("Split")
      .input("split_dim: int32")
      .input("value: T")
      .output("output: num_split * T")
      .attr("num_split: int >= 1")
      .attr("T: type")
      .host("split_dim")
      .infer(split_evenly)
      .grad([](GradContext& g) { join_gradients(g, 1, 0); })
      .grad_reads({"split_dim"});

  registry.add("SplitV")
      .input("value: T")
      .input("size_splits: Tlen")
      .input("split_dim: int32")
      .output("output: num_split * T")
      .attr("num_split: int >= 1")
      .attr("T: type")
      .attr("Tlen: {int8, int32, int64} = DT_INT64")
      .host({"size_splits", "split_dim"})
      .infer(split_by_sizes)
      .grad([](GradContext& g) { join_gradients(g, 0, 2); })
      .grad_reads({"split_dim"});
}

Tensor concat(const Tensors& values, int axis) {
  if (values.empty())
    throw InvalidArgumentError("concat needs at least one tensor");
  if (values.size() == 1) return identity(values[0]);
  Tensors arguments = values;
  arguments.push_back(constant(axis, int32));
  return raw<"ConcatV2">(arguments);
}

Tensor stack(const Tensors& values, const AxisOptions& options) {
  return raw<"Pack">(values, {{"axis", options.axis}});
}

Tensors unstack(const Tensor& value, const AxisOptions& options) {
  const Shape& shape = value.shape();
  if (!shape.has_rank())
    throw InvalidArgumentError(
        "Cannot infer argument `num` from shape <unknown>");
  const std::int64_t num = shape[pack_axis(options.axis, shape.rank())];
  if (num < 0)
    throw InvalidArgumentError("Cannot infer argument `num` from shape ",
                               shape);
  return raw<"Unpack">.outputs({value}, {{"num", num}, {"axis", options.axis}});
}

Tensors split(const Tensor& value,
              const Ints& num_or_size_splits,
              const AxisOptions& options) {
  const std::vector<std::int64_t>& sizes = num_or_size_splits.values();
  const Tensor axis = constant(options.axis, int32);
  if (num_or_size_splits.is_scalar())
    return raw<"Split">.outputs({axis, value}, {{"num_split", sizes[0]}});
  return raw<"SplitV">.outputs(
      {value, index_vector(sizes), axis},
      {{"num_split", static_cast<std::int64_t>(sizes.size())}});
}

}  // namespace tern

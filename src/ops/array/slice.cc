// slice.cc: boxes cut out of tensors.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/array/strided_slice_spec.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Checks that begin and size (inputs 1, 2) are vectors with one entry a
/// dimension of the input.
void check_slice_vectors(InferContext& c) {
  const Shape& begin = c.with_rank(1, 1);
  const Shape& size = c.with_rank(2, 1);
  const int rank = c.input(0).rank();
  auto differs = [&](const Shape& shape) {
    return shape.is_fully_known() && rank >= 0 && shape[0] != rank;
  };
  if (differs(begin) || differs(size))
    throw InvalidArgumentError(
        "Expected begin and size arguments to be 1-D tensors of size ",
        rank,
        ", but got shapes ",
        begin.debug_string(),
        " and ",
        size.debug_string(),
        " instead.");
}

/// Elements that a slice takes along one dimension, -1 where not known.
std::int64_t sliced_size(int i,
                         std::int64_t dim,
                         std::optional<std::int64_t> begin,
                         std::int64_t size) {
  if (dim < 0 || !begin) return size;
  if (*begin < 0 || *begin > dim)
    throw InvalidArgumentError(
        "Expected begin[", i, "] in [0, ", dim, "], but got ", *begin);
  if (size == -1) return dim - *begin;
  if (size < 0 || *begin + size > dim)
    throw InvalidArgumentError(
        "Expected size[", i, "] in [0, ", dim - *begin, "], but got ", size);
  return size;
}

void sliced(InferContext& c) {
  check_slice_vectors(c);
  const Shape& input = c.input(0);
  const auto begin = c.value_as_ints(1);
  const auto size = c.value_as_ints(2);
  int rank = input.rank();
  for (int i : {1, 2})
    if (rank < 0 && c.input(i).has_rank())
      rank = static_cast<int>(c.input(i)[0]);
  if (rank < 0) return c.set_output(0, Shape::unknown());
  Shape result = Shape::unknown_dims(rank);
  const Shape partial = size ? Shape::unknown() : c.value_as_partial_shape(2);
  for (int i = 0; i < rank; ++i) {
    const auto at = static_cast<std::size_t>(i);
    // A partly known size tells only the entries that are not -1.
    if (size)
      result.set_dim(
          i,
          sliced_size(i,
                      input.has_rank() ? input[i] : -1,
                      begin ? std::optional((*begin)[at]) : std::nullopt,
                      (*size)[at]));
    else if (partial.has_rank())
      result.set_dim(i, partial[i]);
  }
  c.set_output(0, std::move(result));
}

/// The slice of dy's place in a tensor of zeros.
void slice_gradient(GradContext& g) {
  const Tensor& begin = g.input(1);
  const auto begins = known_ints(begin);
  const Shape& input = g.input(0).shape();
  const Shape& taken = g.output().shape();
  Tensor paddings;
  if (begins && input.is_fully_known() && taken.is_fully_known()) {
    std::vector<std::int64_t> sides;
    for (int i = 0; i < input.rank(); ++i) {
      const std::int64_t before = (*begins)[static_cast<std::size_t>(i)];
      sides.push_back(before);
      sides.push_back(input[i] - before - taken[i]);
    }
    paddings = raw<"Reshape">(index_vector(sides),
                              index_vector(std::vector<std::int64_t>{-1, 2}));
  } else {
    const DType type = begin.dtype();
    Tensor after = raw<"Sub">(
        raw<"Sub">(shape(g.input(0), type), shape(g.output(), type)), begin);
    paddings = stack({begin, after}, {.axis = 1});
  }
  g.set(0, raw<"Pad">(g.dy(), paddings));
}

StridedSliceMasks masks_of(const InferContext& c) {
  return {.begin = c.attr<std::int64_t>("begin_mask"),
          .end = c.attr<std::int64_t>("end_mask"),
          .ellipsis = c.attr<std::int64_t>("ellipsis_mask"),
          .new_axis = c.attr<std::int64_t>("new_axis_mask"),
          .shrink_axis = c.attr<std::int64_t>("shrink_axis_mask")};
}

void check_bounds_vectors(const Shape& begin,
                          const Shape& end,
                          const Shape& strides) {
  auto is_vector = [](const Shape& shape) {
    return !shape.has_rank() || shape.rank() == 1;
  };
  if (!is_vector(begin) || !is_vector(end) || !is_vector(strides) ||
      !begin.is_compatible_with(end) || !begin.is_compatible_with(strides))
    throw InvalidArgumentError(
        "Expected begin, end, and strides to be 1D equal size tensors, but "
        "got shapes ",
        begin.debug_string(),
        ", ",
        end.debug_string(),
        ", and ",
        strides.debug_string(),
        " instead.");
}

/// The shape of the slice that inputs [bounds, bounds + 3) cut from `input`.
Shape strided_slice_shape(InferContext& c, const Shape& input, int bounds) {
  check_bounds_vectors(
      c.input(bounds), c.input(bounds + 1), c.input(bounds + 2));
  const auto strides = c.value_as_ints(bounds + 2);
  if (!strides || !input.has_rank()) return Shape::unknown();
  return plan_strided_slice(input,
                            {.begin = c.value_as_ints(bounds),
                             .end = c.value_as_ints(bounds + 1),
                             .strides = *strides},
                            masks_of(c))
      .result;
}

void strided_slice(InferContext& c) {
  c.set_output(0, strided_slice_shape(c, c.input(0), 1));
}

void strided_slice_grad(InferContext& c) {
  Shape whole = c.value_as_partial_shape(0);
  const Shape slice = strided_slice_shape(c, whole, 1);
  if (!slice.is_compatible_with(c.input(4)))
    throw InvalidArgumentError("shape of dy was ",
                               c.input(4).debug_string(),
                               " instead of ",
                               slice.debug_string());
  c.set_output(0, std::move(whole));
}

void strided_slice_update(InferContext& c) {
  const Shape slice = strided_slice_shape(c, c.input(0), 1);
  check_broadcasts_into(slice, c.input(4));
  c.set_output(0, c.input(0));
}

constexpr const char* kMasks[] = {"begin_mask",
                                  "end_mask",
                                  "ellipsis_mask",
                                  "new_axis_mask",
                                  "shrink_axis_mask"};

/// Calls `op` with the masks of the call whose gradient is taken.
Tensor with_masks(const GradContext& g,
                  const OpDef& op,
                  const Tensors& inputs) {
  Attrs attrs(op.attrs.size());
  for (const char* mask : kMasks)
    attrs[static_cast<std::size_t>(op.attr_index(mask))] = g.attr_value(mask);
  return apply(op, inputs, attrs)[0];
}

/// The part of `from` that the call cut out or wrote.
Tensor sliced_like(const GradContext& g, const Tensor& from) {
  return with_masks(
      g, raw<"StridedSlice">.def(), {from, g.input(1), g.input(2), g.input(3)});
}

void strided_slice_gradient(GradContext& g) {
  // StridedSliceGrad takes no 16-bit bounds.
  const DType type = g.input(1).dtype() == int64 ? int64 : int32;
  g.set(0,
        with_masks(g,
                   raw<"StridedSliceGrad">.def(),
                   {shape(g.input(0), type),
                    as_integers(g.input(1), type),
                    as_integers(g.input(2), type),
                    as_integers(g.input(3), type),
                    g.dy()}));
}

void strided_slice_update_gradient(GradContext& g) {
  const Tensor value = sliced_like(g, g.dy());
  if (g.needs(0))
    g.set(0,
          with_masks(g,
                     g.op(),
                     {g.dy(),
                      g.input(1),
                      g.input(2),
                      g.input(3),
                      raw<"ZerosLike">(value)}));
  if (g.needs(4)) g.set(4, sum_to_shape_of(value, g.input(4)));
}

OpBuilder& mask_attrs(OpBuilder& op) {
  for (const char* mask : kMasks) op.attr(std::string(mask) + ": int = 0");
  return op;
}

}  // namespace

void register_slice_ops(OpRegistry& registry) {
  registry.add("Slice")
      .input("input: T")
      .input("begin: Index")
      .input("size: Index")
      .output("output: T")
      .attr("T: type")
      .attr("Index: {int32, int64}")
      .host({"begin", "size"})
      .infer(sliced)
      .grad(slice_gradient)
      .grad_reads({"begin"});

  mask_attrs(registry.add("StridedSlice")
                 .input("input: T")
                 .input("begin: Index")
                 .input("end: Index")
                 .input("strides: Index")
                 .output("output: T")
                 .attr("T: type")
                 .attr("Index: {int16, int32, int64}"))
      .host({"begin", "end", "strides"})
      .infer(strided_slice)
      .grad(strided_slice_gradient)
      .grad_reads({"begin", "end", "strides"});

  mask_attrs(registry.add("StridedSliceGrad")
                 .input("shape: Index")
                 .input("begin: Index")
                 .input("end: Index")
                 .input("strides: Index")
                 .input("dy: T")
                 .output("output: T")
                 .attr("T: type")
                 .attr("Index: {int32, int64}"))
      .host({"shape", "begin", "end", "strides"})
      .infer(strided_slice_grad)
      .grad([](GradContext& g) { g.set(4, sliced_like(g, g.dy())); })
      .grad_reads({"begin", "end", "strides"});

  mask_attrs(registry.add("TensorStridedSliceUpdate")
                 .input("input: T")
                 .input("begin: Index")
                 .input("end: Index")
                 .input("strides: Index")
                 .input("value: T")
                 .output("output: T")
                 .attr("T: type")
                 .attr("Index: {int32, int64}"))
      .host({"begin", "end", "strides"})
      .infer(strided_slice_update)
      .grad(strided_slice_update_gradient)
      .grad_reads({"begin", "end", "strides"});
}

Tensor slice(const Tensor& input, const Tensor& begin, const Tensor& size) {
  return raw<"Slice">(input, begin, size);
}

}  // namespace tern

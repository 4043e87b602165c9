// fill.cc: tensors made from a shape and a value, and from ranges of numbers.

#include <cstring>
#include <numeric>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/array/range_length.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

void filled(InferContext& c) {
  const Shape& dims_shape = c.input(0);
  if (dims_shape.has_rank() && dims_shape.rank() != 1)
    throw InvalidArgumentError("dims must represent a vector, got shape ",
                               dims_shape.debug_string());
  if (c.input(1).has_rank() && c.input(1).rank() != 0)
    throw InvalidArgumentError("value must represent a scalar, got shape ",
                               c.input(1).debug_string());
  if (const auto dims = c.value_as_ints(0)) {
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
    return c.set_output(0, Shape(*dims));
  }
  c.set_output(0, c.value_as_partial_shape(0));
}

Tensor all_axes(const Tensor& tensor) {
  if (!tensor.shape().has_rank())
    return raw<"Range">(constant(0, int32), rank(tensor), constant(1, int32));
  std::vector<std::int64_t> axes(
      static_cast<std::size_t>(tensor.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return index_vector(axes);
}

void number_range(InferContext& c) {
  for (int i = 0; i < 3; ++i) c.with_rank(i, 0);
  const Tensor start = c.value(0);
  const Tensor limit = c.value(1);
  const Tensor delta = c.value(2);
  if (!start.defined() || !limit.defined() || !delta.defined())
    return c.set_output(0, Shape{-1});
  c.set_output(0, Shape{range_length(start, limit, delta)});
}

void linspaced(InferContext& c) {
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.input(i);
    if (shape.has_rank() && shape.rank() != 0)
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " must be a scalar, not shape ",
          shape.debug_string());
  }
  const auto num = c.value_as_int(2);
  if (num && *num <= 0) throw InvalidArgumentError("Requires num > 0: ", *num);
  c.set_output(0, Shape{num.value_or(-1)});
}

void one_hot_shape(InferContext& c) {
  for (int i : {1, 2, 3}) {
    const Shape& shape = c.input(i);
    if (shape.has_rank() && shape.rank() != 0)
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " must be a scalar, but got: ",
          shape.debug_string());
  }
  const auto depth = c.value_as_int(1);
  if (depth && *depth < 0)
    throw InvalidArgumentError("depth must be non-negative, got: ", *depth);
  Shape result = c.input(0);
  if (!result.has_rank()) return c.set_output(0, Shape::unknown());
  const auto axis = c.attr<std::int64_t>("axis");
  if (axis < -1 || axis > result.rank())
    throw InvalidArgumentError("Expected axis to be -1 or between [0, ",
                               result.rank() + 1,
                               ").  But received: ",
                               axis);
  result.insert(axis < 0 ? result.rank() : static_cast<int>(axis),
                depth.value_or(-1));
  c.set_output(0, std::move(result));
}

}  // namespace

void register_fill_ops(OpRegistry& registry) {
  registry.add("Fill")
      .input("dims: index_type")
      .input("value: T")
      .output("output: T")
      .attr("T: type")
      .attr("index_type: {int32, int64} = DT_INT32")
      .host("dims")
      .infer(filled)
      .grad([](GradContext& g) {
        g.set(1, raw<"Sum">(g.dy(), all_axes(g.dy())));
      })
      .grad_reads({});

  registry.add("ZerosLike")
      .input("x: T")
      .output("y: T")
      .attr("T: type")
      .infer([](InferContext& c) {
        c.set_output(0, c.input(0));
        if (c.input_dtype(0) == variant) c.set_output_handle(0, c.handle(0));
      })
      .no_grad();

  registry.add("OnesLike")
      .input("x: T")
      .output("y: T")
      .attr(
          "T: {bfloat16, half, float, double, int8, uint8, int16, uint16, "
          "int32, uint32, int64, uint64, complex64, complex128, bool}")
      .infer(same_as_input)
      .no_grad();

  registry.add("Range")
      .input("start: Tidx")
      .input("limit: Tidx")
      .input("delta: Tidx")
      .output("output: Tidx")
      .attr(
          "Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, "
          "uint16, uint32, uint64} = DT_INT32")
      .host({"start", "limit", "delta"})
      .infer(number_range)
      .no_grad();

  registry.add("LinSpace")
      .input("start: T")
      .input("stop: T")
      .input("num: Tidx")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .host({"start", "stop", "num"})
      .infer(linspaced)
      .no_grad();

  registry.add("OneHot")
      .input("indices: TI")
      .input("depth: int32")
      .input("on_value: T")
      .input("off_value: T")
      .output("output: T")
      .attr("axis: int = -1")
      .attr("T: type")
      .attr("TI: {uint8, int8, int32, int64} = DT_INT64")
      .host("depth")
      .infer(one_hot_shape)
      .no_grad();
}

namespace {

/// A constant in a traced function is kept in its graph: larger ones are made
/// anew at each run.
constexpr std::int64_t kMaxTracedConstant = 1000;

/// A tensor of `shape` whose elements are `value`, a number.
Tensor full(const ShapeArg& shape, double value, DType dtype) {
  const bool at_once = !shape.is_tensor() && shape.shape().is_fully_known() &&
                       !dtype.is_object() &&
                       (!current_interpreter() ||
                        shape.shape().num_elements() <= kMaxTracedConstant);
  if (at_once && value == 0) {
    Tensor result = Tensor::allocate(dtype, shape.shape());
    if (result.num_bytes() > 0)
      std::memset(result.mutable_data(), 0, result.num_bytes());
    return result;
  }
  const Tensor element =
      dtype == string ? constant("", string) : constant(value, dtype);
  if (!at_once) return raw<"Fill">(shape.tensor(), element);
  Tensor result = Tensor::allocate(dtype, shape.shape());
  auto* bytes = static_cast<char*>(result.mutable_data());
  for (std::int64_t i = 0; i < result.num_elements(); ++i)
    std::memcpy(bytes + static_cast<std::size_t>(i) * dtype.size(),
                element.raw_data(),
                dtype.size());
  return result;
}

Tensor in_dtype(const Tensor& tensor, DType dtype) {
  if (tensor.is_weak()) return tensor.as_dtype(dtype);
  if (tensor.dtype() == dtype) return tensor;
  return raw<"Cast">(tensor, {{"DstT", dtype}});
}

/// The dtype of a range over numbers of these types, as TensorFlow ranks them.
DType range_dtype(std::initializer_list<const Tensor*> numbers) {
  constexpr DType kOrder[] = {
      int32, int64, float16, bfloat16, float32, float64};
  std::size_t highest = 0;
  for (const Tensor* number : numbers)
    for (std::size_t i = 0; i < std::size(kOrder); ++i)
      if (kOrder[i] == number->dtype()) highest = std::max(highest, i);
  return kOrder[highest];
}

}  // namespace

Tensor constant(const Literal& value, DType dtype, const Shape& shape) {
  return Tensor::from_literal(value, dtype, shape);
}

Tensor detail::constant_from(Tensor values, DType dtype) {
  return dtype.code == 0 ? values : in_dtype(values, dtype);
}

Tensor zeros(const ShapeArg& shape, DType dtype) {
  return full(shape, 0, dtype);
}

Tensor ones(const ShapeArg& shape, DType dtype) {
  return full(shape, 1, dtype);
}

Tensor zeros_like(const Tensor& input, DType dtype) {
  if (dtype.code == 0 || dtype == input.dtype()) return raw<"ZerosLike">(input);
  return zeros(tern::shape(input), dtype);
}

Tensor ones_like(const Tensor& input, DType dtype) {
  if (dtype.code == 0 || dtype == input.dtype()) return raw<"OnesLike">(input);
  return ones(tern::shape(input), dtype);
}

Tensor fill(const ShapeArg& dims, const Tensor& value) {
  return raw<"Fill">(dims.tensor(), value);
}

Tensor range(const Tensor& limit) {
  return range(constant(0, int32), limit, RangeOptions{});
}

Tensor range(const Tensor& start,
             const Tensor& limit,
             const RangeOptions& options) {
  const DType dtype = options.dtype.code != 0
                          ? options.dtype
                          : range_dtype({&start, &limit, &options.delta});
  return raw<"Range">(in_dtype(start, dtype),
                      in_dtype(limit, dtype),
                      in_dtype(options.delta, dtype));
}

Tensor linspace(const Tensor& start, const Tensor& stop, int num) {
  return raw<"LinSpace">(start, stop, constant(num, int32));
}

Tensor eye(int num_rows, int num_columns, DType dtype) {
  // Rows beyond the last column have no diagonal element: zeros.
  return one_hot(range(constant(num_rows, int32)),
                 num_columns < 0 ? num_rows : num_columns,
                 {.dtype = dtype});
}

Tensor one_hot(const Tensor& indices, int depth, const OneHotOptions& options) {
  const DType dtype = options.dtype.code != 0 ? options.dtype : float32;
  return raw<"OneHot">(indices,
                       constant(depth, int32),
                       in_dtype(constant(options.on_value), dtype),
                       in_dtype(constant(options.off_value), dtype),
                       {{"axis", options.axis}});
}

}  // namespace tern

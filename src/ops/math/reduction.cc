#include <limits>

#include "ops/apply.h"
#include "ops/array/host_integers.h"
#include "ops/infer_context.h"
#include "ops/math/reduction_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr std::string_view kNumber =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";
constexpr std::string_view kReal =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64, qint8, quint8, qint32, qint16, quint16}";
constexpr std::string_view kRealOrBool =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, "
    "half, uint32, uint64, qint8, quint8, qint32, qint16, quint16, bool}";

using AxisMask = InlinedVector<char, 8>;  // of truth values

/// The axes of a reduction as a mask over the input's dimensions.
AxisMask reduced_axes(std::span<const std::int64_t> axes, int rank) {
  AxisMask reduced(static_cast<std::size_t>(rank));
  for (std::int64_t axis : axes) {
    if (axis >= rank)
      throw InvalidArgumentError("Invalid reduction dimension ",
                                 axis,
                                 " for input with ",
                                 rank,
                                 " dimensions.");
    if (axis < -rank)
      throw InvalidArgumentError("Invalid reduction dimension (",
                                 axis,
                                 " for input with ",
                                 rank,
                                 " dimension(s)");
    auto position = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    if (reduced[position])
      throw InvalidArgumentError(
          "Invalid reduction arguments: Axes contains duplicate dimension: ",
          position);
    reduced[position] = true;
  }
  return reduced;
}

void reduction_shape(InferContext& c) {
  const Shape& input = c.input(0);
  if (c.input(1).rank() > 1)
    throw InvalidArgumentError("Shape must be at most rank 1 but is rank ",
                               c.input(1).rank());
  bool keep_dims = c.attr<bool>("keep_dims");
  Tensor axes = c.value(1);
  if (!input.has_rank() || !axes.defined()) {
    Shape result = Shape::unknown();
    if (input.has_rank() && keep_dims)
      result = Shape::unknown_dims(input.rank());
    else if (input.rank() > 0 && c.input(1).rank() == 0)
      result = Shape::unknown_dims(input.rank() - 1);
    return c.set_output(0, result);
  }
  AxisMask reduced = reduced_axes(host_integers(axes), input.rank());
  Shape result;
  for (int i = 0; i < input.rank(); ++i) {
    if (!reduced[static_cast<std::size_t>(i)])
      result.append(input[i]);
    else if (keep_dims)
      result.append(1);
  }
  c.set_output(0, result);
}

OpBuilder add_reduction(OpRegistry& registry,
                        std::string_view name,
                        std::string_view type) {
  OpBuilder op = registry.add(name);
  bool is_bool = type == "bool";
  op.input(is_bool ? "input: bool" : "input: T")
      .input("reduction_indices: Tidx")
      .output(is_bool ? "output: bool" : "output: T")
      .attr("keep_dims: bool = false");
  if (!is_bool) op.attr(type);
  op.attr("Tidx: {int32, int64} = DT_INT32")
      .host("reduction_indices")
      .infer(reduction_shape);
  return op;
}

/// The axis that scalar input 1 names, checked against input 0's rank.
std::optional<int> named_axis(InferContext& c, std::string_view expected) {
  auto axis = c.value_as_int(1);
  int rank = c.input(0).rank();
  if (!axis || rank < 0) return std::nullopt;
  if (*axis < -rank || *axis >= rank)
    throw InvalidArgumentError(
        expected, " in the range [", -rank, ", ", rank, "), but got ", *axis);
  return static_cast<int>(*axis < 0 ? *axis + rank : *axis);
}

void arg_extremum_shape(InferContext& c) {
  c.with_rank(1, 0);
  const Shape& input = c.input(0);
  auto axis = named_axis(c, "Expected dimension");
  if (!axis)
    return c.set_output(0,
                        input.rank() > 0 ? Shape::unknown_dims(input.rank() - 1)
                                         : Shape::unknown());
  if (input[*axis] == 0)
    throw InvalidArgumentError(
        "Reduction axis ", *axis, " is empty in shape ", input.debug_string());
  Shape result = input;
  result.erase(*axis);
  c.set_output(0, result);
}

void add_arg_extremum(OpRegistry& registry,
                      std::string_view name,
                      std::string_view output_types) {
  registry.add(name)
      .input("input: T")
      .input("dimension: Tidx")
      .output("output: output_type")
      .attr(kRealOrBool)
      .attr("Tidx: {int16, int32, int64} = DT_INT32")
      .attr(output_types)
      .host("dimension")
      .infer(arg_extremum_shape)
      .no_grad();
}

void scan_shape(InferContext& c) {
  if (c.input(1).has_rank() && c.input(1).rank() != 0)
    throw InvalidArgumentError("ScanOp: axis must be a scalar, not ",
                               c.input(1).debug_string());
  named_axis(c, "ScanOp: Expected scan axis");
  c.set_output(0, c.input(0));
}

OpBuilder add_scan(OpRegistry& registry,
                   std::string_view name,
                   std::string_view types = kNumber) {
  OpBuilder op = registry.add(name);
  op.input("x: T")
      .input("axis: Tidx")
      .output("out: T")
      .attr("exclusive: bool = false")
      .attr("reverse: bool = false")
      .attr(types)
      .attr("Tidx: {int32, int64} = DT_INT32")
      .host("axis")
      .infer(scan_shape);
  return op;
}

double largest_number(DType dtype) {
  return dtype == float16    ? 65504
         : dtype == bfloat16 ? 3.3895313892515355e38
         : dtype == float32  ? std::numeric_limits<float>::max()
                             : std::numeric_limits<double>::max();
}

/// The sum of the elements before or after each one, whichever follow from it.
Tensor sum_of_dependents(GradContext& g, const Tensor& gradient) {
  return raw<"Cumsum">(gradient,
                       g.input(1),
                       {{"exclusive", g.attr<bool>("exclusive")},
                        {"reverse", !g.attr<bool>("reverse")}});
}

/// The gradient's positive and negative parts are summed as logarithms, each
/// over the outputs that an input goes into.
void logsumexp_gradient(GradContext& g) {
  const Tensor &x = g.input(0), &y = g.output();
  Tensor dy = g.dy();
  Tensor nothing = cast(
      Tensor::from_literal(-largest_number(dy.dtype()), float64), dy.dtype());
  auto part = [&](const Tensor& is_there, const Tensor& size) {
    Tensor logs = where(is_there, log(size), nothing);
    Tensor sums =
        raw<"CumulativeLogsumexp">(logs - y,
                                   g.input(1),
                                   {{"exclusive", g.attr<bool>("exclusive")},
                                    {"reverse", !g.attr<bool>("reverse")}});
    return exp(sums + x);
  };
  g.set(0, part(dy > 0, dy) - part(dy < 0, -dy));
}

Tensor axes_input(const Tensor& x, const Ints& axis) {
  if (!axis.is_given() && !x.shape().has_rank())
    return raw<"Range">(0, raw<"Rank">(x), 1);
  if (axis.is_scalar())
    return Tensor(static_cast<std::int32_t>(axis.values()[0]));
  std::int64_t count = axis.is_given()
                           ? static_cast<std::int64_t>(axis.values().size())
                           : x.shape().rank();
  Tensor axes = Tensor::allocate(int32, Shape({count}));
  for (std::int64_t i = 0; i < count; ++i)
    axes.data<std::int32_t>()[i] = static_cast<std::int32_t>(
        axis.is_given() ? axis.values()[static_cast<std::size_t>(i)] : i);
  return axes;
}

template <detail::FixedString Name>
Tensor reduce(const Tensor& x, const ReduceOptions& options) {
  Tensor axes = axes_input(x, options.axis);
  if (!options.keepdims) return raw<Name>(x, axes);
  return raw<Name>(x, axes, {{"keep_dims", true}});
}

}  // namespace

void register_reduction_ops(OpRegistry& registry) {
  add_reduction(registry, "Sum", kNumber)
      .grad(sum_gradient)
      .grad_reads({"reduction_indices"});
  add_reduction(registry, "Mean", kNumber)
      .grad(mean_gradient)
      .grad_reads({"reduction_indices"});
  add_reduction(registry, "Prod", kNumber)
      .grad(prod_gradient)
      .grad_reads({"input", "reduction_indices"});
  add_reduction(registry, "Max", kReal).grad(extremum_gradient);
  add_reduction(registry, "Min", kReal).grad(extremum_gradient);
  add_reduction(registry, "EuclideanNorm", kNumber)
      .grad(euclidean_norm_gradient);
  add_reduction(registry, "All", "bool").no_grad();
  add_reduction(registry, "Any", "bool").no_grad();

  add_arg_extremum(registry,
                   "ArgMax",
                   "output_type: {int16, uint16, int32, int64} = DT_INT64");
  add_arg_extremum(
      registry, "ArgMin", "output_type: {int32, int64} = DT_INT64");

  add_scan(registry, "Cumsum")
      .grad([](GradContext& g) { g.set(0, sum_of_dependents(g, g.dy())); })
      .grad_reads({"axis"});
  add_scan(registry, "Cumprod").grad([](GradContext& g) {
    // TensorFlow's rule: wrong where x has zeros, finite all the same.
    Tensor weighted = sum_of_dependents(g, g.output() * g.dy());
    g.set(0, math::divide_no_nan(weighted, g.input(0)));
  });
  add_scan(
      registry, "CumulativeLogsumexp", "T: {bfloat16, half, float, double}")
      .grad(logsumexp_gradient);
}

Tensor reduce_sum(const Tensor& x, ReduceOptions options) {
  return reduce<"Sum">(x, options);
}
Tensor reduce_mean(const Tensor& x, ReduceOptions options) {
  return reduce<"Mean">(x, options);
}
Tensor reduce_max(const Tensor& x, ReduceOptions options) {
  return reduce<"Max">(x, options);
}
Tensor reduce_min(const Tensor& x, ReduceOptions options) {
  return reduce<"Min">(x, options);
}
Tensor reduce_prod(const Tensor& x, ReduceOptions options) {
  return reduce<"Prod">(x, options);
}
Tensor reduce_all(const Tensor& x, ReduceOptions options) {
  return reduce<"All">(x, options);
}
Tensor reduce_any(const Tensor& x, ReduceOptions options) {
  return reduce<"Any">(x, options);
}

Tensor reduce_logsumexp(const Tensor& x, ReduceOptions options) {
  Ints axis = options.axis;
  Tensor largest = reduce_max(x, {.axis = axis, .keepdims = true});
  Tensor shift =
      raw<"StopGradient">(where(math::is_finite(largest), largest, 0));
  Tensor sum = reduce_sum(exp(x - shift), {.axis = axis, .keepdims = true});
  Tensor result = log(sum) + shift;
  // Sums over axes of size 1 take them away.
  return options.keepdims ? result : reduce_sum(result, {.axis = axis});
}

Tensor argmax(const Tensor& x, AxisOptions options) {
  return raw<"ArgMax">(x, Tensor(options.axis));
}
Tensor argmin(const Tensor& x, AxisOptions options) {
  return raw<"ArgMin">(x, Tensor(options.axis));
}
Tensor cumsum(const Tensor& x, CumOptions options) {
  return raw<"Cumsum">(
      x,
      Tensor(options.axis),
      {{"exclusive", options.exclusive}, {"reverse", options.reverse}});
}

namespace math {

Tensor cumprod(const Tensor& x, CumOptions options) {
  return raw<"Cumprod">(
      x,
      Tensor(options.axis),
      {{"exclusive", options.exclusive}, {"reverse", options.reverse}});
}

Tensor cumulative_logsumexp(const Tensor& x, CumOptions options) {
  return raw<"CumulativeLogsumexp">(
      x,
      Tensor(options.axis),
      {{"exclusive", options.exclusive}, {"reverse", options.reverse}});
}

Tensor reduce_variance(const Tensor& x, ReduceOptions options) {
  if (x.dtype().is_integer())
    throw InvalidArgumentError("Input must be either real or complex. ",
                               "Received integer type ",
                               x.dtype(),
                               ".");
  Tensor mean = reduce_mean(x, {.axis = options.axis, .keepdims = true});
  Tensor distance = x - mean;
  Tensor squared = x.dtype().is_complex() ? real(distance * conj(distance))
                                          : square(distance);
  return reduce_mean(squared, options);
}

Tensor reduce_std(const Tensor& x, ReduceOptions options) {
  return sqrt(reduce_variance(x, options));
}

Tensor reduce_euclidean_norm(const Tensor& x, ReduceOptions options) {
  return sqrt(reduce_sum(x * conj(x), options));
}

}  // namespace math

}  // namespace tern

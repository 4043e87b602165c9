#pragma once

#include <string>

#include "tern/core/dtype.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

/// Elementwise functions and reductions. Unless said otherwise: operands have
/// one dtype (numbers from C++ take the other operand's) and broadcast by
/// numpy's rules; operands of different firm dtypes, shapes that do not
/// broadcast and dtypes an op lacks throw InvalidArgumentError.

// ------------------------------------------------------------- arithmetic

/// x + y. Any number, or strings, which are joined.
Tensor add(const Tensor& x, const Tensor& y);
/// x - y. Any number; integers wrap.
Tensor subtract(const Tensor& x, const Tensor& y);
/// x * y. Any number; integers wrap.
Tensor multiply(const Tensor& x, const Tensor& y);
/// x / y as Python divides: integers of up to 16 bits become float32, wider
/// ones float64 first.
Tensor divide(const Tensor& x, const Tensor& y);
/// The same as divide.
Tensor truediv(const Tensor& x, const Tensor& y);
/// The largest integer not above x / y. Real numbers; dividing an integer by
/// zero throws InvalidArgumentError.
Tensor floor_div(const Tensor& x, const Tensor& y);
/// x - floor_div(x, y) * y: has y's sign. Real numbers; dividing an integer by
/// zero throws InvalidArgumentError.
Tensor floormod(const Tensor& x, const Tensor& y);
/// x to the power y. Any number; an integer to a negative integer power throws
/// InvalidArgumentError.
Tensor pow(const Tensor& x, const Tensor& y);
/// The larger of x and y; NaN if either is. The gradient of ties goes to x.
Tensor maximum(const Tensor& x, const Tensor& y);
/// The smaller of x and y; NaN if either is. The gradient of ties goes to x.
Tensor minimum(const Tensor& x, const Tensor& y);
/// The sum of tensors of one shape and dtype; at least one.
Tensor add_n(const Tensors& inputs);

/// -x. Signed and complex numbers.
Tensor negative(const Tensor& x);
/// |x|, for complex x the modulus (float32 or float64).
Tensor abs(const Tensor& x);
/// -1, 0 or 1; for complex x, x / |x| (0 at 0).
Tensor sign(const Tensor& x);
/// x * x. Any number.
Tensor square(const Tensor& x);
/// The square root of floating or complex x; NaN below zero.
Tensor sqrt(const Tensor& x);
/// e to the power x. Floating or complex.
Tensor exp(const Tensor& x);
/// The natural logarithm of floating or complex x.
Tensor log(const Tensor& x);
/// The sine of x in radians. Floating or complex.
Tensor sin(const Tensor& x);
/// The cosine of x in radians. Floating or complex.
Tensor cos(const Tensor& x);
/// The hyperbolic tangent. Floating or complex.
Tensor tanh(const Tensor& x);
/// 1 / (1 + exp(-x)). Floating or complex.
Tensor sigmoid(const Tensor& x);
/// The largest integer not above x. Floating.
Tensor floor(const Tensor& x);
/// The nearest integer, halves to even. Floating or integer.
Tensor round(const Tensor& x);
/// x where it lies in [low, high], else the nearer end. Real numbers; low and
/// high broadcast to x's shape. The gradient is 1 at both ends.
Tensor clip_by_value(const Tensor& x, const Tensor& low, const Tensor& high);

/// x scaled down so that its norm over `axes` (all when not given) is at most
/// clip_norm. Floating.
Tensor clip_by_norm(const Tensor& x,
                    const Tensor& clip_norm,
                    const Ints& axes = {});
/// The root of the sum of squares of all elements of all tensors.
Tensor global_norm(const Tensors& tensors);
struct ClippedByGlobalNorm {
  Tensors list;
  Tensor global_norm;  ///< before clipping
};
/// All tensors scaled alike so that their global norm is at most clip_norm;
/// NaN everywhere when the norm is not finite.
ClippedByGlobalNorm clip_by_global_norm(const Tensors& tensors,
                                        const Tensor& clip_norm);

/// real + i imag. float32 makes complex64, float64 complex128.
Tensor complex(const Tensor& real, const Tensor& imag);

/// The elements converted to `dtype`, as TensorFlow's Cast: floats are cut
/// towards zero, complex numbers lose their imaginary part.
Tensor cast(const Tensor& x, DType dtype);

// ------------------------------------------------- comparisons and choices

/// Comparisons return bool. `equal` and `not_equal` take any dtype but
/// variants, the others real numbers.
Tensor equal(const Tensor& x, const Tensor& y);
Tensor not_equal(const Tensor& x, const Tensor& y);
Tensor less(const Tensor& x, const Tensor& y);
Tensor less_equal(const Tensor& x, const Tensor& y);
Tensor greater(const Tensor& x, const Tensor& y);
Tensor greater_equal(const Tensor& x, const Tensor& y);
/// Of bool tensors.
Tensor logical_and(const Tensor& x, const Tensor& y);
Tensor logical_or(const Tensor& x, const Tensor& y);
Tensor logical_not(const Tensor& x);
/// x where `condition` (bool), else y; all three broadcast.
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y);

// ------------------------------------------------------------- reductions

/// Reductions over `axis` (one, several, or all when not given; negative ones
/// count from the end). An axis out of range or given twice throws
/// InvalidArgumentError. reduce_sum({{1, 2}, {3, 4}}, {.axis = 0}) is {4, 6}.

/// Sums; 0 over nothing. Any number; integers wrap.
Tensor reduce_sum(const Tensor& x, ReduceOptions options = {});
/// Means; those of integers are cut towards zero. NaN (integers: 0) over
/// nothing.
Tensor reduce_mean(const Tensor& x, ReduceOptions options = {});
/// Largest elements; NaN if there is one. Gradients are shared among ties.
Tensor reduce_max(const Tensor& x, ReduceOptions options = {});
/// Smallest elements; NaN if there is one. Gradients are shared among ties.
Tensor reduce_min(const Tensor& x, ReduceOptions options = {});
/// Products; 1 over nothing. Any number.
Tensor reduce_prod(const Tensor& x, ReduceOptions options = {});
/// Whether all are true (bool).
Tensor reduce_all(const Tensor& x, ReduceOptions options = {});
/// Whether any is true (bool).
Tensor reduce_any(const Tensor& x, ReduceOptions options = {});
/// log(sum(exp(x))), computed without overflow.
Tensor reduce_logsumexp(const Tensor& x, ReduceOptions options = {});

/// The index (int64) of the largest element along an axis: the first of ties;
/// NaN only where all are NaN. An empty axis throws InvalidArgumentError.
Tensor argmax(const Tensor& x, AxisOptions options = {});
/// The index (int64) of the smallest element along an axis.
Tensor argmin(const Tensor& x, AxisOptions options = {});
/// Running sums along an axis; `exclusive` starts at 0 and leaves the last
/// element out, `reverse` runs from the end.
Tensor cumsum(const Tensor& x, CumOptions options = {});

struct SortOptions {
  int axis = -1;
  std::string direction = "ASCENDING";  ///< or "DESCENDING"
};
/// The elements in order along an axis. Real numbers.
Tensor sort(const Tensor& x, SortOptions options = {});
/// The indices (int32) that sort along an axis; equals keep their order.
Tensor argsort(const Tensor& x, SortOptions options = {});

// -------------------------------------------------------------- operators

Tensor operator+(const Tensor& x, const Tensor& y);
Tensor operator-(const Tensor& x, const Tensor& y);
Tensor operator*(const Tensor& x, const Tensor& y);
/// divide(x, y).
Tensor operator/(const Tensor& x, const Tensor& y);
/// floormod(x, y).
Tensor operator%(const Tensor& x, const Tensor& y);
/// Logical for bool, bitwise for integers.
Tensor operator&(const Tensor& x, const Tensor& y);
Tensor operator|(const Tensor& x, const Tensor& y);
Tensor operator<(const Tensor& x, const Tensor& y);
Tensor operator<=(const Tensor& x, const Tensor& y);
Tensor operator>(const Tensor& x, const Tensor& y);
Tensor operator>=(const Tensor& x, const Tensor& y);
/// Elementwise; shapes that do not broadcast compare as different: a scalar.
Tensor operator==(const Tensor& x, const Tensor& y);
Tensor operator!=(const Tensor& x, const Tensor& y);
Tensor operator-(const Tensor& x);
/// Logical for bool, bitwise for integers.
Tensor operator~(const Tensor& x);

namespace math {

using tern::abs, tern::add, tern::add_n, tern::argmax, tern::argmin, tern::cos,
    tern::cumsum, tern::divide, tern::equal, tern::exp, tern::floor,
    tern::greater, tern::greater_equal, tern::less, tern::less_equal, tern::log,
    tern::logical_and, tern::logical_not, tern::logical_or, tern::maximum,
    tern::minimum, tern::multiply, tern::negative, tern::not_equal, tern::pow,
    tern::reduce_all, tern::reduce_any, tern::reduce_logsumexp,
    tern::reduce_max, tern::reduce_mean, tern::reduce_min, tern::reduce_prod,
    tern::reduce_sum, tern::round, tern::sigmoid, tern::sign, tern::sin,
    tern::sqrt, tern::square, tern::subtract, tern::tanh, tern::truediv;

/// floormod(x, y).
Tensor mod(const Tensor& x, const Tensor& y);
using tern::floormod;
/// floor_div(x, y).
Tensor floordiv(const Tensor& x, const Tensor& y);
/// The smallest integer not below x. Floating.
Tensor ceil(const Tensor& x);
/// 1 / sqrt(x). Floating or complex.
Tensor rsqrt(const Tensor& x);
/// 1 / x. Floating or complex.
Tensor reciprocal(const Tensor& x);
/// log(1 + x), exact for small x. Floating or complex.
Tensor log1p(const Tensor& x);
/// exp(x) - 1, exact for small x. Floating or complex.
Tensor expm1(const Tensor& x);
/// bool: which elements are NaN, infinite, neither. Floating.
Tensor is_nan(const Tensor& x);
Tensor is_inf(const Tensor& x);
Tensor is_finite(const Tensor& x);
/// (x - y) squared; |x - y| squared for complex numbers.
Tensor squared_difference(const Tensor& x, const Tensor& y);
/// x / y, 0 where y is 0. Floating or complex.
Tensor divide_no_nan(const Tensor& x, const Tensor& y);
/// x * y, 0 where y is 0 even if x is infinite or NaN. Floating or complex.
Tensor multiply_no_nan(const Tensor& x, const Tensor& y);
/// x log(y), 0 where x is 0. Floating or complex.
Tensor xlogy(const Tensor& x, const Tensor& y);
/// x log(1 + y), 0 where x is 0. Floating or complex.
Tensor xlog1py(const Tensor& x, const Tensor& y);
/// x / y, 0 where x is 0. Floating or complex.
Tensor xdivy(const Tensor& x, const Tensor& y);
/// The complex conjugate; real tensors are returned as they are.
Tensor conj(const Tensor& x);
/// The real part; real tensors are returned as they are.
Tensor real(const Tensor& x);
/// The imaginary part; zeros for real tensors.
Tensor imag(const Tensor& x);
/// The angle of complex x, between -pi and pi; 0 or pi for real x.
Tensor angle(const Tensor& x);
/// The next number from x1 towards x2. float32 and float64.
Tensor nextafter(const Tensor& x1, const Tensor& x2);
/// The nearest integer, halves to even. float32 and float64.
Tensor rint(const Tensor& x);
/// Running products along an axis; `exclusive` starts at 1.
Tensor cumprod(const Tensor& x, CumOptions options = {});
/// log(cumsum(exp(x))), computed without overflow; `exclusive` starts at -inf.
/// Floating.
Tensor cumulative_logsumexp(const Tensor& x, CumOptions options = {});
/// Mean of squared distances from the mean, over the axes. Floating (complex
/// numbers give real variances).
Tensor reduce_variance(const Tensor& x, ReduceOptions options = {});
/// The square root of reduce_variance.
Tensor reduce_std(const Tensor& x, ReduceOptions options = {});
/// The root of the sum of squares over the axes.
Tensor reduce_euclidean_norm(const Tensor& x, ReduceOptions options = {});

}  // namespace math

}  // namespace tern

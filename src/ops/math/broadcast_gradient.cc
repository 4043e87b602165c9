#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Axes = std::vector<std::int32_t>;

/// The axes over which a gradient must be summed: those that x lacks, and
/// those where x has 1.
struct BroadcastAxes {
  Axes lacking;
  Axes of_size_one;
};

/// Whether x is known not to be stretched along an axis: the result's size
/// there is the other operand's only where x has 1.
bool other_is_neutral(const Shape* other, int axis_from_end) {
  if (!other || !other->has_rank()) return false;
  return other->rank() < axis_from_end || (*other)[-axis_from_end] == 1;
}

/// Nothing where the shapes do not tell.
std::optional<BroadcastAxes> static_axes(const Shape& result,
                                         const Shape& x,
                                         const Shape* other) {
  if (!result.has_rank() || !x.has_rank()) return std::nullopt;
  BroadcastAxes axes;
  int missing = result.rank() - x.rank();
  for (int i = 0; i < missing; ++i) axes.lacking.push_back(i);
  for (int i = 0; i < x.rank(); ++i) {
    if (result[missing + i] == 1) continue;
    bool neutral = other_is_neutral(other, x.rank() - i);
    if (x[i] < 0 && !neutral) return std::nullopt;
    if (x[i] == 1 && !neutral) axes.of_size_one.push_back(i);
  }
  return axes;
}

Tensor sum_dynamically(const Tensor& gradient, const Tensor& x) {
  Tensor x_shape = raw<"Shape">(x);
  Tensor axes = raw<"BroadcastGradientArgs">(x_shape, raw<"Shape">(gradient));
  return raw<"Reshape">(raw<"Sum">(gradient, axes), x_shape);
}

Tensor sum_over_broadcast(const Tensor& gradient,
                          const Tensor& x,
                          const Shape* other) {
  if (gradient.shape() == x.shape() && x.shape().is_fully_known())
    return gradient;
  auto axes = static_axes(gradient.shape(), x.shape(), other);
  if (!axes) return sum_dynamically(gradient, x);
  Tensor sum = gradient;
  if (!axes->lacking.empty()) sum = raw<"Sum">(sum, Tensor(axes->lacking));
  if (!axes->of_size_one.empty())
    sum = raw<"Sum">(sum, Tensor(axes->of_size_one), {{"keep_dims", true}});
  return sum;
}

/// Reads a shape input; the op's outputs depend on it.
void check_vectors(InferContext& c) {
  c.with_rank(0, 1);
  c.with_rank(1, 1);
  for (int i = 0; i < 2; ++i) c.set_output(i, Shape::unknown_dims(1));
}

}  // namespace

void register_broadcast_gradient_ops(OpRegistry& registry) {
  registry.add("BroadcastGradientArgs")
      .input("s0: T")
      .input("s1: T")
      .output("r0: T")
      .output("r1: T")
      .attr("T: {int32, int64} = DT_INT32")
      .host({"s0", "s1"})
      .host_output("r0")
      .host_output("r1")
      .infer(check_vectors)
      .all_set_by_kernel()
      .traits(kHostOnly)
      .no_grad();
}

Tensor sum_to_shape_of(const Tensor& gradient, const Tensor& x) {
  return sum_over_broadcast(gradient, x, nullptr);
}

Tensor sum_to_operand(const Tensor& gradient,
                      const Tensor& x,
                      const Tensor& other) {
  return sum_over_broadcast(gradient, x, &other.shape());
}

}  // namespace tern

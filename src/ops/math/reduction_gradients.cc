#include "ops/math/reduction_gradients.h"

#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Integers known before running, whether eager or traced.
std::optional<std::vector<std::int64_t>> known_ints(const Tensor& t) {
  Tensor value = t;
  if (t.is_symbolic()) {
    if (!symbolic_values().constant_value) return std::nullopt;
    value = symbolic_values().constant_value(t);
    if (!value.defined()) return std::nullopt;
  }
  std::vector<std::int64_t> ints;
  if (value.dtype() == int64) {
    auto values = value.values<std::int64_t>();
    ints.assign(values.begin(), values.end());
  } else {
    auto values = value.values<std::int32_t>();
    ints.assign(values.begin(), values.end());
  }
  return ints;
}

/// The reduced axes in ascending order, none of them negative, where they and
/// the rank are known.
std::optional<std::vector<std::int64_t>> known_axes(GradContext& g) {
  int rank = g.input(0).shape().rank();
  if (rank < 0) return std::nullopt;
  auto axes = known_ints(g.input(1));
  if (!axes) return std::nullopt;
  for (std::int64_t& axis : *axes)
    if (axis < 0) axis += rank;
  std::sort(axes->begin(), axes->end());
  return axes;
}

Tensor shape_of(const Tensor& x) {
  if (x.shape().is_fully_known()) return ShapeArg(x.shape()).tensor();
  return raw<"Shape">(x);
}

/// One bool an axis, from values known only at run time.
Tensor is_reduced(GradContext& g) {
  Tensor rank = raw<"Rank">(g.input(0));
  Tensor axes = raw<"Reshape">(cast(g.input(1), int32), Tensor{-1});
  // A scalar has no axes to be reduced, but must not divide by its rank.
  axes = (axes + rank) % maximum(rank, 1);
  Tensor all = raw<"Range">(0, rank, 1);
  return reduce_any(equal(raw<"ExpandDims">(all, 1), axes), {.axis = 1});
}

/// The input's shape with 1 for each reduced axis, likewise.
Tensor kept_shape(GradContext& g) {
  return where(is_reduced(g), 1, raw<"Shape">(g.input(0)));
}

/// The product of all other elements along an axis, right with zeros too.
Tensor product_of_others(const Tensor& x, int axis) {
  Tensor before = math::cumprod(x, {.axis = axis, .exclusive = true});
  Tensor after =
      math::cumprod(x, {.axis = axis, .exclusive = true, .reverse = true});
  return before * after;
}

/// The same over all reduced axes, whichever they are: those come first and
/// become one.
Tensor product_of_others(GradContext& g) {
  Tensor x = conjugate(g.input(0));
  Tensor reduced = is_reduced(g);
  auto where_true = [](const Tensor& mask) {
    return cast(raw<"Reshape">(raw<"Where">(mask), Tensor{-1}), int32);
  };
  Tensor first = where_true(reduced);
  Tensor order = concat({first, where_true(logical_not(reduced))}, 0);
  Tensor in_order = raw<"Transpose">(x, order);
  Tensor count = raw<"Prod">(raw<"GatherV2">(raw<"Shape">(x), first, 0), 0);
  Tensor rows = raw<"Reshape">(
      in_order, stack({count, floor_div(raw<"Size">(x), maximum(count, 1))}));
  Tensor product =
      raw<"Reshape">(product_of_others(rows, 0), raw<"Shape">(in_order));
  return raw<"Transpose">(product, raw<"InvertPermutation">(order));
}

/// y, which has the output's shape, with the reduced axes put back as 1.
Tensor with_kept_dims(GradContext& g, const Tensor& y) {
  if (g.attr<bool>("keep_dims")) return y;
  auto axes = known_axes(g);
  if (!axes) return raw<"Reshape">(y, kept_shape(g));
  if (g.input(0).shape().is_fully_known()) {
    Shape kept = g.input(0).shape();
    for (std::int64_t axis : *axes) kept.set_dim(static_cast<int>(axis), 1);
    return raw<"Reshape">(y, ShapeArg(kept).tensor());
  }
  Tensor kept = y;
  for (std::int64_t axis : *axes) kept = raw<"ExpandDims">(kept, Tensor(axis));
  return kept;
}

}  // namespace

void sum_gradient(GradContext& g) {
  g.set(0, raw<"BroadcastTo">(with_kept_dims(g, g.dy()), shape_of(g.input(0))));
}

void mean_gradient(GradContext& g) {
  Tensor dy = g.dy();
  const Shape& reduced = g.input(0).shape();
  const Shape& result = g.output().shape();
  Tensor share;
  if (reduced.is_fully_known() && result.is_fully_known()) {
    std::int64_t results = std::max<std::int64_t>(result.num_elements(), 1);
    share = dy / static_cast<double>(reduced.num_elements() / results);
  } else {
    Tensor count =
        floor_div(raw<"Size">(g.input(0)), maximum(raw<"Size">(g.output()), 1));
    share = dy / cast(count, dy.dtype());
  }
  g.set(0, raw<"BroadcastTo">(with_kept_dims(g, share), shape_of(g.input(0))));
}

void prod_gradient(GradContext& g) {
  auto axes = known_axes(g);
  if (!axes) {
    g.set(0, with_kept_dims(g, g.dy()) * product_of_others(g));
    return;
  }
  // One axis after the other: factors[k] is the product over the first k.
  Tensors factors = {conjugate(g.input(0))};
  for (std::int64_t axis : *axes)
    factors.push_back(
        raw<"Prod">(factors.back(), Tensor(axis), {{"keep_dims", true}}));
  Tensor gradient = with_kept_dims(g, g.dy());
  if (axes->empty()) {
    // The product of nothing, yet connected to x for a second gradient.
    Tensor alone = raw<"ExpandDims">(factors[0], -1);
    Tensor ones = math::cumprod(alone, {.axis = -1, .exclusive = true});
    gradient = gradient * reduce_sum(ones, {.axis = -1});
  }
  for (std::size_t k = axes->size(); k-- > 0;) {
    int axis = static_cast<int>((*axes)[k]);
    gradient = gradient * product_of_others(factors[k], axis);
  }
  g.set(0, gradient);
}

void euclidean_norm_gradient(GradContext& g) {
  Tensor norm = with_kept_dims(g, g.output());
  g.set(0, g.input(0) / (norm / with_kept_dims(g, g.dy())));
}

void extremum_gradient(GradContext& g) {
  const Tensor& x = g.input(0);
  Tensor chosen = cast(equal(with_kept_dims(g, g.output()), x), x.dtype());
  Tensor ties = raw<"Sum">(chosen, g.input(1), {{"keep_dims", true}});
  g.set(0, chosen / ties * with_kept_dims(g, g.dy()));
}

}  // namespace tern

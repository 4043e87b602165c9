#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Swaps an axis with the last one; its own inverse.
Tensor swap_with_last(const Tensor& x, int axis) {
  int rank = x.shape().rank();
  if (axis == rank - 1) return x;
  std::vector<std::int64_t> perm;
  for (int i = 0; i < rank; ++i) perm.push_back(i);
  std::swap(perm[static_cast<std::size_t>(axis)], perm.back());
  return transpose(x, {.perm = perm});
}

/// Turns the order of real numbers round without overflow. Its own inverse.
Tensor reversed_order(const Tensor& x) {
  return x.dtype().is_integer() ? raw<"Invert">(x) : -x;
}

/// Values and indices in rising or falling order along an axis: the largest
/// of all elements, which `top_k` gives in falling order.
math::TopK sorted(const Tensor& x, const SortOptions& options) {
  int rank = x.shape().rank();
  if (rank < 1)
    throw InvalidArgumentError("sort needs a known rank of at least 1, got ",
                               x.shape());
  if (options.axis < -rank || options.axis >= rank)
    throw InvalidArgumentError(
        "sort: axis ", options.axis, " is out of range for shape ", x.shape());
  bool rising = options.direction == "ASCENDING";
  if (!rising && options.direction != "DESCENDING")
    throw InvalidArgumentError(
        "Direction should be one of ASCENDING, "
        "DESCENDING, got \"",
        options.direction,
        "\"");
  int axis = options.axis < 0 ? options.axis + rank : options.axis;
  Tensor rows = swap_with_last(x, axis);
  if (rising) rows = reversed_order(rows);
  Tensor length = raw<"Gather">(shape(rows), rank - 1);
  auto [values, indices] = math::top_k(rows, length);
  if (rising) values = reversed_order(values);
  return {swap_with_last(values, axis), swap_with_last(indices, axis)};
}

}  // namespace

Tensor sort(const Tensor& x, SortOptions options) {
  return sorted(x, options).values;
}

Tensor argsort(const Tensor& x, SortOptions options) {
  return sorted(x, options).indices;
}

}  // namespace tern

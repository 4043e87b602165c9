#include "ops/array/strided_slice_spec.h"

#include <algorithm>

#include "tern/core/error.h"

namespace tern {
namespace {

/// What one input dimension is asked for, once the ellipsis is expanded.
struct DimensionSpec {
  std::optional<std::int64_t> begin = 0;
  std::optional<std::int64_t> end = 0;
  std::int64_t stride = 1;
  bool begin_masked = true;
  bool end_masked = true;
  bool shrink = false;
};

/// Where a dimension of the result comes from: an input dimension or nowhere.
constexpr int kNewAxis = -1;

bool bit(std::int64_t mask, std::size_t i) { return (mask >> i) & 1; }

struct DenseSpec {
  std::vector<DimensionSpec> dims;
  std::vector<int> result_dims;
};

std::optional<std::int64_t> entry(
    const std::optional<std::vector<std::int64_t>>& list, std::size_t i) {
  if (!list) return std::nullopt;
  return (*list)[i];
}

DenseSpec expand(int rank,
                 const StridedSliceBounds& bounds,
                 const StridedSliceMasks& masks) {
  const std::size_t entries = bounds.strides.size();
  std::size_t ellipsis = entries;  // without one it stands at the end
  for (std::size_t i = 0; i < entries; ++i) {
    if (!bit(masks.ellipsis, i)) continue;
    if (ellipsis != entries)
      throw InvalidArgumentError("Multiple ellipses in slice spec not allowed");
    ellipsis = i;
  }
  // Dimensions that entries behind the ellipsis speak of.
  int behind = 0;
  for (std::size_t i = ellipsis + 1; i < entries; ++i)
    if (!bit(masks.new_axis, i)) ++behind;

  DenseSpec dense;
  auto take_all_until = [&](int end) {
    while (static_cast<int>(dense.dims.size()) < end) {
      dense.result_dims.push_back(static_cast<int>(dense.dims.size()));
      dense.dims.emplace_back();
    }
  };
  for (std::size_t i = 0; i < entries; ++i) {
    const int dim = static_cast<int>(dense.dims.size());
    if (i == ellipsis) {
      take_all_until(rank - behind);
    } else if (bit(masks.new_axis, i)) {
      dense.result_dims.push_back(kNewAxis);
    } else {
      if (dim == rank)
        throw InvalidArgumentError("Index out of range using input dim ",
                                   dim,
                                   "; input has only ",
                                   rank,
                                   " dims");
      DimensionSpec spec;
      spec.begin = entry(bounds.begin, i);
      spec.end = entry(bounds.end, i);
      spec.stride = bounds.strides[i];
      spec.begin_masked = bit(masks.begin, i);
      spec.end_masked = bit(masks.end, i);
      spec.shrink = bit(masks.shrink_axis, i);
      if (!spec.shrink) dense.result_dims.push_back(dim);
      dense.dims.push_back(spec);
    }
  }
  take_all_until(rank);
  return dense;
}

/// Number of steps from begin to end.
std::int64_t steps(std::int64_t begin, std::int64_t end, std::int64_t stride) {
  const std::int64_t length = end - begin;
  if (length == 0 || (length < 0) != (stride < 0)) return 0;
  return length / stride + (length % stride != 0 ? 1 : 0);
}

/// The first index taken along a dimension of known size, and how many.
struct Interval {
  std::int64_t begin;
  std::int64_t count;
};

Interval resolve(const DimensionSpec& spec, std::int64_t size, int dim) {
  auto from_front = [&](std::int64_t i) { return i < 0 ? i + size : i; };
  if (spec.shrink) {
    if (!spec.begin) return {0, 1};
    const std::int64_t begin = from_front(*spec.begin);
    if (begin < 0 || begin >= size)
      throw InvalidArgumentError("slice index ",
                                 *spec.begin,
                                 " of dimension ",
                                 dim,
                                 " out of bounds.");
    return {begin, 1};
  }
  // Walking backwards, -1 is the place before the first element.
  const bool forward = spec.stride > 0;
  const std::int64_t lowest = forward ? 0 : -1;
  const std::int64_t highest = forward ? size : size - 1;
  auto clamp = [&](std::int64_t i) {
    return std::clamp(from_front(i), lowest, highest);
  };
  if ((!spec.begin_masked && !spec.begin) || (!spec.end_masked && !spec.end))
    return {0, -1};
  const std::int64_t begin =
      spec.begin_masked ? (forward ? lowest : highest) : clamp(*spec.begin);
  const std::int64_t end =
      spec.end_masked ? (forward ? highest : lowest) : clamp(*spec.end);
  return {begin, steps(begin, end, spec.stride)};
}

}  // namespace

StridedSlicePlan plan_strided_slice(const Shape& input,
                                    const StridedSliceBounds& bounds,
                                    const StridedSliceMasks& masks) {
  const DenseSpec dense = expand(input.rank(), bounds, masks);
  StridedSlicePlan plan;
  for (int dim = 0; dim < input.rank(); ++dim) {
    const DimensionSpec& spec = dense.dims[static_cast<std::size_t>(dim)];
    if (spec.stride == 0)
      throw InvalidArgumentError("strides[", dim, "] must be non-zero");
    if (spec.shrink && spec.stride < 0)
      throw InvalidArgumentError(
          "only stride 1 allowed on non-range indexing.");
    Interval interval{0, spec.shrink ? 1 : -1};
    if (input[dim] >= 0) interval = resolve(spec, input[dim], dim);
    plan.begin.push_back(interval.begin);
    plan.strides.push_back(spec.stride);
    plan.taken.append(interval.count);
  }
  for (int dim : dense.result_dims)
    plan.result.append(dim == kNewAxis ? 1 : plan.taken[dim]);
  plan.result_dims = dense.result_dims;
  return plan;
}

void check_broadcasts_into(const Shape& slice, const Shape& value) {
  if (!slice.is_fully_known() || !value.has_rank()) return;
  if (slice.num_elements() == 0) return;
  for (int i = 1; i <= value.rank(); ++i) {
    std::int64_t size = i <= slice.rank() ? slice[-i] : 1;
    if (value[-i] >= 0 && value[-i] != 1 && value[-i] != size)
      throw InvalidArgumentError("Cannot broadcast input shape ",
                                 value.debug_string(),
                                 " into final shape ",
                                 slice.debug_string());
  }
}

}  // namespace tern

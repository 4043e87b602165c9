#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tern/core/inlined_vector.h"
#include "tern/core/shape.h"

namespace tern::kernels {

/// How N contiguous operands are read to fill a contiguous output that they
/// broadcast to. Dimensions of 1 are left out, and neighbours that all
/// operands walk alike are one.
template <int N>
struct BroadcastPlan {
  struct Dimension {
    std::int64_t size = 1;
    std::array<std::int64_t, N> strides{};  // in elements, 0: repeated
  };
  InlinedVector<Dimension, 4> dimensions;  // the outermost first

  const Dimension& inner() const { return dimensions[dimensions.size() - 1]; }
  std::int64_t outer_size() const {
    std::int64_t size = 1;
    for (std::size_t d = 0; d + 1 < dimensions.size(); ++d)
      size *= dimensions[d].size;
    return size;
  }
};

/// Requires that each operand broadcasts to `output`, which has elements.
template <int N>
BroadcastPlan<N> plan_broadcast(const Shape& output,
                                const std::array<const Shape*, N>& operands) {
  using Dimension = typename BroadcastPlan<N>::Dimension;
  InlinedVector<Dimension, 4> inner_first;
  std::array<std::int64_t, N> next_stride;
  next_stride.fill(1);
  for (int i = 1; i <= output.rank(); ++i) {
    Dimension dimension;
    dimension.size = output[-i];
    if (dimension.size == 1) continue;
    for (std::size_t k = 0; k < N; ++k) {
      const Shape& shape = *operands[k];
      std::int64_t size = i <= shape.rank() ? shape[-i] : 1;
      dimension.strides[k] = size == 1 ? 0 : next_stride[k];
      next_stride[k] *= size;
    }
    bool merges = !inner_first.empty();
    for (std::size_t k = 0; k < N && merges; ++k)
      merges = dimension.strides[k] ==
               inner_first.back().strides[k] * inner_first.back().size;
    if (merges)
      inner_first.back().size *= dimension.size;
    else
      inner_first.push_back(dimension);
  }
  if (inner_first.empty()) inner_first.push_back(Dimension());
  BroadcastPlan<N> plan;
  for (std::size_t d = inner_first.size(); d-- > 0;)
    plan.dimensions.push_back(inner_first[d]);
  return plan;
}

/// Walks the outer dimensions of a plan, keeping each operand's offset.
template <int N>
class BroadcastCursor {
 public:
  /// Stands at outer position `row`.
  BroadcastCursor(const BroadcastPlan<N>& plan, std::int64_t row)
      : plan_(plan), position_(plan.dimensions.size()) {
    for (std::size_t d = plan.dimensions.size() - 1; d-- > 0;) {
      const auto& dimension = plan.dimensions[d];
      position_[d] = row % dimension.size;
      row /= dimension.size;
      for (std::size_t k = 0; k < N; ++k)
        offsets_[k] += position_[d] * dimension.strides[k];
    }
  }
  std::int64_t offset(std::size_t operand) const { return offsets_[operand]; }
  void next_row() {
    for (std::size_t d = plan_.dimensions.size() - 1; d-- > 0;) {
      const auto& dimension = plan_.dimensions[d];
      for (std::size_t k = 0; k < N; ++k) offsets_[k] += dimension.strides[k];
      if (++position_[d] < dimension.size) return;
      position_[d] = 0;
      for (std::size_t k = 0; k < N; ++k)
        offsets_[k] -= dimension.size * dimension.strides[k];
    }
  }

 private:
  const BroadcastPlan<N>& plan_;
  InlinedVector<std::int64_t, 4> position_;
  std::array<std::int64_t, N> offsets_{};
};

}  // namespace tern::kernels

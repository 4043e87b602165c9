#pragma once

#include <string>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

struct SearchSortedOptions {
  std::string side = "left";  ///< or "right": behind equal elements
  DType out_type = {};        ///< int32 unless given, or int64
};
/// Where each value would be put in its row of `sorted_sequence` (rising along
/// the last dimension), [..., N] and [..., M]; the result is [..., M].
Tensor searchsorted(const Tensor& sorted_sequence,
                    const Tensor& values,
                    SearchSortedOptions options = {});

/// The coordinates of flat `indices` (a scalar or a vector) in an array of
/// shape `dims`: [rank] or [rank, indices]. int32 or int64. Throws
/// InvalidArgumentError for an index out of range.
Tensor unravel_index(const Tensor& indices, const Tensor& dims);

namespace math {

/// For each row of `predictions` [batch, classes] whether the class `targets`
/// [batch] names is among its k largest; ties at the end count as in.
Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int k);

struct ApproxTopK {
  Tensor values, indices;
};
struct ApproxTopKOptions {
  int reduction_dimension = -1;
  double recall_target = 0.95;
  int reduction_input_size_override = -1;
  bool aggregate_to_topk = true;
};
/// The k largest (smallest) elements along the last dimension and where they
/// are. On the CPU they are exact.
ApproxTopK approx_max_k(const Tensor& operand,
                        int k,
                        ApproxTopKOptions options = {});
ApproxTopK approx_min_k(const Tensor& operand,
                        int k,
                        ApproxTopKOptions options = {});

}  // namespace math

namespace nn {

using math::approx_max_k, math::approx_min_k, math::in_top_k;

}  // namespace nn
}  // namespace tern

#pragma once

#include <optional>
#include <string>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

namespace math {

/// Rows of `data` (its first dimension) reduced by segment: row i belongs to
/// segment segment_ids[i]; the ids rise. A segment without rows is 0 (1 for
/// products). Throws InvalidArgumentError for ids that fall or are negative.
Tensor segment_sum(const Tensor& data, const Tensor& segment_ids);
Tensor segment_mean(const Tensor& data, const Tensor& segment_ids);
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids);
Tensor segment_max(const Tensor& data, const Tensor& segment_ids);
Tensor segment_min(const Tensor& data, const Tensor& segment_ids);

/// Like unsorted_segment_sum, in any order and with any number of segments: a
/// segment without rows is 1 (product), the lowest number (maximum), the
/// highest (minimum) or 0.
Tensor unsorted_segment_prod(const Tensor& data,
                             const Tensor& segment_ids,
                             const Tensor& num_segments);
Tensor unsorted_segment_max(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments);
Tensor unsorted_segment_min(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments);
/// Sums over the number of rows, and over its square root.
Tensor unsorted_segment_mean(const Tensor& data,
                             const Tensor& segment_ids,
                             const Tensor& num_segments);
Tensor unsorted_segment_sqrt_n(const Tensor& data,
                               const Tensor& segment_ids,
                               const Tensor& num_segments);

/// y with y[x[i]] = i, for a vector that holds 0 … n-1 once each.
Tensor invert_permutation(const Tensor& x);
/// The share of elements that are 0, as float32.
Tensor zero_fraction(const Tensor& value);
struct CountOptions {
  Ints axis = {};
  bool keepdims = false;
  DType dtype = int64;
};
/// How many elements are not 0 (not empty, for strings).
Tensor count_nonzero(const Tensor& input, const CountOptions& options = {});
struct ConfusionOptions {
  int num_classes = -1;  ///< one more than the largest label by default
  Tensor weights = {};
  DType dtype = int32;
};
/// Entry i, j: how often label i was predicted as j.
Tensor confusion_matrix(const Tensor& labels,
                        const Tensor& predictions,
                        const ConfusionOptions& options = {});

/// coeffs[0] x^(n-1) + … + coeffs[n-1], elementwise.
Tensor polyval(const Tensors& coeffs, const Tensor& x);
Tensor scalar_mul(const Tensor& scalar, const Tensor& x);
Tensor accumulate_n(const Tensors& inputs);
/// log(sigmoid(x)), computed without overflow.
Tensor log_sigmoid(const Tensor& x);
Tensor logical_xor(const Tensor& x, const Tensor& y);
/// Quotients cut towards 0 and their remainders. Throw InternalError for an
/// integer over zero.
Tensor truncatediv(const Tensor& x, const Tensor& y);
Tensor truncatemod(const Tensor& x, const Tensor& y);
/// Whether the elements, in memory order, never fall; always rise.
Tensor is_non_decreasing(const Tensor& x);
Tensor is_strictly_increasing(const Tensor& x);
struct L2NormalizeOptions {
  Ints axis = {};
  double epsilon = 1e-12;
};
/// x / sqrt(max(sum(x^2), epsilon)) over the axes.
Tensor l2_normalize(const Tensor& x, const L2NormalizeOptions& options = {});

}  // namespace math

// ---- Rows parted, joined, counted

/// The rows of `data` by the number in `partitions` (the shape of its leading
/// dimensions), from 0 to num_partitions - 1.
Tensors dynamic_partition(const Tensor& data,
                          const Tensor& partitions,
                          int num_partitions);
/// The reverse: row indices[m][i] is data[m][i]; of several the last.
Tensor dynamic_stitch(const Tensors& indices, const Tensors& data);

struct ReverseSequenceOptions {
  int seq_axis = 1;
  int batch_axis = 0;
};
/// The first seq_lengths[i] elements along seq_axis reversed, in entry i of
/// batch_axis.
Tensor reverse_sequence(const Tensor& input,
                        const Tensor& seq_lengths,
                        ReverseSequenceOptions options = {});
struct SequenceMaskOptions {
  std::optional<int> maxlen = {};  ///< the longest by default
  DType dtype = bool_;
};
/// [..., maxlen]: true in the first lengths[...] places.
Tensor sequence_mask(const Tensor& lengths,
                     const SequenceMaskOptions& options = {});

struct ListDifference {
  Tensor out, idx;
};
/// The elements of vector x that y lacks, and where they are in x.
ListDifference setdiff1d(const Tensor& x,
                         const Tensor& y,
                         DType index_dtype = int32);
struct UniqueWithCounts {
  Tensor y, idx, count;
};
/// The distinct values of a vector in order of first appearance, which of them
/// each element is, and how often each occurs.
UniqueWithCounts unique_with_counts(const Tensor& x, DType out_idx = int32);

struct HistogramOptions {
  int nbins = 100;
  DType dtype = int32;
};
/// How many values lie in each of .nbins equal parts of value_range, {low,
/// high}; those beyond count in the first and the last.
Tensor histogram_fixed_width(const Tensor& values,
                             const Tensor& value_range,
                             const HistogramOptions& options = {});
/// Which part each value lies in.
Tensor histogram_fixed_width_bins(const Tensor& values,
                                  const Tensor& value_range,
                                  const HistogramOptions& options = {});

struct RepeatOptions {
  std::optional<int> axis = {};  ///< without: the elements as one vector
};
/// Each element (slice along .axis) as often as `repeats` says: a scalar, or
/// one number for each.
Tensor repeat(const Tensor& input,
              const Tensor& repeats,
              const RepeatOptions& options = {});
struct MeshgridOptions {
  std::string indexing = "xy";  ///< or "ij": the first varies slowest
};
/// The coordinates of the points of a grid, one tensor a vector of `args`.
Tensors meshgrid(const Tensors& args, const MeshgridOptions& options = {});

/// `tensor` with updates taken away, or the larger, or the smaller one kept.
Tensor tensor_scatter_nd_sub(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates);
Tensor tensor_scatter_nd_max(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates);
Tensor tensor_scatter_nd_min(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates);

namespace linalg {

/// A tensor of twice the rank with the diagonal's elements where both halves of
/// the index agree, and back.
Tensor tensor_diag(const Tensor& diagonal);
Tensor tensor_diag_part(const Tensor& input);

using math::l2_normalize;

}  // namespace linalg

namespace nn {

using math::l2_normalize, math::zero_fraction;

}  // namespace nn
}  // namespace tern

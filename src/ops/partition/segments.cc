// segments.cc: public functions of segments, partitions and counts, made of
// their ops.

#include "tern/ops/segments.h"

#include <algorithm>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace math {

Tensor segment_sum(const Tensor& data, const Tensor& segment_ids) {
  return raw<"SegmentSum">(data, segment_ids);
}
Tensor segment_mean(const Tensor& data, const Tensor& segment_ids) {
  return raw<"SegmentMean">(data, segment_ids);
}
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids) {
  return raw<"SegmentProd">(data, segment_ids);
}
Tensor segment_max(const Tensor& data, const Tensor& segment_ids) {
  return raw<"SegmentMax">(data, segment_ids);
}
Tensor segment_min(const Tensor& data, const Tensor& segment_ids) {
  return raw<"SegmentMin">(data, segment_ids);
}

Tensor unsorted_segment_prod(const Tensor& data,
                             const Tensor& segment_ids,
                             const Tensor& num_segments) {
  return raw<"UnsortedSegmentProd">(data, segment_ids, num_segments);
}
Tensor unsorted_segment_max(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments) {
  return raw<"UnsortedSegmentMax">(data, segment_ids, num_segments);
}
Tensor unsorted_segment_min(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments) {
  return raw<"UnsortedSegmentMin">(data, segment_ids, num_segments);
}

namespace {

/// Rows in each segment, at least 1, with a dimension of 1 for each of a row's.
Tensor segment_sizes(const Tensor& data,
                     const Tensor& segment_ids,
                     const Tensor& num_segments) {
  Tensor ones_of_ids = cast(ones_like(segment_ids), data.dtype());
  Tensor sizes =
      maximum(unsorted_segment_sum(ones_of_ids, segment_ids, num_segments), 1);
  Tensor inner = rank(data) - rank(segment_ids);
  return reshape(
      sizes, concat({shape(sizes), fill(expand_dims(inner, 0), Tensor(1))}, 0));
}

}  // namespace

Tensor unsorted_segment_mean(const Tensor& data,
                             const Tensor& segment_ids,
                             const Tensor& num_segments) {
  return unsorted_segment_sum(data, segment_ids, num_segments) /
         segment_sizes(data, segment_ids, num_segments);
}
Tensor unsorted_segment_sqrt_n(const Tensor& data,
                               const Tensor& segment_ids,
                               const Tensor& num_segments) {
  return unsorted_segment_sum(data, segment_ids, num_segments) /
         sqrt(segment_sizes(data, segment_ids, num_segments));
}

Tensor invert_permutation(const Tensor& x) {
  return raw<"InvertPermutation">(x);
}

Tensor zero_fraction(const Tensor& value) {
  return reduce_mean(cast(value == zeros_like(value), float32));
}

Tensor count_nonzero(const Tensor& input, const CountOptions& options) {
  Tensor counted = cast(input != zeros_like(input), options.dtype);
  return reduce_sum(counted,
                    {.axis = options.axis, .keepdims = options.keepdims});
}

Tensor confusion_matrix(const Tensor& labels,
                        const Tensor& predictions,
                        const ConfusionOptions& options) {
  Tensor rows = cast(labels, int64), columns = cast(predictions, int64);
  Tensor classes = options.num_classes >= 0
                       ? Tensor::from_literal(options.num_classes, int64)
                       : maximum(reduce_max(rows), reduce_max(columns)) + 1;
  Tensor values = options.weights.defined()
                      ? cast(options.weights, options.dtype)
                      : cast(ones_like(rows), options.dtype);
  return scatter_nd(
      stack({rows, columns}, {.axis = 1}), values, stack({classes, classes}));
}

Tensor polyval(const Tensors& coeffs, const Tensor& x) {
  if (coeffs.empty()) return zeros_like(x);
  Tensor sum = coeffs[0];
  for (std::size_t i = 1; i < coeffs.size(); ++i) sum = coeffs[i] + sum * x;
  return coeffs.size() == 1 ? sum + zeros_like(x) : sum;
}

Tensor scalar_mul(const Tensor& scalar, const Tensor& x) {
  if (scalar.shape().has_rank() && scalar.shape().rank() != 0)
    throw InvalidArgumentError("Only scalar multiply works, got shape ",
                               scalar.shape());
  return scalar * x;
}
Tensor accumulate_n(const Tensors& inputs) { return add_n(inputs); }
Tensor log_sigmoid(const Tensor& x) { return -raw<"Softplus">(-x); }
Tensor logical_xor(const Tensor& x, const Tensor& y) {
  return logical_and(logical_or(x, y), logical_not(logical_and(x, y)));
}
Tensor truncatediv(const Tensor& x, const Tensor& y) {
  return raw<"TruncateDiv">(x, y);
}
Tensor truncatemod(const Tensor& x, const Tensor& y) {
  return raw<"TruncateMod">(x, y);
}

namespace {

/// Each element less the one before it.
Tensor differences(const Tensor& x) {
  Tensor flat = reshape(x, {-1});
  return flat[Slice{.start = 1}] - flat[Slice{.stop = -1}];
}

}  // namespace

Tensor is_non_decreasing(const Tensor& x) {
  return reduce_all(differences(x) >= 0);
}
Tensor is_strictly_increasing(const Tensor& x) {
  return reduce_all(differences(x) > 0);
}

Tensor l2_normalize(const Tensor& x, const L2NormalizeOptions& options) {
  Tensor squares =
      reduce_sum(real(x * conj(x)), {.axis = options.axis, .keepdims = true});
  Tensor scale = rsqrt(maximum(squares, options.epsilon));
  return x * cast(scale, x.dtype());
}

}  // namespace math

Tensors dynamic_partition(const Tensor& data,
                          const Tensor& partitions,
                          int num_partitions) {
  return raw<"DynamicPartition">.outputs({data, partitions},
                                         {{"num_partitions", num_partitions}});
}

Tensor dynamic_stitch(const Tensors& indices, const Tensors& data) {
  Tensors inputs = indices;
  inputs.insert(inputs.end(), data.begin(), data.end());
  return raw<"DynamicStitch">(inputs);
}

Tensor reverse_sequence(const Tensor& input,
                        const Tensor& seq_lengths,
                        ReverseSequenceOptions options) {
  return raw<"ReverseSequence">(
      input,
      seq_lengths,
      {{"seq_dim", options.seq_axis}, {"batch_dim", options.batch_axis}});
}

Tensor sequence_mask(const Tensor& lengths,
                     const SequenceMaskOptions& options) {
  Tensor longest = options.maxlen
                       ? Tensor::from_literal(*options.maxlen, lengths.dtype())
                       : maximum(reduce_max(lengths), 0);
  Tensor places =
      raw<"Range">(zeros_like(longest), longest, ones_like(longest));
  Tensor mask = places < expand_dims(lengths, -1);
  return options.dtype == bool_ ? mask : cast(mask, options.dtype);
}

ListDifference setdiff1d(const Tensor& x, const Tensor& y, DType index_dtype) {
  Tensors outputs = raw<"ListDiff">.outputs({x, y}, {{"out_idx", index_dtype}});
  return {outputs[0], outputs[1]};
}

UniqueWithCounts unique_with_counts(const Tensor& x, DType out_idx) {
  Tensors outputs =
      raw<"UniqueWithCounts">.outputs({x}, {{"out_idx", out_idx}});
  return {outputs[0], outputs[1], outputs[2]};
}

Tensor histogram_fixed_width(const Tensor& values,
                             const Tensor& value_range,
                             const HistogramOptions& options) {
  return raw<"HistogramFixedWidth">(
      values, value_range, Tensor(options.nbins), {{"dtype", options.dtype}});
}

Tensor histogram_fixed_width_bins(const Tensor& values,
                                  const Tensor& value_range,
                                  const HistogramOptions& options) {
  Tensor low = value_range[0], high = value_range[1];
  Tensor scaled = truediv(values - low, high - low);
  Tensor bins = floor(options.nbins * scaled);
  return cast(clip_by_value(bins, 0, options.nbins - 1), options.dtype);
}

Tensor repeat(const Tensor& input,
              const Tensor& repeats,
              const RepeatOptions& options) {
  Tensor x = options.axis ? input : reshape(input, {-1});
  int axis = options.axis.value_or(0);
  if (axis < 0) axis += x.shape().rank();
  if (x.shape().has_rank() && (axis < 0 || axis >= x.shape().rank()))
    throw InvalidArgumentError("repeat: axis ",
                               options.axis.value_or(0),
                               " is out of range for shape ",
                               x.shape());
  Tensor size = shape(x)[axis];
  Tensor counts =
      repeats.shape().rank() == 0 ||
              (repeats.shape().rank() == 1 && repeats.shape()[0] == 1)
          ? broadcast_to(reshape(repeats, {1}), expand_dims(size, 0))
          : repeats;
  // Result k is slice i for the first i whose counts up to it exceed k.
  Tensor ends = cumsum(cast(counts, int32));
  Tensor total = reduce_sum(cast(counts, int32));
  Tensor places = expand_dims(range(total), 0);
  Tensor which = raw<"UpperBound">(expand_dims(ends, 0), places);
  return gather(x, squeeze(which, 0), {.axis = axis});
}

Tensors meshgrid(const Tensors& args, const MeshgridOptions& options) {
  const bool xy = options.indexing == "xy";
  if (!xy && options.indexing != "ij")
    throw InvalidArgumentError(
        "Argument `indexing` parameter must be either 'xy' or 'ij', got '",
        options.indexing,
        "'");
  const std::size_t count = args.size();
  auto axis_of = [&](std::size_t i) {
    return xy && count > 1 && i < 2 ? 1 - i : i;
  };
  Tensors sizes(count);
  for (std::size_t i = 0; i < count; ++i) sizes[axis_of(i)] = size(args[i]);
  Tensors result;
  if (count == 0) return result;
  Tensor dims = stack(sizes);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::int64_t> own(count, 1);
    own[axis_of(i)] = -1;
    result.push_back(broadcast_to(reshape(args[i], index_vector(own)), dims));
  }
  return result;
}

Tensor tensor_scatter_nd_sub(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates) {
  return raw<"TensorScatterSub">(tensor, indices, updates);
}
Tensor tensor_scatter_nd_max(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates) {
  return raw<"TensorScatterMax">(tensor, indices, updates);
}
Tensor tensor_scatter_nd_min(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates) {
  return raw<"TensorScatterMin">(tensor, indices, updates);
}

namespace linalg {

Tensor tensor_diag(const Tensor& diagonal) { return raw<"Diag">(diagonal); }
Tensor tensor_diag_part(const Tensor& input) { return raw<"DiagPart">(input); }

}  // namespace linalg
}  // namespace tern

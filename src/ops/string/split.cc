// split.cc: strings cut into pieces, and pieces put together by group.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

/// Pieces of a vector of strings, as the parts of a sparse matrix.
void sparse_pieces(InferContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() != 1)
    throw InvalidArgumentError("input must be a vector, got shape: ",
                               c.input(0).debug_string());
  c.set_output(0, Shape{-1, 2});
  c.set_output(1, Shape{-1});
  c.set_output(2, Shape{2});
}

void ngrams_shape(InferContext& c) {
  c.with_rank(0, 1);
  c.set_output(0, Shape{-1});
  c.set_output(1, c.with_rank(1, 1));
}

void joined_segments_shape(InferContext& c) {
  const Shape &input = c.input(0), &ids = c.input(1);
  c.with_rank(2, 0);
  if (!input.has_rank() || !ids.has_rank())
    return c.set_output(0, Shape::unknown());
  if (ids.rank() > input.rank() ||
      !ids.is_compatible_with(input.slice(0, ids.rank())))
    throw InvalidArgumentError(
        "Segment_ids cannot have rank greater than that of the input or a "
        "shape that is no prefix of its shape; got ",
        ids.debug_string(),
        " for an input of shape ",
        input.debug_string());
  const auto count = c.value_as_int(2);
  if (count && *count < 0)
    throw InvalidArgumentError("Number of segments must be non-negative, got ",
                               *count);
  c.set_output(0,
               Shape{count.value_or(-1)}.concatenate(input.slice(ids.rank())));
}

}  // namespace

void register_split_ops(OpRegistry& registry) {
  registry.add("StringSplit")
      .input("input: string")
      .input("delimiter: string")
      .output("indices: int64")
      .output("values: string")
      .output("shape: int64")
      .attr("skip_empty: bool = true")
      .no_grad()
      .traits(kHostOnly)
      .infer(sparse_pieces)
      .all_set_by_kernel();
  registry.add("StringSplitV2")
      .input("input: string")
      .input("sep: string")
      .output("indices: int64")
      .output("values: string")
      .output("shape: int64")
      .attr("maxsplit: int = -1")
      .traits(kHostOnly)
      .infer(sparse_pieces)
      .all_set_by_kernel();
  registry.add("StringNGrams")
      .input("data: string")
      .input("data_splits: Tsplits")
      .output("ngrams: string")
      .output("ngrams_splits: Tsplits")
      .attr("separator: string")
      .attr("ngram_widths: list(int) >= 0")
      .attr("left_pad: string")
      .attr("right_pad: string")
      .attr("pad_width: int")
      .attr("preserve_short_sequences: bool")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .traits(kHostOnly)
      .infer(ngrams_shape)
      .all_set_by_kernel();
  registry.add("UnsortedSegmentJoin")
      .input("inputs: string")
      .input("segment_ids: Tindices")
      .input("num_segments: Tnumsegments")
      .output("output: string")
      .attr("separator: string = ''")
      .attr("Tindices: {int32, int64}")
      .attr("Tnumsegments: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("num_segments")
      .infer(joined_segments_shape);
}

namespace strings {
namespace {

std::int64_t known_rank(const Tensor& input, const char* function) {
  if (!input.shape().has_rank())
    throw InvalidArgumentError(
        function,
        ": the rank of the input must be known, got shape ",
        input.shape().debug_string());
  return input.shape().rank();
}

}  // namespace

RaggedTensor split(const Tensor& input,
                   const Tensor& sep,
                   SplitOptions options) {
  const std::int64_t rank = known_rank(input, "strings::split");
  Tensors pieces = raw<"StringSplitV2">.outputs(
      {reshape(input, {-1}), sep}, {{"maxsplit", options.maxsplit}});
  if (rank == 0) return RaggedTensor(pieces[1]);
  Tensor rows = raw<"StridedSlice">(
      pieces[0],
      {0, 0},
      {0, 1},
      {1, 1},
      {{"begin_mask", 1}, {"end_mask", 1}, {"shrink_axis_mask", 2}});
  RaggedTensor result = RaggedTensor::from_value_rowids(
      pieces[1], rows, pieces[2][0], {.validate = false});
  for (int d = static_cast<int>(rank) - 1; d > 0; --d)
    result = RaggedTensor::from_uniform_row_length(result, input.shape()[d]);
  return result;
}

Tensor unsorted_segment_join(const Tensor& inputs,
                             const Tensor& segment_ids,
                             const Tensor& num_segments,
                             JoinOptions options) {
  return raw<"UnsortedSegmentJoin">(
      inputs, segment_ids, num_segments, {{"separator", options.separator}});
}

RaggedTensor ngrams(const RaggedTensor& data,
                    const Ints& ngram_widths,
                    NGramOptions options) {
  std::vector<std::int64_t> widths = ngram_widths.values();
  if (widths.empty())
    throw InvalidArgumentError("ngram_widths must not be empty");
  const bool padded = options.left_pad.has_value();
  Tensors found = raw<"StringNGrams">.outputs(
      {data.flat_values(), data.row_splits()},
      {{"separator", options.separator},
       {"ngram_widths", widths},
       {"left_pad", options.left_pad.value_or("")},
       {"right_pad", options.right_pad.value_or("")},
       {"pad_width", padded ? options.padding_width : 0},
       {"preserve_short_sequences", options.preserve_short_sequences}});
  return RaggedTensor::from_row_splits(found[0], found[1]);
}

}  // namespace strings
}  // namespace tern

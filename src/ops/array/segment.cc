// segment.cc: rows reduced into the segments they are assigned to.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// data [ids..., rest...], segment_ids [ids...] and num_segments make
/// [num_segments, rest...].
void unsorted_segments(InferContext& c) {
  const Shape& data = c.input(0);
  const Shape& ids = c.input(1);
  c.with_rank(2, 0);
  const auto given = c.value_as_int(2);
  if (given && *given < 0)
    throw InvalidArgumentError(
        "Input num_segments == ", *given, " must not be negative.");
  const std::int64_t num_segments = given.value_or(-1);
  if (!data.has_rank() || !ids.has_rank())
    return c.set_output(0, Shape::unknown());
  if (ids.rank() > data.rank())
    throw InvalidArgumentError("data.shape = ",
                               data.debug_string(),
                               " does not start with segment_ids.shape = ",
                               ids.debug_string());
  for (int i = 0; i < ids.rank(); ++i)
    if (data[i] >= 0 && ids[i] >= 0 && data[i] != ids[i])
      throw InvalidArgumentError("Dimensions must be equal, but are ",
                                 data[i],
                                 " and ",
                                 ids[i],
                                 ": data.shape = ",
                                 data.debug_string(),
                                 " does not start with segment_ids.shape = ",
                                 ids.debug_string());
  c.set_output(0, Shape{num_segments}.concatenate(data.slice(ids.rank())));
}

Tensor zero_of(const Tensor& tensor) { return constant(0, tensor.dtype()); }

/// Which elements of `like` (shaped as data) have a segment: a bool tensor
/// that broadcasts to its shape.
Tensor in_a_segment(const Tensor& ids, const Tensor& like) {
  const Tensor valid = raw<"GreaterEqual">(ids, zero_of(ids));
  if (ids.shape().is_fully_known() && like.shape().has_rank()) {
    std::vector<std::int64_t> dims = ids.shape().to_vector();
    dims.resize(static_cast<std::size_t>(like.shape().rank()), 1);
    return raw<"Reshape">(valid, index_vector(dims));
  }
  const Tensor missing = raw<"Sub">(rank(like), rank(ids));
  const Tensor ones_behind = raw<"Fill">(
      raw<"Reshape">(missing, constant({1}, int32)), constant(1, int32));
  return raw<"Reshape">(
      valid,
      raw<"ConcatV2">(Tensors{shape(ids), ones_behind, constant(0, int32)}));
}

/// Rows of `segments` by id.
Tensor gather_segments(const Tensor& segments, const Tensor& ids) {
  // Ids below 0 belong to no segment: they read row 0, to be masked.
  return gather(segments, raw<"Maximum">(ids, zero_of(ids)));
}

/// Rows of `segments` by id, zeros where an id is negative.
Tensor gather_or_zero(const Tensor& segments, const Tensor& ids) {
  const Tensor rows = gather_segments(segments, ids);
  return raw<"SelectV2">(in_a_segment(ids, rows), rows, zeros_like(rows));
}

void segment_sum_gradient(GradContext& g) {
  g.set(0, gather_or_zero(g.dy(), g.input(1)));
}

/// Ties share the gradient evenly.
void segment_extreme_gradient(GradContext& g) {
  const Tensor& data = g.input(0);
  const Tensor& ids = g.input(1);
  const Tensor winners = gather_segments(g.output(), ids);
  const Tensor selected = raw<"LogicalAnd">(raw<"Equal">(data, winners),
                                            in_a_segment(ids, winners));
  const Tensor count = raw<"UnsortedSegmentSum">(
      raw<"Cast">(selected, {{"DstT", data.dtype()}}), ids, g.input(2));
  const Tensor share = gather_segments(raw<"RealDiv">(g.dy(), count), ids);
  g.set(0, raw<"SelectV2">(selected, share, zeros_like(share)));
}

/// The product of the others: by division, except where an element is zero.
void segment_prod_gradient(GradContext& g) {
  const Tensor& data = g.input(0);
  const Tensor& ids = g.input(1);
  const Tensor& num_segments = g.input(2);
  const Tensor is_zero = raw<"Equal">(data, zero_of(data));
  const Tensor zeros_in_segment = raw<"UnsortedSegmentSum">(
      raw<"Cast">(is_zero, {{"DstT", int32}}), ids, num_segments);
  // Two zeros in a segment: every product of others has one of them.
  const Tensor dy =
      raw<"SelectV2">(raw<"Greater">(zeros_in_segment, constant(1, int32)),
                      zeros_like(g.dy()),
                      g.dy());
  const Tensor nonzero = raw<"SelectV2">(is_zero, ones_like(data), data);
  const Tensor product_of_nonzero =
      raw<"UnsortedSegmentProd">(nonzero, ids, num_segments);
  const Tensor others = raw<"SelectV2">(
      is_zero,
      gather_segments(product_of_nonzero, ids),
      raw<"RealDiv">(gather_segments(g.output(), ids), nonzero));
  g.set(0, raw<"Mul">(gather_or_zero(dy, ids), others));
}

OpBuilder& unsorted_segment(OpBuilder&& op, const char* data_types) {
  return op.input("data: T")
      .input("segment_ids: Tindices")
      .input("num_segments: Tnumsegments")
      .output("output: T")
      .attr(data_types)
      .attr("Tindices: {int16, int32, int64}")
      .attr("Tnumsegments: {int32, int64} = DT_INT32")
      .host("num_segments")
      .infer(unsorted_segments);
}

}  // namespace

void register_segment_ops(OpRegistry& registry) {
  constexpr const char* kNumbers =
      "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
      "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
      "uint32, uint64}";
  unsorted_segment(registry.add("UnsortedSegmentSum"), kNumbers)
      .grad(segment_sum_gradient)
      .grad_reads({"segment_ids"});
  unsorted_segment(registry.add("UnsortedSegmentProd"), kNumbers)
      .grad(segment_prod_gradient);
  unsorted_segment(registry.add("UnsortedSegmentMax"), "T: realnumbertype")
      .grad(segment_extreme_gradient);
  unsorted_segment(registry.add("UnsortedSegmentMin"), "T: realnumbertype")
      .grad(segment_extreme_gradient);
}

namespace math {

Tensor unsorted_segment_sum(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments) {
  return raw<"UnsortedSegmentSum">(data, segment_ids, num_segments);
}

}  // namespace math
}  // namespace tern

// segments.cc: sums and means of chosen rows by segment.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/sparse.h"

namespace tern {
namespace {

void check_ids(const InferContext& c) {
  const Shape &indices = c.with_rank(1, 1), &ids = c.with_rank(2, 1);
  if (indices.has_rank() && ids.has_rank() && !indices.is_compatible_with(ids))
    throw InvalidArgumentError(
        "Dimension 0 in both shapes must be equal, but are ",
        indices[0],
        " and ",
        ids[0],
        ". Shapes are ",
        indices.debug_string(),
        " and ",
        ids.debug_string(),
        ".");
}

/// As input 0, with other rows.
void set_rows(InferContext& c, std::int64_t rows) {
  Shape shape = c.with_rank_at_least(0, 1);
  if (shape.has_rank()) shape.set_dim(0, rows);
  c.set_output(0, shape);
}

void reduced(InferContext& c) {
  check_ids(c);
  set_rows(c, -1);
}

void reduced_to(InferContext& c) {
  check_ids(c);
  c.with_rank(3, 0);
  const auto rows = c.value_as_int(3);
  if (rows && *rows < 0)
    throw InvalidArgumentError(
        "Cannot specify a negative value for "
        "num_segments: ",
        *rows);
  set_rows(c, rows.value_or(-1));
}

void unique_rows(InferContext& c) {
  check_ids(c);
  c.with_rank(3, 0);
  set_rows(c, -1);
  c.set_output(1, Shape{-1});
}

/// The rows that took part get their share of dy: dense, or as slices where
/// the call asks for it.
template <detail::FixedString Grad, detail::FixedString GradV2>
void segment_gradient(GradContext& g) {
  Tensor rows = shape(g.input(0))[0];
  if (!g.attr<bool>("sparse_gradient"))
    return g.set(0, raw<Grad>(g.dy(), g.input(1), g.input(2), rows));
  Tensors parts = raw<GradV2>.outputs({g.dy(), g.input(1), g.input(2), rows});
  g.set(0, IndexedSlices{parts[0], parts[1], shape(g.input(0))});
}

}  // namespace

void register_sparse_segments_ops(OpRegistry& registry) {
  constexpr auto sum_grad =
      segment_gradient<"SparseSegmentSumGrad", "SparseSegmentSumGradV2">;
  constexpr auto mean_grad =
      segment_gradient<"SparseSegmentMeanGrad", "SparseSegmentMeanGradV2">;
  constexpr auto sqrt_grad =
      segment_gradient<"SparseSegmentSqrtNGrad", "SparseSegmentSqrtNGradV2">;
  const std::initializer_list<std::string_view> read = {"indices",
                                                        "segment_ids"};
  registry.add("SparseSegmentSum")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .infer(reduced)
      .set_by_kernel()
      .grad(sum_grad)
      .grad_reads(read);
  registry.add("SparseSegmentMean")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .infer(reduced)
      .set_by_kernel()
      .grad(mean_grad)
      .grad_reads(read);
  registry.add("SparseSegmentSqrtN")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .infer(reduced)
      .set_by_kernel()
      .grad(sqrt_grad)
      .grad_reads(read);
  registry.add("SparseSegmentSumWithNumSegments")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("num_segments: Tnumsegments")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tnumsegments: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .host("num_segments")
      .infer(reduced_to)
      .set_by_kernel()
      .grad(sum_grad)
      .grad_reads(read);
  registry.add("SparseSegmentMeanWithNumSegments")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("num_segments: Tnumsegments")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tnumsegments: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .host("num_segments")
      .infer(reduced_to)
      .set_by_kernel()
      .grad(mean_grad)
      .grad_reads(read);
  registry.add("SparseSegmentSqrtNWithNumSegments")
      .input("data: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("num_segments: Tnumsegments")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tnumsegments: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .attr("sparse_gradient: bool = false")
      .traits(kHostOnly)
      .host("num_segments")
      .infer(reduced_to)
      .set_by_kernel()
      .grad(sqrt_grad)
      .grad_reads(read);

  registry.add("SparseSegmentSumGrad")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("output_dim0: int32")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("output_dim0")
      .infer(reduced_to)
      .set_by_kernel();
  registry.add("SparseSegmentMeanGrad")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("output_dim0: int32")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("output_dim0")
      .infer(reduced_to)
      .set_by_kernel();
  registry.add("SparseSegmentSqrtNGrad")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("output_dim0: int32")
      .output("output: T")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("output_dim0")
      .infer(reduced_to)
      .set_by_kernel();
  registry.add("SparseSegmentSumGradV2")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("dense_output_dim0: int32")
      .output("output: T")
      .output("sorted_unique_indices: Tidx")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("dense_output_dim0")
      .infer(unique_rows)
      .all_set_by_kernel();
  registry.add("SparseSegmentMeanGradV2")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("dense_output_dim0: int32")
      .output("output: T")
      .output("sorted_unique_indices: Tidx")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("dense_output_dim0")
      .infer(unique_rows)
      .all_set_by_kernel();
  registry.add("SparseSegmentSqrtNGradV2")
      .input("grad: T")
      .input("indices: Tidx")
      .input("segment_ids: Tsegmentids")
      .input("dense_output_dim0: int32")
      .output("output: T")
      .output("sorted_unique_indices: Tidx")
      .attr("T: {bfloat16, half, float, double}")
      .attr("Tidx: {int32, int64} = DT_INT32")
      .attr("Tsegmentids: {int32, int64} = DT_INT32")
      .traits(kHostOnly)
      .host("dense_output_dim0")
      .infer(unique_rows)
      .all_set_by_kernel();
}

namespace sparse {

Tensor segment_sum(const Tensor& data,
                   const Tensor& indices,
                   const Tensor& segment_ids,
                   const Tensor& num_segments) {
  if (!num_segments.defined())
    return raw<"SparseSegmentSum">(data, indices, segment_ids);
  return raw<"SparseSegmentSumWithNumSegments">(
      data, indices, segment_ids, num_segments);
}

Tensor segment_mean(const Tensor& data,
                    const Tensor& indices,
                    const Tensor& segment_ids,
                    const Tensor& num_segments) {
  if (!num_segments.defined())
    return raw<"SparseSegmentMean">(data, indices, segment_ids);
  return raw<"SparseSegmentMeanWithNumSegments">(
      data, indices, segment_ids, num_segments);
}

Tensor segment_sqrt_n(const Tensor& data,
                      const Tensor& indices,
                      const Tensor& segment_ids,
                      const Tensor& num_segments) {
  if (!num_segments.defined())
    return raw<"SparseSegmentSqrtN">(data, indices, segment_ids);
  return raw<"SparseSegmentSqrtNWithNumSegments">(
      data, indices, segment_ids, num_segments);
}

}  // namespace sparse
}  // namespace tern

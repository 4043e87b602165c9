// sorted_segment.cc: rows reduced into segments whose ids never decrease.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kNumbers =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";

/// data [n, rest...] and segment_ids [n] make [last id + 1, rest...].
void segments(InferContext& c) {
  const Shape& data = c.with_rank_at_least(0, 1);
  const Shape& ids = c.with_rank(1, 1);
  if (!data.has_rank()) return c.set_output(0, Shape::unknown());
  if (ids.has_rank() && ids[0] >= 0 && data[0] >= 0 && ids[0] != data[0])
    throw InvalidArgumentError(
        "segment_ids should be the same size as dimension 0 of input: ids ",
        ids.debug_string(),
        ", input ",
        data.debug_string());
  c.set_output(0, Shape({-1}).concatenate(data.slice(1)));
}

Tensor rows(const Tensor& segments, const Tensor& ids) {
  return gather(segments, ids);
}

/// How many rows a segment has, in data's dtype, shaped to divide its rows.
Tensor counts(const Tensor& data, const Tensor& ids) {
  Tensor ones_behind =
      raw<"Fill">(raw<"Reshape">(raw<"Sub">(rank(data), constant(1, int32)),
                                 constant({1}, int32)),
                  constant(1, int32));
  Tensor dims = raw<"ConcatV2">(Tensors{shape(ids), ones_behind, constant(0)});
  Tensor ones = raw<"Fill">(dims, constant(1, data.dtype()));
  return raw<"SegmentSum">(ones, ids);
}

/// Ties share the gradient evenly.
void extreme_gradient(GradContext& g) {
  const Tensor &data = g.input(0), &ids = g.input(1);
  Tensor selected = raw<"Equal">(data, rows(g.output(), ids));
  Tensor count =
      raw<"SegmentSum">(raw<"Cast">(selected, {{"DstT", data.dtype()}}), ids);
  Tensor share = rows(math::divide_no_nan(g.dy(), count), ids);
  g.set(0, raw<"SelectV2">(selected, share, zeros_like(share)));
}

/// The product of the others: by division, except where an element is zero.
void product_gradient(GradContext& g) {
  const Tensor &data = g.input(0), &ids = g.input(1);
  Tensor is_zero = raw<"Equal">(data, constant(0, data.dtype()));
  Tensor zeros =
      raw<"SegmentSum">(raw<"Cast">(is_zero, {{"DstT", int32}}), ids);
  // Two zeros in a segment: every product of others has one of them.
  Tensor dy = raw<"SelectV2">(
      raw<"Greater">(zeros, constant(1, int32)), zeros_like(g.dy()), g.dy());
  Tensor nonzero = raw<"SelectV2">(is_zero, ones_like(data), data);
  Tensor others = raw<"SelectV2">(is_zero,
                                  rows(raw<"SegmentProd">(nonzero, ids), ids),
                                  rows(g.output(), ids) / nonzero);
  g.set(0, rows(dy, ids) * others);
}

void add_segment_op(OpRegistry& registry,
                    const char* name,
                    const char* types,
                    GradFunction gradient) {
  registry.add(name)
      .input("data: T")
      .input("segment_ids: Tindices")
      .output("output: T")
      .attr(types)
      .attr("Tindices: {int32, int64}")
      .infer(segments)
      .set_by_kernel()
      .grad(std::move(gradient));
}

}  // namespace

void register_sorted_segment_ops(OpRegistry& registry) {
  add_segment_op(registry, "SegmentSum", kNumbers, [](GradContext& g) {
    g.set(0, rows(g.dy(), g.input(1)));
  });
  add_segment_op(registry, "SegmentMean", kNumbers, [](GradContext& g) {
    // A segment without rows has no share, and no NaN either.
    Tensor count = counts(g.input(0), g.input(1));
    g.set(0, rows(math::divide_no_nan(g.dy(), count), g.input(1)));
  });
  add_segment_op(registry, "SegmentProd", kNumbers, product_gradient);
  for (const char* name : {"SegmentMin", "SegmentMax"})
    add_segment_op(registry, name, "T: realnumbertype", extreme_gradient);
}

}  // namespace tern

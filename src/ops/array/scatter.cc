// scatter.cc: slices put into tensors at given places.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Checks indices [..., depth] and updates [..., slice] against the tensor of
/// shape `target` that they are put into: the leading dimensions of indices
/// and updates agree, and updates hold slices of the target.
void check_scatter(const Shape& indices,
                   const Shape& updates,
                   const Shape& target,
                   const char* target_name) {
  if (indices.rank() == 0 || target.rank() == 0)
    throw InvalidArgumentError(
        target_name,
        " and indices must be at least vectors, got shapes ",
        target.debug_string(),
        " and ",
        indices.debug_string());
  if (target.is_fully_known() && target.num_elements() == 0 &&
      ((indices.is_fully_known() && indices.num_elements() > 0) ||
       (updates.is_fully_known() && updates.num_elements() > 0)))
    throw InvalidArgumentError(
        "Indices and updates specified for empty ", target_name, " shape");
  if (!indices.has_rank() || !updates.has_rank()) return;
  const int outer = indices.rank() - 1;
  if (updates.rank() < outer ||
      !updates.slice(0, outer).is_compatible_with(indices.slice(0, outer)))
    throw InvalidArgumentError(
        "Outer dimensions of indices and update must match. Indices shape: ",
        indices.debug_string(),
        ", updates shape:",
        updates.debug_string());
  const std::int64_t depth = indices[-1];
  if (!target.has_rank() || depth < 0) return;
  if (depth > target.rank())
    throw InvalidArgumentError("index innermost dimension length must be <= ",
                               target_name,
                               " rank; saw: ",
                               depth,
                               " vs. ",
                               target.rank());
  const Shape inner = target.slice(static_cast<int>(depth));
  if (!updates.slice(outer).is_compatible_with(inner))
    throw InvalidArgumentError("Inner dimensions of ",
                               target_name,
                               " shape must match inner dimensions of updates "
                               "shape. ",
                               target_name,
                               ": ",
                               target.debug_string(),
                               " updates: ",
                               updates.debug_string());
}

void scattered(InferContext& c) {
  c.with_rank(2, 1);
  Shape target;
  if (auto dims = c.value_as_ints(2)) {
    for (std::int64_t dim : *dims)
      if (dim < 0)
        throw InvalidArgumentError("Dimension ", dim, " must be >= 0");
    target = Shape(*dims);
  } else {
    target = c.value_as_partial_shape(2);
  }
  check_scatter(c.input(0), c.input(1), target, "output");
  c.set_output(0, std::move(target));
}

void scattered_into_tensor(InferContext& c) {
  check_scatter(c.input(1), c.input(2), c.input(0), "input");
  c.set_output(0, c.input(0));
}

/// What the updates took part in.
Tensor at_indices(GradContext& g, const Tensor& tensor) {
  return raw<"GatherNd">(
      tensor,
      g.input(g.op().input_index("indices")),
      {{"bad_indices_policy", g.attr<std::string>("bad_indices_policy")}});
}

void scatter_nd_gradient(GradContext& g) { g.set(1, at_indices(g, g.dy())); }

void scatter_update_gradient(GradContext& g) {
  if (g.needs(0))
    g.set(0,
          raw<"TensorScatterUpdate">(
              g.dy(),
              g.input(1),
              zeros_like(g.input(2)),
              {{"bad_indices_policy",
                g.attr<std::string>("bad_indices_policy")}}));
  if (g.needs(2)) g.set(2, at_indices(g, g.dy()));
}

void scatter_add_gradient(GradContext& g) {
  if (g.needs(0)) g.set(0, g.dy());
  if (g.needs(2)) g.set(2, at_indices(g, g.dy()));
}

void scatter_sub_gradient(GradContext& g) {
  if (g.needs(0)) g.set(0, g.dy());
  if (g.needs(2)) g.set(2, raw<"Neg">(at_indices(g, g.dy())));
}

/// The gradient of an extreme is shared evenly by the tensor's element and the
/// updates that reach it.
void scatter_extreme_gradient(GradContext& g) {
  const Tensor& tensor = g.input(0);
  const Tensor& indices = g.input(1);
  const Tensor& updates = g.input(2);
  const DType type = tensor.dtype();
  auto indicator = [&](const Tensor& a, const Tensor& b) {
    return raw<"Cast">(raw<"Equal">(a, b), {{"DstT", type}});
  };
  const Tensor own = indicator(tensor, g.output());
  const Tensor theirs = indicator(updates, at_indices(g, g.output()));
  const Tensor sharers = raw<"AddV2">(
      own, raw<"ScatterNd">(indices, theirs, shape(tensor, indices.dtype())));
  const Tensor share = raw<"RealDiv">(g.dy(), sharers);
  if (g.needs(0)) g.set(0, raw<"Mul">(share, own));
  if (g.needs(2)) g.set(2, raw<"Mul">(at_indices(g, share), theirs));
}

OpBuilder& tensor_scatter(OpBuilder&& op) {
  return op.input("tensor: T")
      .input("indices: Tindices")
      .input("updates: T")
      .output("output: T")
      .attr("T: type")
      .attr("Tindices: {int32, int64}")
      .attr("bad_indices_policy: string = ''")
      .infer(scattered_into_tensor);
}

}  // namespace

void register_scatter_ops(OpRegistry& registry) {
  registry.add("ScatterNd")
      .input("indices: Tindices")
      .input("updates: T")
      .input("shape: Tindices")
      .output("output: T")
      .attr("T: type")
      .attr("Tindices: {int16, int32, int64}")
      .attr("bad_indices_policy: string = ''")
      .host("shape")
      .infer(scattered)
      .grad(scatter_nd_gradient)
      .grad_reads({"indices"});

  registry.add("TensorScatterUpdate")
      .input("tensor: T")
      .input("indices: Tindices")
      .input("updates: T")
      .output("output: T")
      .attr("T: type")
      .attr("Tindices: {int16, int32, int64, uint16}")
      .attr("bad_indices_policy: string = ''")
      .infer(scattered_into_tensor)
      .grad(scatter_update_gradient)
      .grad_reads({"indices"});

  registry.add("ScatterNdNonAliasingAdd")
      .input("input: T")
      .input("indices: Tindices")
      .input("updates: T")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64, bool}")
      .attr("Tindices: {int32, int64}")
      .attr("bad_indices_policy: string = ''")
      .infer(scattered_into_tensor)
      .grad(scatter_add_gradient)
      .grad_reads({"indices"});

  tensor_scatter(registry.add("TensorScatterAdd"))
      .grad(scatter_add_gradient)
      .grad_reads({"indices"});
  tensor_scatter(registry.add("TensorScatterSub"))
      .grad(scatter_sub_gradient)
      .grad_reads({"indices"});
  tensor_scatter(registry.add("TensorScatterMax"))
      .grad(scatter_extreme_gradient);
  tensor_scatter(registry.add("TensorScatterMin"))
      .grad(scatter_extreme_gradient);
}

Tensor scatter_nd(const Tensor& indices,
                  const Tensor& updates,
                  const ShapeArg& shape) {
  const DType type = indices.dtype();
  return raw<"ScatterNd">(indices, updates, as_integers(shape.tensor(), type));
}

Tensor tensor_scatter_nd_update(const Tensor& tensor,
                                const Tensor& indices,
                                const Tensor& updates) {
  return raw<"TensorScatterUpdate">(tensor, indices, updates);
}

Tensor tensor_scatter_nd_add(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates) {
  return raw<"TensorScatterAdd">(tensor, indices, updates);
}

}  // namespace tern

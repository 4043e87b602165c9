// arithmetic.cc: sums, extremes, products and softmax of sparse tensors.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/sparse/shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/sparse.h"

namespace tern {
namespace {

void check_same_rank(const InferContext& c) {
  const int a = check_sparse_input(c, 0), b = check_sparse_input(c, 3);
  if (a >= 0 && b >= 0 && a != b)
    throw InvalidArgumentError(
        "Operands do not have the same ranks; got shapes: ", a, " and ", b);
}

void added(InferContext& c) {
  check_same_rank(c);
  c.with_rank(6, 0);
  set_sparse_output(c, 0, check_sparse_input(c, 0));
}

void extremes(InferContext& c) {
  check_same_rank(c);
  c.set_output(0, Shape{-1, check_sparse_input(c, 0)});
  c.set_output(1, Shape{-1});
}

void add_grad_shapes(InferContext& c) {
  for (int i : {1, 2}) {
    const Shape& indices = c.with_rank(i, 2);
    c.set_output(i - 1, Shape{indices.has_rank() ? indices[0] : -1});
  }
}

void like_values(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, c.input(1));
}

void like_dense(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, c.input(3));
}

void reduced(InferContext& c) {
  check_sparse_input(c, 0);
  c.set_output(0, Shape::unknown());
  const Shape shape = c.value_as_partial_shape(2);
  const auto axes = c.value_as_ints(3);
  if (!shape.has_rank() || !axes) return;
  std::vector<bool> gone(static_cast<std::size_t>(shape.rank()), axes->empty());
  for (std::int64_t axis : *axes) {
    if (axis < -shape.rank() || axis >= shape.rank())
      throw InvalidArgumentError("Invalid reduction dimension ",
                                 axis,
                                 ", for input with ",
                                 shape.rank(),
                                 " dimensions.");
    gone[static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis)] =
        true;
  }
  Shape result;
  for (int d = 0; d < shape.rank(); ++d) {
    if (!gone[static_cast<std::size_t>(d)])
      result.append(shape[d]);
    else if (c.attr<bool>("keep_dims"))
      result.append(1);
  }
  c.set_output(0, result);
}

void reduced_to_sparse(InferContext& c) {
  check_sparse_input(c, 0);
  set_sparse_output(c, 0, -1);
}

void product_shape(InferContext& c) {
  c.with_rank(0, 2);
  c.with_rank(1, 1);
  const Shape dims = c.value_as_partial_shape(2);
  const Shape& b = c.with_rank(3, 2);
  const bool adjoint_a = c.attr<bool>("adjoint_a");
  const bool adjoint_b = c.attr<bool>("adjoint_b");
  if (dims.has_rank() && dims.rank() != 2)
    throw InvalidArgumentError("Tensor 'a_shape' must have 2 elements");
  std::int64_t rows = dims.has_rank() ? dims[adjoint_a ? 1 : 0] : -1;
  std::int64_t columns = b.has_rank() ? b[adjoint_b ? 0 : 1] : -1;
  c.set_output(0, Shape{rows, columns});
}

void dense_product_shape(InferContext& c) {
  const Shape &a = c.with_rank(0, 2), &b = c.with_rank(1, 2);
  const bool transpose_a = c.attr<bool>("transpose_a");
  const bool transpose_b = c.attr<bool>("transpose_b");
  auto dim = [](const Shape& shape, int i) {
    return shape.has_rank() ? shape[i] : -1;
  };
  const std::int64_t inner_a = dim(a, transpose_a ? 0 : 1);
  const std::int64_t inner_b = dim(b, transpose_b ? 1 : 0);
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b)
    throw InvalidArgumentError(
        "Dimensions must be equal, but are ", inner_a, " and ", inner_b);
  c.set_output(0,
               Shape{dim(a, transpose_a ? 1 : 0), dim(b, transpose_b ? 0 : 1)});
}

Tensor wide(const Tensor& x) { return cast(x, int64); }

/// dy at the place each entry was summed to.
void reduce_sum_gradient(GradContext& g) {
  const Tensor& dims = g.input(2);
  if (g.input(3).shape() == Shape{0}) {  // no axis means all of them
    Tensor all = raw<"ZerosLike">(g.input(0));
    Tensor sum = reshape(g.dy(), ones_like(dims));
    return g.set(1, gather_nd(sum, all));
  }
  Tensor kept = wide(raw<"ListDiff">.outputs(
      {range(shape(dims)[0]), raw<"FloorMod">(g.input(3), shape(dims)[0])})[0]);
  // Sizes of dy with 1 for what was reduced.
  Tensor sizes = raw<"TensorScatterUpdate">(
      ones_like(dims), expand_dims(kept, 1), gather(dims, kept));
  Tensor places = raw<"FloorDiv">(g.input(0), raw<"FloorDiv">(dims, sizes));
  g.set(1, gather_nd(reshape(g.dy(), sizes), places));
}

void matmul_gradient(GradContext& g) {
  const Tensor &indices = g.input(0), &values = g.input(1);
  const Tensor &a_shape = g.input(2), &b = g.input(3);
  const bool adjoint_a = g.attr<bool>("adjoint_a");
  const bool adjoint_b = g.attr<bool>("adjoint_b");
  const bool complex = b.dtype().is_complex();
  auto adjoint = [&](const Tensor& x) {
    return complex ? linalg::adjoint(x) : transpose(x);
  };
  auto conjugate = [&](const Tensor& x) { return complex ? math::conj(x) : x; };
  if (g.needs(3)) {
    Tensor db = raw<"SparseTensorDenseMatMul">(
        indices, values, a_shape, g.dy(), {{"adjoint_a", !adjoint_a}});
    g.set(3, adjoint_b ? adjoint(db) : db);
  }
  if (!g.needs(1)) return;
  // y = A·B: dA[r, c] = sum over k of dy[r, k] conj(B[c, k]).
  const Index everything = Slice{};
  Tensor rows = indices[{everything, 0}], columns = indices[{everything, 1}];
  Tensor of_dy = gather(g.dy(), adjoint_a ? columns : rows);
  Tensor of_b = gather(adjoint_b ? adjoint(b) : b, adjoint_a ? rows : columns);
  Tensor product =
      adjoint_a ? of_b * conjugate(of_dy) : of_dy * conjugate(of_b);
  g.set(1, reduce_sum(product, {.axis = 1}));
}

/// d(A·B) of the dense product, whichever operands are transposed.
void dense_matmul_gradient(GradContext& g) {
  Tensor a = cast(g.input(0), float32), b = cast(g.input(1), float32);
  const bool ta = g.attr<bool>("transpose_a"), tb = g.attr<bool>("transpose_b");
  const Tensor dy = g.dy();
  auto product = [](const Tensor& x, const Tensor& y, bool tx, bool ty) {
    return matmul(x, y, {.transpose_a = tx, .transpose_b = ty});
  };
  Tensor da = ta ? product(b, dy, tb, true) : product(dy, b, false, !tb);
  Tensor db = tb ? product(dy, a, true, ta) : product(a, dy, !ta, false);
  g.set(0, cast(da, g.input(0).dtype()));
  g.set(1, cast(db, g.input(1).dtype()));
}

/// The elements of the dense operand that the entries met, and how gradients
/// go back to it.
struct MetElements {
  Tensor indices, values;
};

MetElements met_elements(GradContext& g) {
  const Tensor &dims = g.input(2), &dense = g.input(3);
  Tensor own = shape(dense, int64);
  Tensor missing = shape(dims)[0] - shape(own)[0];
  Tensor padded = raw<"ConcatV2">(
      Tensors{raw<"Fill">(expand_dims(missing, 0), wide(Tensor(1))),
              own,
              Tensor(0)},
      {{"N", 2}});
  Tensor scaled = raw<"FloorDiv">(g.input(0), raw<"FloorDiv">(dims, padded));
  Tensor indices =
      raw<"Slice">(scaled,
                   raw<"Pack">(Tensors{Tensor(0), missing}, {{"N", 2}}),
                   Tensor(std::vector<std::int32_t>{-1, -1}));
  return {indices, gather_nd(dense, indices)};
}

void set_dense_gradient(GradContext& g,
                        const MetElements& met,
                        const Tensor& gradient) {
  if (!g.needs(3)) return;
  const Tensor& dense = g.input(3);
  g.set(3, raw<"ScatterNd">(met.indices, gradient, shape(dense, int64)));
}

void unimplemented_gradient(GradContext& g) {
  throw UnimplementedError(
      "Gradient for ", g.op().name, " is currently not implemented yet.");
}

void softmax_gradient(GradContext& g) {
  const Tensor &indices = g.input(0), &dims = g.input(2);
  const Tensor& y = g.output();
  Tensor sums = raw<"SparseReduceSum">(indices,
                                       y * g.dy(),
                                       dims,
                                       Tensor(std::vector<std::int32_t>{-1}),
                                       {{"keep_dims", true}});
  Tensor shifted = raw<"SparseDenseCwiseAdd">(indices, g.dy(), dims, -sums);
  g.set(1, shifted * y);
}

}  // namespace

void register_sparse_arithmetic_ops(OpRegistry& registry) {
  registry.add("SparseAdd")
      .input("a_indices: int64")
      .input("a_values: T")
      .input("a_shape: int64")
      .input("b_indices: int64")
      .input("b_values: T")
      .input("b_shape: int64")
      .input("thresh: Treal")
      .output("sum_indices: int64")
      .output("sum_values: T")
      .output("sum_shape: int64")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .attr(
          "Treal: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(added)
      .all_set_by_kernel()
      .grad([](GradContext& g) {
        Tensors parts = raw<"SparseAddGrad">.outputs(
            {g.dy(1), g.input(0), g.input(3), g.output(0)});
        g.set(1, parts[0]);
        g.set(4, parts[1]);
      })
      .grad_reads({"a_indices", "b_indices", "sum_indices"});
  registry.add("SparseAddGrad")
      .input("backprop_val_grad: T")
      .input("a_indices: int64")
      .input("b_indices: int64")
      .input("sum_indices: int64")
      .output("a_val_grad: T")
      .output("b_val_grad: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .no_grad()
      .traits(kHostOnly)
      .infer(add_grad_shapes)
      .all_set_by_kernel();
  registry.add("SparseSparseMaximum")
      .input("a_indices: int64")
      .input("a_values: T")
      .input("a_shape: int64")
      .input("b_indices: int64")
      .input("b_values: T")
      .input("b_shape: int64")
      .output("output_indices: int64")
      .output("output_values: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(extremes)
      .all_set_by_kernel()
      .grad(unimplemented_gradient);
  registry.add("SparseSparseMinimum")
      .input("a_indices: int64")
      .input("a_values: T")
      .input("a_shape: int64")
      .input("b_indices: int64")
      .input("b_values: T")
      .input("b_shape: int64")
      .output("output_indices: int64")
      .output("output_values: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(extremes)
      .all_set_by_kernel()
      .grad(unimplemented_gradient);

  registry.add("SparseDenseCwiseAdd")
      .input("sp_indices: int64")
      .input("sp_values: T")
      .input("sp_shape: int64")
      .input("dense: T")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(like_values)
      .grad(unimplemented_gradient);
  registry.add("SparseDenseCwiseMul")
      .input("sp_indices: int64")
      .input("sp_values: T")
      .input("sp_shape: int64")
      .input("dense: T")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(like_values)
      .grad([](GradContext& g) {
        MetElements met = met_elements(g);
        g.set(1, g.dy() * math::conj(met.values));
        set_dense_gradient(g, met, g.dy() * math::conj(g.input(1)));
      });
  registry.add("SparseDenseCwiseDiv")
      .input("sp_indices: int64")
      .input("sp_values: T")
      .input("sp_shape: int64")
      .input("dense: T")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .infer(like_values)
      .grad([](GradContext& g) {
        MetElements met = met_elements(g);
        Tensor divisor = math::conj(met.values);
        g.set(1, g.dy() / divisor);
        set_dense_gradient(
            g, met, -g.dy() * math::conj(g.input(1)) / (divisor * divisor));
      });
  registry.add("SparseTensorDenseAdd")
      .input("a_indices: Tindices")
      .input("a_values: T")
      .input("a_shape: Tindices")
      .input("b: T")
      .output("output: T")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .attr("Tindices: {int32, int64}")
      .traits(kHostOnly)
      .infer(like_dense)
      .grad([](GradContext& g) {
        if (g.needs(1)) g.set(1, gather_nd(g.dy(), g.input(0)));
        if (g.needs(3)) g.set(3, g.dy());
      })
      .grad_reads({"a_indices"});

  registry.add("SparseReduceSum")
      .input("input_indices: int64")
      .input("input_values: T")
      .input("input_shape: int64")
      .input("reduction_axes: int32")
      .output("output: T")
      .attr("keep_dims: bool = false")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .host({"input_shape", "reduction_axes"})
      .infer(reduced)
      .set_by_kernel()
      .grad(reduce_sum_gradient)
      .grad_reads({"input_indices", "input_shape", "reduction_axes"});
  registry.add("SparseReduceMax")
      .input("input_indices: int64")
      .input("input_values: T")
      .input("input_shape: int64")
      .input("reduction_axes: int32")
      .output("output: T")
      .attr("keep_dims: bool = false")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .traits(kHostOnly)
      .host({"input_shape", "reduction_axes"})
      .infer(reduced)
      .set_by_kernel();
  registry.add("SparseReduceSumSparse")
      .input("input_indices: int64")
      .input("input_values: T")
      .input("input_shape: int64")
      .input("reduction_axes: int32")
      .output("output_indices: int64")
      .output("output_values: T")
      .output("output_shape: int64")
      .attr("keep_dims: bool = false")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, complex64, int64, "
          "qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, "
          "complex128, half, uint32, uint64}")
      .traits(kHostOnly)
      .host("reduction_axes")
      .infer(reduced_to_sparse)
      .all_set_by_kernel();
  registry.add("SparseReduceMaxSparse")
      .input("input_indices: int64")
      .input("input_values: T")
      .input("input_shape: int64")
      .input("reduction_axes: int32")
      .output("output_indices: int64")
      .output("output_values: T")
      .output("output_shape: int64")
      .attr("keep_dims: bool = false")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .traits(kHostOnly)
      .host("reduction_axes")
      .infer(reduced_to_sparse)
      .all_set_by_kernel();

  registry.add("SparseSoftmax")
      .input("sp_indices: int64")
      .input("sp_values: T")
      .input("sp_shape: int64")
      .output("output: T")
      .attr("T: {half, float, double}")
      .traits(kHostOnly)
      .infer(like_values)
      .grad(softmax_gradient)
      .grad_reads({"sp_indices", "sp_shape", "output"});
  registry.add("SparseTensorDenseMatMul")
      .input("a_indices: Tindices")
      .input("a_values: T")
      .input("a_shape: int64")
      .input("b: T")
      .output("product: T")
      .attr("T: type")
      .attr("Tindices: {int32, int64} = DT_INT64")
      .attr("adjoint_a: bool = false")
      .attr("adjoint_b: bool = false")
      .traits(kHostOnly)
      .host("a_shape")
      .infer(product_shape)
      .set_by_kernel()
      .grad(matmul_gradient);
  registry.add("SparseMatMul")
      .input("a: Ta")
      .input("b: Tb")
      .output("product: float")
      .attr("transpose_a: bool = false")
      .attr("transpose_b: bool = false")
      .attr("a_is_sparse: bool = false")
      .attr("b_is_sparse: bool = false")
      .attr("Ta: {float, bfloat16} = DT_FLOAT")
      .attr("Tb: {float, bfloat16} = DT_FLOAT")
      .traits(kHostOnly)
      .infer(dense_product_shape)
      .grad(dense_matmul_gradient);
}

namespace sparse {

SparseTensor add(const SparseTensor& a,
                 const SparseTensor& b,
                 const Tensor& threshold) {
  const DType real = a.dtype() == complex64    ? float32
                     : a.dtype() == complex128 ? float64
                                               : a.dtype();
  Tensor least =
      threshold.defined() ? threshold.as_dtype(real) : zeros({}, real);
  Tensors parts = raw<"SparseAdd">.outputs({a.indices,
                                            a.values,
                                            a.dense_shape,
                                            b.indices,
                                            b.values,
                                            b.dense_shape,
                                            least});
  return {parts[0], parts[1], parts[2]};
}

Tensor add(const SparseTensor& a, const Tensor& b) {
  return raw<"SparseTensorDenseAdd">(a.indices, a.values, a.dense_shape, b);
}

SparseTensor maximum(const SparseTensor& sp_a, const SparseTensor& sp_b) {
  Tensors parts = raw<"SparseSparseMaximum">.outputs({sp_a.indices,
                                                      sp_a.values,
                                                      sp_a.dense_shape,
                                                      sp_b.indices,
                                                      sp_b.values,
                                                      sp_b.dense_shape});
  return {parts[0], parts[1], sp_a.dense_shape};
}

SparseTensor minimum(const SparseTensor& sp_a, const SparseTensor& sp_b) {
  Tensors parts = raw<"SparseSparseMinimum">.outputs({sp_a.indices,
                                                      sp_a.values,
                                                      sp_a.dense_shape,
                                                      sp_b.indices,
                                                      sp_b.values,
                                                      sp_b.dense_shape});
  return {parts[0], parts[1], sp_a.dense_shape};
}

SparseTensor multiply(const SparseTensor& x, const Tensor& y) {
  return {x.indices,
          raw<"SparseDenseCwiseMul">(x.indices, x.values, x.dense_shape, y),
          x.dense_shape};
}

namespace {

Tensor axes_of(const SparseTensor& input, const ReduceOptions& options) {
  std::vector<std::int32_t> axes;
  for (std::int64_t axis : options.axis.values())
    axes.push_back(static_cast<std::int32_t>(axis));
  if (!options.axis.is_given())
    for (int d = 0; d < input.shape().rank(); ++d) axes.push_back(d);
  return Tensor(axes);
}

}  // namespace

Tensor reduce_sum(const SparseTensor& sp_input, ReduceOptions options) {
  return raw<"SparseReduceSum">(sp_input.indices,
                                sp_input.values,
                                sp_input.dense_shape,
                                axes_of(sp_input, options),
                                {{"keep_dims", options.keepdims}});
}

Tensor reduce_max(const SparseTensor& sp_input, ReduceOptions options) {
  return raw<"SparseReduceMax">(sp_input.indices,
                                sp_input.values,
                                sp_input.dense_shape,
                                axes_of(sp_input, options),
                                {{"keep_dims", options.keepdims}});
}

SparseTensor softmax(const SparseTensor& sp_input) {
  return {sp_input.indices,
          raw<"SparseSoftmax">(
              sp_input.indices, sp_input.values, sp_input.dense_shape),
          sp_input.dense_shape};
}

Tensor sparse_dense_matmul(const SparseTensor& sp_a,
                           const Tensor& b,
                           SparseMatMulOptions options) {
  return raw<"SparseTensorDenseMatMul">(
      sp_a.indices,
      sp_a.values,
      sp_a.dense_shape,
      b,
      {{"adjoint_a", options.adjoint_a}, {"adjoint_b", options.adjoint_b}});
}

}  // namespace sparse
}  // namespace tern

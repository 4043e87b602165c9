// Matrix products: MatMul, the batched products and what is made of them.

#include <string>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/linalg.h"

namespace tern {
namespace {

/// Dimension i (from the end when negative), -1 where the rank is unknown.
std::int64_t dim_or_unknown(const Shape& shape, int i) {
  return shape.has_rank() ? shape[i] : -1;
}

/// Rows and columns of the product of the last two dimensions. Throws when the
/// inner dimensions differ.
Shape product_dims(const Shape& a, const Shape& b, bool flip_a, bool flip_b) {
  std::int64_t inner_a = dim_or_unknown(a, flip_a ? -2 : -1);
  std::int64_t inner_b = dim_or_unknown(b, flip_b ? -1 : -2);
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b)
    throw InvalidArgumentError("Matrix size-incompatible: In[0]: ",
                               a.debug_string(),
                               ", In[1]: ",
                               b.debug_string());
  return {dim_or_unknown(a, flip_a ? -1 : -2),
          dim_or_unknown(b, flip_b ? -2 : -1)};
}

void infer_matmul(InferContext& c) {
  const Shape& a = c.with_rank_at_least(0, 2);
  const Shape& b = c.with_rank_at_least(1, 2);
  if (a.has_rank() && b.has_rank() && a.rank() != b.rank())
    throw InvalidArgumentError("In[0] and In[1] has different ndims: ",
                               a.debug_string(),
                               " vs. ",
                               b.debug_string());
  c.with_rank(0, 2);
  c.with_rank(1, 2);
  c.set_output(
      0,
      product_dims(
          a, b, c.attr<bool>("transpose_a"), c.attr<bool>("transpose_b")));
}

/// A product with one bias a column.
void infer_fused_matmul(InferContext& c) {
  infer_matmul(c);
  std::int64_t columns = c.output(0)[1];
  const Shape& bias = c.with_rank(2, 1);
  if (bias.has_rank() && bias[0] >= 0 && columns >= 0 && bias[0] != columns)
    throw InvalidArgumentError(
        "Must provide as many biases as the last dimension of the input "
        "tensor: ",
        bias.debug_string(),
        " vs. ",
        c.output(0).debug_string());
}

/// The leading dimensions of a batched product.
Shape broadcast_batch(const Shape& x, const Shape& y) {
  try {
    return broadcast_static_shape(x.slice(0, -2), y.slice(0, -2));
  } catch (const InvalidArgumentError&) {
    throw InvalidArgumentError(
        "In[0] and In[1] must have compatible batch dimensions: ",
        x.debug_string(),
        " vs. ",
        y.debug_string());
  }
}

/// BatchMatMul, the oldest, wants equal leading dimensions.
Shape equal_batch(const Shape& x, const Shape& y) {
  try {
    return x.slice(0, -2).merge(y.slice(0, -2));
  } catch (const InvalidArgumentError&) {
    throw InvalidArgumentError(
        "In[0] and In[1] must have the same batch dimensions: ",
        x.debug_string(),
        " vs. ",
        y.debug_string());
  }
}

template <Shape (*Batch)(const Shape&, const Shape&)>
void infer_batch_matmul(InferContext& c) {
  const Shape& x = c.with_rank_at_least(0, 2);
  const Shape& y = c.with_rank_at_least(1, 2);
  Shape matrix =
      product_dims(x, y, c.attr<bool>("adj_x"), c.attr<bool>("adj_y"));
  c.set_output(0,
               x.has_rank() && y.has_rank() ? Batch(x, y).concatenate(matrix)
                                            : Shape::unknown());
}

using Product = Tensor (*)(const Tensor&, const Tensor&, bool, bool);

Tensor matrix_product(const Tensor& a,
                      const Tensor& b,
                      bool transpose_a,
                      bool transpose_b) {
  if (!transpose_a && !transpose_b) return raw<"MatMul">(a, b);
  return raw<"MatMul">(
      a, b, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

/// A matrix product, BiasAdd and, where one is named, an activation.
Tensors decompose_fused_matmul(const Tensors& inputs, const Attrs& attrs) {
  const OpDef& op = OpRegistry::global().get("_TernFusedMatMul");
  auto flips = [&](const char* name) {
    const AttrValue& flip =
        attrs[static_cast<std::size_t>(op.attr_index(name))];
    return flip.is_set() && flip.get<bool>();
  };
  Tensor y = raw<"BiasAdd">(
      matrix_product(
          inputs[0], inputs[1], flips("transpose_a"), flips("transpose_b")),
      inputs[2]);
  const AttrValue& activation =
      attrs[static_cast<std::size_t>(op.attr_index("activation"))];
  if (!activation.is_set() || activation.get<std::string>().empty()) return {y};
  return tern::apply(OpRegistry::global().get(activation.get<std::string>()),
                     Tensors{y})
      .to_vector();
}

Tensor batch_product(const Tensor& x, const Tensor& y, bool adj_x, bool adj_y) {
  return raw<"BatchMatMulV2">(x, y, {{"adj_x", adj_x}, {"adj_y", adj_y}});
}

/// With A = op(a), B = op(b) and adjoints ᴴ: dA = dy·Bᴴ and dB = Aᴴ·dy. A
/// flipped operand takes the flipped gradient, (dy·Bᴴ)ᴴ = B·dyᴴ.
Tensor gradient_of_a(Product product,
                     const Tensor& dy,
                     const Tensor& b,
                     bool flip_a,
                     bool flip_b) {
  return flip_a ? product(b, dy, flip_b, true) : product(dy, b, false, !flip_b);
}

Tensor gradient_of_b(Product product,
                     const Tensor& dy,
                     const Tensor& a,
                     bool flip_a,
                     bool flip_b) {
  return flip_b ? product(dy, a, true, flip_a) : product(a, dy, !flip_a, false);
}

/// MatMul transposes without conjugating, so its gradients conjugate apart.
Tensor conjugate(const Tensor& x) {
  return x.dtype().is_complex() ? raw<"Conj">(x) : x;
}

void matmul_grad(GradContext& g) {
  bool flip_a = g.attr<bool>("transpose_a");
  bool flip_b = g.attr<bool>("transpose_b");
  Tensor dy = g.dy();
  if (g.needs(0))
    g.set(0,
          gradient_of_a(
              matrix_product, dy, conjugate(g.input(1)), flip_a, flip_b));
  if (g.needs(1))
    g.set(1,
          gradient_of_b(
              matrix_product, dy, conjugate(g.input(0)), flip_a, flip_b));
}

Tensor as_type(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : raw<"Cast">(x, {{"DstT", dtype}});
}

void batch_matmul_grad(GradContext& g) {
  bool flip_x = g.attr<bool>("adj_x");
  bool flip_y = g.attr<bool>("adj_y");
  const Tensor& x = g.input(0);
  const Tensor& y = g.input(1);
  // BatchMatMulV3 may compute in a wider type than its operands have.
  Tensor dy = g.dy();
  if (g.needs(0)) {
    Tensor dx = gradient_of_a(
        batch_product, dy, as_type(y, dy.dtype()), flip_x, flip_y);
    g.set(0, as_type(sum_to_shape_of(dx, x), x.dtype()));
  }
  if (g.needs(1)) {
    Tensor dw = gradient_of_b(
        batch_product, dy, as_type(x, dy.dtype()), flip_x, flip_y);
    g.set(1, as_type(sum_to_shape_of(dw, y), y.dtype()));
  }
}

}  // namespace

void register_matmul_ops(OpRegistry& registry) {
  // grad_a, grad_b, grad_x and grad_y mark TensorFlow's gradient products for
  // its profilers; they change nothing.
  registry.add("MatMul")
      .input("a: T")
      .input("b: T")
      .output("product: T")
      .attr("transpose_a: bool = false")
      .attr("transpose_b: bool = false")
      .attr(
          "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, "
          "uint32, uint64, complex64, complex128}")
      .attr("grad_a: bool = false")
      .attr("grad_b: bool = false")
      .infer(infer_matmul)
      .grad(matmul_grad)
      .grad_reads({"a", "b"});

  registry.add("_TernFusedMatMul")
      .input("a: T")
      .input("b: T")
      .input("bias: T")
      .output("product: T")
      .attr("transpose_a: bool = false")
      .attr("transpose_b: bool = false")
      .attr(
          "activation: {'', 'Elu', 'Relu', 'Relu6', 'Selu', 'Sigmoid', "
          "'Softplus', 'Softsign', 'Tanh'} = ''")
      .attr("T: {bfloat16, half, float, double}")
      .infer(infer_fused_matmul)
      .decompose(decompose_fused_matmul);

  registry.add("BatchMatMul")
      .input("x: T")
      .input("y: T")
      .output("output: T")
      .attr(
          "T: {bfloat16, half, float, double, int32, int64, complex64, "
          "complex128}")
      .attr("adj_x: bool = false")
      .attr("adj_y: bool = false")
      .attr("grad_x: bool = false")
      .attr("grad_y: bool = false")
      .infer(infer_batch_matmul<equal_batch>)
      .grad(batch_matmul_grad)
      .grad_reads({"x", "y"});

  registry.add("BatchMatMulV2")
      .input("x: T")
      .input("y: T")
      .output("output: T")
      .attr(
          "T: {bfloat16, half, float, double, int16, int32, int64, uint8, "
          "uint16, uint32, uint64, complex64, complex128}")
      .attr("adj_x: bool = false")
      .attr("adj_y: bool = false")
      .attr("grad_x: bool = false")
      .attr("grad_y: bool = false")
      .infer(infer_batch_matmul<broadcast_batch>)
      .grad(batch_matmul_grad)
      .grad_reads({"x", "y"});

  registry.add("BatchMatMulV3")
      .input("x: Ta")
      .input("y: Tb")
      .output("output: Tout")
      .attr(
          "Ta: {bfloat16, half, float, double, uint8, int8, int16, int32, "
          "int64, complex64, complex128}")
      .attr(
          "Tb: {bfloat16, half, float, double, uint8, int8, int16, int32, "
          "int64, complex64, complex128}")
      .attr(
          "Tout: {bfloat16, half, float, double, int16, int32, int64, "
          "complex64, complex128}")
      .attr("adj_x: bool = false")
      .attr("adj_y: bool = false")
      .attr("grad_x: bool = false")
      .attr("grad_y: bool = false")
      .infer(infer_batch_matmul<broadcast_batch>)
      .grad(batch_matmul_grad)
      .grad_reads({"x", "y"});
}

Tensor matmul(const Tensor& a, const Tensor& b, MatMulOptions options) {
  bool batched = a.shape().rank() != 2 || b.shape().rank() != 2;
  if (!batched)
    return matrix_product(a, b, options.transpose_a, options.transpose_b);
  // The batched ops know adjoints only.
  return batch_product(options.transpose_a ? conjugate(a) : a,
                       options.transpose_b ? conjugate(b) : b,
                       options.transpose_a,
                       options.transpose_b);
}

}  // namespace tern

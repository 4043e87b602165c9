// solve.cc: inverses, determinants and systems of linear equations.

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/linalg/matrix_products.h"
#include "ops/linalg/matrix_shapes.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kTypes =
    "T: {double, float, half, complex64, complex128}";

void infer_determinants(InferContext& c) {
  const Shape& input = square_matrices(c, 0);
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, batch_and(input, {}));
}

/// The rows of matrix and right-hand sides agree.
void check_rows(const Shape& matrix, const Shape& rhs) {
  if (!matrix.has_rank() || !rhs.has_rank()) return;
  if (matrix[-1] >= 0 && rhs[-2] >= 0 && matrix[-1] != rhs[-2])
    throw InvalidArgumentError("Dimensions must be equal, but are ",
                               matrix[-1],
                               " and ",
                               rhs[-2],
                               ": the matrix has shape ",
                               matrix.debug_string(),
                               ", the right-hand sides ",
                               rhs.debug_string());
}

void infer_solve(InferContext& c) {
  const Shape& matrix = square_matrices(c, 0);
  const Shape& rhs = matrices(c, 1);
  check_rows(matrix, rhs);
  if (!matrix.has_rank() || !rhs.has_rank()) {
    c.set_output(0, Shape::unknown());
    return;
  }
  const Shape batch = matrix.slice(0, -2);
  if (!batch.is_compatible_with(rhs.slice(0, -2)))
    throw InvalidArgumentError(
        "Batch dimensions must be equal, but the matrices have shape ",
        matrix.debug_string(),
        ", the right-hand sides ",
        rhs.debug_string());
  c.set_output(
      0, batch.merge(rhs.slice(0, -2)).concatenate({matrix[-1], rhs[-1]}));
}

void infer_triangular_solve(InferContext& c) {
  const Shape& matrix = square_matrices(c, 0);
  const Shape& rhs = matrices(c, 1);
  check_rows(matrix, rhs);
  c.set_output(
      0,
      matrix.has_rank() && rhs.has_rank()
          ? broadcast_static_shape(matrix.slice(0, -2), rhs.slice(0, -2))
                .concatenate({matrix[-1], rhs[-1]})
          : Shape::unknown());
}

// --------------------------------------------------------------- gradients

/// Y = A⁻¹: dA = -Yᴴ dY Yᴴ; Y = A⁻ᴴ: dA = -Y dYᴴ Y.
void inverse_grad(GradContext& g) {
  const Tensor& y = g.output();
  Tensor da = g.attr<bool>("adjoint")
                  ? product(product_adjoint(y, g.dy()), y)
                  : adjoint_product(y, product_adjoint(g.dy(), y));
  g.set(0, -da);
}

/// One factor a matrix, along two new dimensions.
Tensor times_matrices(const Tensor& factors, const Tensor& x) {
  return expand_dims(expand_dims(factors, -1), -1) * x;
}

/// d det A = det A tr(A⁻¹ dA). For complex matrices TensorFlow leaves the
/// determinant unconjugated.
void determinant_grad(GradContext& g) {
  g.set(0,
        times_matrices(g.output() * g.dy(),
                       linalg::inv(g.input(0), {.adjoint = true})));
}

void log_determinant_grad(GradContext& g) {
  // The sign is constant almost everywhere.
  g.set(0, times_matrices(g.dy(1), linalg::inv(g.input(0), {.adjoint = true})));
}

/// A X = B: dB = A⁻ᴴ dX, dA = -dB Xᴴ; Aᴴ X = B: dB = A⁻¹ dX, dA = -X dBᴴ.
Tensor matrix_gradient(const Tensor& db, const Tensor& x, bool adjoint) {
  return -(adjoint ? product_adjoint(x, db) : product_adjoint(db, x));
}

void solve_grad(GradContext& g) {
  const bool adjoint = g.attr<bool>("adjoint");
  Tensor db = linalg::solve(g.input(0), g.dy(), {.adjoint = !adjoint});
  if (g.needs(0)) g.set(0, matrix_gradient(db, g.output(), adjoint));
  g.set(1, db);
}

void triangular_solve_grad(GradContext& g) {
  const bool lower = g.attr<bool>("lower");
  const bool adjoint = g.attr<bool>("adjoint");
  Tensor db = linalg::triangular_solve(
      g.input(0), g.dy(), {.lower = lower, .adjoint = !adjoint});
  if (g.needs(0)) {
    Tensor da = matrix_gradient(db, g.output(), adjoint);
    da = lower ? linalg::band_part(da, -1, 0) : linalg::band_part(da, 0, -1);
    g.set(0, sum_to_shape_of(da, g.input(0)));
  }
  if (g.needs(1)) g.set(1, sum_to_shape_of(db, g.input(1)));
}

}  // namespace

void register_solve_ops(OpRegistry& registry) {
  registry.add("MatrixInverse")
      .input("input: T")
      .output("output: T")
      .attr("adjoint: bool = false")
      .attr(kTypes)
      .infer([](InferContext& c) { c.set_output(0, square_matrices(c, 0)); })
      .grad(inverse_grad)
      .grad_reads({"output"});

  registry.add("MatrixDeterminant")
      .input("input: T")
      .output("output: T")
      .attr(kTypes)
      .infer(infer_determinants)
      .grad(determinant_grad);

  registry.add("LogMatrixDeterminant")
      .input("input: T")
      .output("sign: T")
      .output("log_abs_determinant: T")
      .attr(kTypes)
      .infer(infer_determinants)
      .grad(log_determinant_grad)
      .grad_reads({"input"});

  registry.add("MatrixSolve")
      .input("matrix: T")
      .input("rhs: T")
      .output("output: T")
      .attr("adjoint: bool = false")
      .attr(kTypes)
      .infer(infer_solve)
      .grad(solve_grad)
      .grad_reads({"matrix", "output"});

  registry.add("MatrixTriangularSolve")
      .input("matrix: T")
      .input("rhs: T")
      .output("output: T")
      .attr("lower: bool = true")
      .attr("adjoint: bool = false")
      .attr("T: {bfloat16, double, float, half, complex64, complex128}")
      .infer(infer_triangular_solve)
      .grad(triangular_solve_grad)
      .grad_reads({"matrix", "output"});

  // Names from before the ops took batches; TensorFlow gives them no gradient.
  registry.add("BatchMatrixInverse")
      .input("input: T")
      .output("output: T")
      .attr("adjoint: bool = false")
      .attr("T: {double, float}")
      .infer([](InferContext& c) { c.set_output(0, square_matrices(c, 0)); });
  registry.add("BatchMatrixDeterminant")
      .input("input: T")
      .output("output: T")
      .attr("T: {float, double, complex64, complex128}")
      .infer(infer_determinants);
  registry.add("BatchMatrixSolve")
      .input("matrix: T")
      .input("rhs: T")
      .output("output: T")
      .attr("adjoint: bool = false")
      .attr("T: {double, float}")
      .infer(infer_solve);
  registry.add("BatchMatrixTriangularSolve")
      .input("matrix: T")
      .input("rhs: T")
      .output("output: T")
      .attr("lower: bool = true")
      .attr("adjoint: bool = false")
      .attr("T: {double, float}")
      .infer(infer_triangular_solve);
}

namespace linalg {

Tensor inv(const Tensor& input, SolveOptions options) {
  return raw<"MatrixInverse">(input, {{"adjoint", options.adjoint}});
}

Tensor det(const Tensor& input) { return raw<"MatrixDeterminant">(input); }

LogDeterminant slogdet(const Tensor& input) {
  Tensors outputs = raw<"LogMatrixDeterminant">.outputs({input});
  return {outputs[0], outputs[1]};
}

Tensor solve(const Tensor& matrix, const Tensor& rhs, SolveOptions options) {
  return raw<"MatrixSolve">(matrix, rhs, {{"adjoint", options.adjoint}});
}

Tensor triangular_solve(const Tensor& matrix,
                        const Tensor& rhs,
                        TriangularSolveOptions options) {
  return raw<"MatrixTriangularSolve">(
      matrix, rhs, {{"lower", options.lower}, {"adjoint", options.adjoint}});
}

namespace {

/// The last two dimensions exchanged.
Tensor exchanged(const Tensor& x, bool conjugate) {
  const int rank = x.shape().rank();
  if (rank < 0) {
    Tensor leading = raw<"Rank">(x) - 2;
    Tensor perm = concat({range(leading), leading + Tensor({1, 0})}, 0);
    return conjugate ? raw<"ConjugateTranspose">(x, perm)
                     : raw<"Transpose">(x, perm);
  }
  if (rank < 2)
    throw InvalidArgumentError(
        "Argument `a` should be a (batch) matrix with rank >= 2. Received "
        "shape: ",
        x.shape().str());
  std::vector<std::int64_t> perm(static_cast<std::size_t>(rank));
  for (int i = 0; i < rank; ++i) perm[static_cast<std::size_t>(i)] = i;
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return transpose(x, {.perm = perm, .conjugate = conjugate});
}

}  // namespace

Tensor matrix_transpose(const Tensor& a) { return exchanged(a, false); }

Tensor adjoint(const Tensor& matrix) {
  return exchanged(matrix, matrix.dtype().is_complex());
}

}  // namespace linalg
}  // namespace tern

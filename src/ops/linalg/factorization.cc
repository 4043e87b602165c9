// factorization.cc: LU, least squares, functions of matrices, and the gradient
// of Cholesky's decomposition as an op.

#include <cmath>

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

void infer_lu(InferContext& c) {
  const Shape& input = square_matrices(c, 0);
  c.set_output(0, input);
  c.set_output(1, batch_and(input, {input.has_rank() ? input[-1] : -1}));
}

void infer_solve_ls(InferContext& c) {
  const Shape &matrix = matrices(c, 0), &rhs = matrices(c, 1);
  c.with_rank(2, 0);
  if (!matrix.has_rank() || !rhs.has_rank())
    return c.set_output(0, Shape::unknown());
  if (matrix[-2] >= 0 && rhs[-2] >= 0 && matrix[-2] != rhs[-2])
    throw InvalidArgumentError("Dimensions must be equal, but are ",
                               matrix[-2],
                               " and ",
                               rhs[-2],
                               ": the matrix has shape ",
                               matrix.debug_string(),
                               ", the right-hand sides ",
                               rhs.debug_string());
  if (!matrix.slice(0, -2).is_compatible_with(rhs.slice(0, -2)))
    throw InvalidArgumentError(
        "Batch dimensions must be equal, but the matrices have shape ",
        matrix.debug_string(),
        ", the right-hand sides ",
        rhs.debug_string());
  c.set_output(0, batch_and(matrix, {matrix[-1], rhs[-1]}));
}

/// AᴴA + λI, or AAᴴ + λI, decomposed.
Tensor regularized_gram(const Tensor& a, const Tensor& lambda, bool first) {
  Tensor gram = first ? adjoint_product(a, a) : product_adjoint(a, a);
  Tensor diagonal = linalg::diag_part(gram);
  return linalg::cholesky(
      linalg::set_diag(gram, diagonal + cast(lambda, a.dtype())));
}

void solve_ls_grad(GradContext& g) {
  if (!g.attr<bool>("fast"))
    throw InvalidArgumentError("Gradient not defined for fast=False");
  const Tensor &a = g.input(0), &b = g.input(1), &x = g.output();
  Tensor dx = g.dy();
  const Shape& shape = a.shape();
  if (!shape.has_rank() || shape[-1] < 0 || shape[-2] < 0)
    throw InvalidArgumentError(
        "The gradient of MatrixSolveLs needs matrices of known size, got ",
        shape.debug_string());
  if (shape[-2] >= shape[-1]) {
    Tensor gram = regularized_gram(a, g.input(2), true);
    Tensor z = linalg::cholesky_solve(gram, dx);
    if (g.needs(0)) {
      Tensor xz = product_adjoint(x, z);
      g.set(0, product_adjoint(b, z) - product(a, xz + linalg::adjoint(xz)));
    }
    if (g.needs(1)) g.set(1, product(a, z));
    return;
  }
  Tensor gram = regularized_gram(a, g.input(2), false);
  Tensor db = linalg::cholesky_solve(gram, product(a, dx));
  if (g.needs(0)) {
    Tensor y = linalg::cholesky_solve(gram, b);
    Tensor first = product(db, adjoint_product(y, a));
    Tensor second = product_adjoint(y, dx - adjoint_product(a, db));
    g.set(0, second - first);
  }
  g.set(1, db);
}

/// S S = A: dA solves Sᴴ dA + dA Sᴴ = dS, a linear system in dA's elements row
/// by row: (Sᴴ ⊗ I + I ⊗ conj(S)) vec(dA).
void square_root_grad(GradContext& g) {
  const Tensor& s = g.output();
  Tensor dims = shape(s);
  Tensor n = dims[-1], batch = dims[Slice{.stop = -2}];
  Tensor identity = raw<"MatrixDiag">(
      raw<"Fill">(expand_dims(n, 0), cast(Tensor(1), s.dtype())));
  auto kronecker = [&](const Tensor& a, const Tensor& b) {
    Tensor rows = expand_dims(expand_dims(a, -1), -3);
    Tensor columns = expand_dims(expand_dims(b, -2), -4);
    return reshape(rows * columns, concat({batch, stack({n * n, n * n})}, 0));
  };
  Tensor system = kronecker(linalg::adjoint(s), identity) +
                  kronecker(identity, math::conj(s));
  Tensor vec = reshape(g.dy(), concat({batch, stack({n * n, Tensor(1)})}, 0));
  g.set(0, reshape(linalg::solve(system, vec), dims));
}

OpBuilder add_function(OpRegistry& registry,
                       const char* name,
                       const char* types) {
  OpBuilder op = registry.add(name);
  op.input("input: T").output("output: T").attr(types);
  return op.infer(
      [](InferContext& c) { c.set_output(0, square_matrices(c, 0)); });
}

void add_cholesky_grad(OpRegistry& registry,
                       const char* name,
                       const char* types) {
  registry.add(name)
      .input("l: T")
      .input("grad: T")
      .output("output: T")
      .attr(types)
      .infer([](InferContext& c) {
        const Shape &l = square_matrices(c, 0), &grad = square_matrices(c, 1);
        if (!l.is_compatible_with(grad))
          throw InvalidArgumentError("l and grad must have the same shape: ",
                                     l.debug_string(),
                                     " vs. ",
                                     grad.debug_string());
        c.set_output(0, l.merge(grad));
      });
}

}  // namespace

void register_factorization_ops(OpRegistry& registry) {
  registry.add("Lu")
      .input("input: T")
      .output("lu: T")
      .output("p: output_idx_type")
      .attr(kTypes)
      .attr("output_idx_type: {int32, int64} = DT_INT32")
      .infer(infer_lu);
  for (const char* name : {"MatrixSolveLs", "BatchMatrixSolveLs"}) {
    const bool batch = std::string_view(name) != "MatrixSolveLs";
    OpBuilder op = registry.add(name);
    op.input("matrix: T").input("rhs: T").input("l2_regularizer: double");
    op.output("output: T").attr(batch ? "T: {double, float}" : kTypes);
    op.attr("fast: bool = true").host("l2_regularizer").infer(infer_solve_ls);
    if (!batch) op.grad(solve_ls_grad);
  }
  add_function(registry, "MatrixExponential", kTypes);
  add_function(registry, "MatrixLogarithm", "T: {complex64, complex128}");
  add_function(registry, "MatrixSquareRoot", kTypes)
      .grad(square_root_grad)
      .grad_reads({"output"});
  add_cholesky_grad(registry, "CholeskyGrad", "T: {half, float, double}");
  add_cholesky_grad(registry, "BatchCholeskyGrad", "T: {float, double}");
}

namespace linalg {

Lu lu(const Tensor& input, DType output_idx_type) {
  Tensors outputs =
      raw<"Lu">.outputs({input}, {{"output_idx_type", output_idx_type}});
  return {outputs[0], outputs[1]};
}

namespace {

/// L (with ones on its diagonal) and U packed into one matrix.
Tensor unit_lower(const Tensor& lower_upper) {
  Tensor below = band_part(lower_upper, -1, 0);
  return set_diag(below, ones_like(diag_part(lower_upper)));
}

/// Rows of x in the order of `perm`, batch by batch.
Tensor rows_in_order(const Tensor& x, const Tensor& perm) {
  const int batch = perm.shape().rank() - 1;
  return gather(x, perm, {.axis = batch, .batch_dims = batch});
}

/// For each i the place where perm has it.
Tensor inverse_order(const Tensor& perm) { return argsort(perm); }

}  // namespace

Tensor lu_reconstruct(const Tensor& lower_upper, const Tensor& perm) {
  Tensor product =
      matmul(unit_lower(lower_upper), band_part(lower_upper, 0, -1));
  return rows_in_order(product, inverse_order(perm));
}

Tensor lu_solve(const Tensor& lower_upper,
                const Tensor& perm,
                const Tensor& rhs) {
  Tensor y =
      triangular_solve(unit_lower(lower_upper), rows_in_order(rhs, perm));
  return triangular_solve(lower_upper, y, {.lower = false});
}

Tensor lu_matrix_inverse(const Tensor& lower_upper, const Tensor& perm) {
  Tensor identity =
      set_diag(zeros_like(lower_upper), ones_like(diag_part(lower_upper)));
  return lu_solve(lower_upper, perm, identity);
}

Tensor cholesky_solve(const Tensor& chol, const Tensor& rhs) {
  return triangular_solve(chol, triangular_solve(chol, rhs), {.adjoint = true});
}

Tensor lstsq(const Tensor& matrix,
             const Tensor& rhs,
             const LstsqOptions& options) {
  return raw<"MatrixSolveLs">(matrix,
                              rhs,
                              constant(options.l2_regularizer, float64),
                              {{"fast", options.fast}});
}

Tensor expm(const Tensor& input) {
  // Scaling and squaring with Padé's approximant of degree 13 (Higham, 2005),
  // in public ops, since TensorFlow's op was removed.
  constexpr double kRadius = 5.371920351148152;
  Tensor norms = reduce_max(reduce_sum(abs(input), {.axis = -2}),
                            {.axis = -1, .keepdims = true});
  Tensor squarings =
      maximum(math::ceil(log(norms / kRadius) / std::log(2.0)), 0);
  squarings = where(math::is_finite(squarings), squarings, 0);
  Tensor scale = expand_dims(pow(2.0, -squarings), -1);
  Tensor a = input * cast(scale, input.dtype());
  const double b[] = {64764752532480000,
                      32382376266240000,
                      7771770303897600,
                      1187353796428800,
                      129060195264000,
                      10559470521600,
                      670442572800,
                      33522128640,
                      1323241920,
                      40840800,
                      960960,
                      16380,
                      182,
                      1};
  Tensor identity = set_diag(zeros_like(a), ones_like(diag_part(a)));
  Tensor a2 = matmul(a, a), a4 = matmul(a2, a2), a6 = matmul(a4, a2);
  Tensor odd = matmul(a,
                      matmul(a6, b[13] * a6 + b[11] * a4 + b[9] * a2) +
                          b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * identity);
  Tensor even = matmul(a6, b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 +
                b[4] * a4 + b[2] * a2 + b[0] * identity;
  Tensor result = solve(even - odd, even + odd);
  // Each matrix is squared as often as it was halved.
  if (squarings.is_symbolic())
    throw UnimplementedError(
        "expm: how often to square depends on values that a traced function "
        "does not know");
  Tensor most = reduce_max(squarings);
  const auto count = input.num_elements() == 0
                         ? 0
                         : static_cast<int>(cast(most, float32).item<float>());
  for (int i = 0; i < count; ++i)
    result =
        where(expand_dims(squarings, -1) > i, matmul(result, result), result);
  return result;
}

Tensor logm(const Tensor& input) { return raw<"MatrixLogarithm">(input); }
Tensor sqrtm(const Tensor& input) { return raw<"MatrixSquareRoot">(input); }

Tensor matvec(const Tensor& a, const Tensor& b, MatVecOptions options) {
  Tensor columns = matmul(options.adjoint_a ? adjoint(a) : a,
                          expand_dims(b, -1),
                          {.transpose_a = options.transpose_a});
  return squeeze(columns, -1);
}

Tensor logdet(const Tensor& matrix) {
  Tensor chol = cholesky(matrix);
  return 2 * reduce_sum(log(math::real(diag_part(chol))), {.axis = -1});
}

namespace {

/// The smallest singular value that counts, relative to the largest, for
/// matrices of that shape.
double relative_epsilon(const Tensor& a) {
  const Shape& shape = a.shape();
  const double epsilon = a.dtype() == float64 || a.dtype() == complex128
                             ? 2.220446049250313e-16
                             : 1.1920928955078125e-07;
  return epsilon * static_cast<double>(std::max(shape[-1], shape[-2]));
}

}  // namespace

Tensor matrix_rank(const Tensor& a, const MatrixRankOptions& options) {
  Tensor s = svd(a, {.compute_uv = false}).s;
  Tensor least = options.tol ? Tensor(*options.tol)
                             : reduce_max(s, {.axis = -1, .keepdims = true}) *
                                   relative_epsilon(a);
  return reduce_sum(cast(s > least, int32), {.axis = -1});
}

Tensor pinv(const Tensor& a, const PinvOptions& options) {
  const double rcond = options.rcond.value_or(10 * relative_epsilon(a));
  Svd usv = svd(a);
  Tensor cutoff = rcond * reduce_max(usv.s, {.axis = -1, .keepdims = true});
  Tensor inverse = where(usv.s > cutoff, math::reciprocal(usv.s), 0);
  Tensor scaled = usv.v * cast(expand_dims(inverse, -2), a.dtype());
  return matmul(scaled, adjoint(usv.u));
}

Normalized normalize(const Tensor& tensor, NormOptions options) {
  options.keepdims = true;
  Tensor length = norm(tensor, options);
  return {tensor / cast(length, tensor.dtype()), length};
}

}  // namespace linalg
}  // namespace tern

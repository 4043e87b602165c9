// lu.cc: what follows from a matrix' LU decomposition with partial pivoting.

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "kernels/cpu/plain/linalg/matrix_batch.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class N>
using Lu = Eigen::PartialPivLU<Matrix<N>>;

/// The decomposition of the matrix, or of its adjoint. Throws when a pivot is
/// zero (or NaN).
template <class N>
Lu<N> invertible(Matrix<N> matrix, bool adjoint, const char* message) {
  if (adjoint) matrix.adjointInPlace();
  Lu<N> lu(matrix);
  if (!(lu.matrixLU().diagonal().cwiseAbs().minCoeff() > 0))
    throw InvalidArgumentError(message);
  return lu;
}

/// The factors in one matrix, and the order of the rows they belong to.
template <class N>
void lu(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> out(c.output(0), 2);
  Tensor& order = c.output(1);
  const std::int64_t n = in.rows();
  if (n == 0) return;
  order.mutable_data();
  in.for_each([&](std::int64_t i) {
    const Lu<N> lu = invertible(in.load(i), false, "Input is not invertible.");
    out.store(i, lu.matrixLU());
    const Eigen::VectorXi rows = lu.permutationP().transpose().eval().indices();
    for (std::int64_t r = 0; r < n; ++r)
      if (order.dtype() == int32)
        order.data<std::int32_t>()[i * n + r] = rows(r);
      else
        order.data<std::int64_t>()[i * n + r] = rows(r);
  });
}

template <class N>
void matrix_inverse(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> out(c.output(), 2);
  const bool adjoint = c.attr<bool>("adjoint");
  if (in.rows() == 0) return;
  in.for_each([&](std::int64_t i) {
    const Lu<N> lu =
        invertible(in.load(i), adjoint, "Input is not invertible.");
    out.store(i, lu.solve(Matrix<N>::Identity(in.rows(), in.rows()).eval()));
  });
}

template <class N>
void matrix_solve(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2), rhs(c.input(1), 2);
  MatrixBatch<N> out(c.output(), 2);
  const bool adjoint = c.attr<bool>("adjoint");
  if (in.rows() == 0 || rhs.columns() == 0) return;
  in.for_each([&](std::int64_t i) {
    const Lu<N> lu =
        invertible(in.load(i), adjoint, "Input matrix is not invertible.");
    out.store(i, lu.solve(rhs.load(i)));
  });
}

template <class N>
struct LogDeterminant {
  N sign = 1;
  double log_abs = 0;
};

/// As a sum of logarithms, in which nothing overflows. A singular matrix has
/// sign 0 and logarithm -inf.
template <class N>
LogDeterminant<N> log_determinant(const Matrix<N>& matrix) {
  LogDeterminant<N> result;
  if (matrix.size() == 0) return result;
  const Lu<N> lu(matrix);
  result.sign = static_cast<N>(lu.permutationP().determinant());
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    const N pivot = lu.matrixLU()(i, i);
    result.log_abs += std::log(std::abs(pivot));
    result.sign *= pivot / std::abs(pivot);
  }
  if (std::isfinite(result.log_abs)) return result;
  const double infinity = std::numeric_limits<double>::infinity();
  return {N(0), result.log_abs > 0 ? infinity : -infinity};
}

template <class N>
void matrix_determinant(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> out(c.output(), 0);
  in.for_each([&](std::int64_t i) {
    const LogDeterminant<N> d = log_determinant(in.load(i));
    out.store_constant(i, d.sign * std::exp(d.log_abs));
  });
}

template <class N>
void log_matrix_determinant(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> sign(c.output(0), 0), log_abs(c.output(1), 0);
  in.for_each([&](std::int64_t i) {
    const LogDeterminant<N> d = log_determinant(in.load(i));
    sign.store_constant(i, d.sign);
    log_abs.store_constant(i, d.log_abs);
  });
}

}  // namespace

void register_lu_kernels(KernelRegistry& registry) {
  using Complex = std::complex<double>;
  add_matrix_kernel(
      registry, "Lu", {float32, float64}, lu<double>, lu<Complex>);
  for (DType type : {float32, float64}) {
    registry.add("BatchMatrixInverse", {{"T", type}}, matrix_inverse<double>);
    registry.add("BatchMatrixSolve", {{"T", type}}, matrix_solve<double>);
  }
  add_matrix_kernel(registry,
                    "BatchMatrixDeterminant",
                    {float32, float64},
                    matrix_determinant<double>,
                    matrix_determinant<Complex>);
  add_matrix_kernel(registry,
                    "MatrixInverse",
                    {float16, float32, float64},
                    matrix_inverse<double>,
                    matrix_inverse<Complex>);
  add_matrix_kernel(registry,
                    "MatrixSolve",
                    {float32, float64},
                    matrix_solve<double>,
                    matrix_solve<Complex>);
  add_matrix_kernel(registry,
                    "MatrixDeterminant",
                    {float32, float64},
                    matrix_determinant<double>,
                    matrix_determinant<Complex>);
  add_matrix_kernel(registry,
                    "LogMatrixDeterminant",
                    {float32, float64},
                    log_matrix_determinant<double>,
                    log_matrix_determinant<Complex>);
}

}  // namespace tern

// matrix_functions.cc: exponentials, logarithms and square roots of matrices.

#include <Eigen/Eigenvalues>
#include <cmath>

#include "kernels/cpu/plain/linalg/matrix_batch.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Complex = std::complex<double>;

double one_norm(const Matrix<Complex>& a) {
  return a.size() == 0 ? 0 : a.cwiseAbs().colwise().sum().maxCoeff();
}

/// The upper triangle U with U U = T for upper triangular T (Björck and
/// Hammarling, 1983).
Matrix<Complex> triangular_sqrt(const Matrix<Complex>& t) {
  const Eigen::Index n = t.rows();
  Matrix<Complex> u = Matrix<Complex>::Zero(n, n);
  for (Eigen::Index j = 0; j < n; ++j) {
    u(j, j) = std::sqrt(t(j, j));
    for (Eigen::Index i = j; i-- > 0;) {
      Complex rest = t(i, j);
      for (Eigen::Index k = i + 1; k < j; ++k) rest -= u(i, k) * u(k, j);
      const Complex sum = u(i, i) + u(j, j);
      u(i, j) = sum == 0.0 ? Complex(0) : rest / sum;
    }
  }
  return u;
}

/// log T for upper triangular T: square roots until it is near I, then the
/// integral of X (I + s X)^-1 over s from 0 to 1, X = T - I, by Gauss and
/// Legendre's rule.
Matrix<Complex> triangular_log(Matrix<Complex> t) {
  constexpr double kNear = 0.25;
  constexpr int kMostRoots = 100;
  const Matrix<Complex> identity =
      Matrix<Complex>::Identity(t.rows(), t.cols());
  double scale = 1;
  for (int i = 0; i < kMostRoots && one_norm(t - identity) > kNear; ++i) {
    t = triangular_sqrt(t);
    scale *= 2;
  }
  const Matrix<Complex> x = t - identity;
  // Nodes and weights of 8 points on [-1, 1] (NIST Handbook, 3.5.v).
  constexpr double kNodes[] = {0.1834346424956498,
                               0.5255324099163290,
                               0.7966664774136267,
                               0.9602898564975363};
  constexpr double kWeights[] = {0.3626837833783620,
                                 0.3137066458778873,
                                 0.2223810344533745,
                                 0.1012285362903763};
  Matrix<Complex> sum = Matrix<Complex>::Zero(t.rows(), t.cols());
  for (int k = 0; k < 4; ++k)
    for (double sign : {-1.0, 1.0}) {
      const double s = 0.5 + 0.5 * sign * kNodes[k];
      const Matrix<Complex> factor = identity + s * x;
      sum += 0.5 * kWeights[k] * factor.triangularView<Eigen::Upper>().solve(x);
    }
  return scale * sum;
}

/// f(A) = U f(T) Uᴴ for A = U T Uᴴ (Schur's decomposition).
template <class F>
Matrix<Complex> through_triangle(const Matrix<Complex>& a,
                                 const char* op,
                                 F function) {
  if (!a.allFinite())
    throw InvalidArgumentError(op, ": Input matrix is not finite.");
  const Eigen::ComplexSchur<Matrix<Complex>> schur(a);
  if (schur.info() != Eigen::Success)
    throw InvalidArgumentError(op, ": Schur's decomposition did not converge.");
  return schur.matrixU() * function(schur.matrixT()) *
         schur.matrixU().adjoint();
}

/// exp T for upper triangular T by scaling and squaring: Taylor's series of a
/// matrix of norm below 1/2 has a relative error below 1e-16 after 18 terms.
Matrix<Complex> triangular_exp(Matrix<Complex> t) {
  int squarings = 0;
  double norm = one_norm(t);
  for (; norm > 0.5; norm *= 0.5) ++squarings;
  t *= std::ldexp(1.0, -squarings);
  Matrix<Complex> term = Matrix<Complex>::Identity(t.rows(), t.cols());
  Matrix<Complex> sum = term;
  for (int k = 1; k <= 18; ++k) {
    term = (term * t).eval() / static_cast<double>(k);
    sum += term;
  }
  for (int i = 0; i < squarings; ++i) sum = (sum * sum).eval();
  return sum;
}

/// Real matrices have real results, where there are any.
template <class N, Matrix<Complex> (*Function)(Matrix<Complex>)>
void matrix_function(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (in.rows() == 0) return;
  in.for_each([&](std::int64_t i) {
    const Matrix<Complex> result =
        through_triangle(in.load(i).template cast<Complex>(),
                         c.op().name.c_str(),
                         [](const Matrix<Complex>& t) { return Function(t); });
    if constexpr (std::is_same_v<N, double>)
      out.store(i, result.real());
    else
      out.store(i, result);
  });
}

Matrix<Complex> square_root(Matrix<Complex> t) { return triangular_sqrt(t); }

}  // namespace

void register_matrix_function_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "MatrixExponential",
                    {float32, float64},
                    matrix_function<double, triangular_exp>,
                    matrix_function<Complex, triangular_exp>);
  add_matrix_kernel(registry,
                    "MatrixLogarithm",
                    {},
                    nullptr,
                    matrix_function<Complex, triangular_log>);
  add_matrix_kernel(registry,
                    "MatrixSquareRoot",
                    {float32, float64},
                    matrix_function<double, square_root>,
                    matrix_function<Complex, square_root>);
}

}  // namespace tern

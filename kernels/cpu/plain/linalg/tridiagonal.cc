// tridiagonal.cc: systems and products with matrices of three diagonals, and
// systems with banded triangles.

#include <utility>

#include "kernels/cpu/plain/linalg/matrix_batch.h"
#include "tern/core/error.h"

namespace tern {
namespace {

[[noreturn]] void throw_not_invertible() {
  throw InvalidArgumentError("Input matrix is not invertible.");
}

/// Gauss' elimination with rows exchanged where the element below is larger;
/// that puts a second diagonal above the main one. `diagonals`: above, main,
/// below; the right-hand sides become the solutions.
template <class N>
void solve_with_pivots(Matrix<N> diagonals, Matrix<N>& x) {
  const Eigen::Index n = x.rows();
  auto above = diagonals.row(0), main = diagonals.row(1),
       below = diagonals.row(2);
  Matrix<N> second = Matrix<N>::Zero(1, n);
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    if (std::abs(main(i)) >= std::abs(below(i + 1))) {
      if (main(i) == N(0)) throw_not_invertible();
      const N factor = below(i + 1) / main(i);
      main(i + 1) -= factor * above(i);
      x.row(i + 1) -= factor * x.row(i);
    } else {
      const N factor = main(i) / below(i + 1);
      const N next = main(i + 1);
      main(i) = below(i + 1);
      main(i + 1) = above(i) - factor * next;
      above(i) = next;
      if (i + 2 < n) {
        second(i) = above(i + 1);
        above(i + 1) = -factor * second(i);
      }
      const Matrix<N> row = x.row(i);
      x.row(i) = x.row(i + 1);
      x.row(i + 1) = row - factor * x.row(i);
    }
  }
  if (main(n - 1) == N(0)) throw_not_invertible();
  for (Eigen::Index i = n; i-- > 0;) {
    if (i + 1 < n) x.row(i) -= above(i) * x.row(i + 1);
    if (i + 2 < n) x.row(i) -= second(i) * x.row(i + 2);
    x.row(i) /= main(i);
  }
}

/// Thomas' algorithm: no row is exchanged.
template <class N>
void solve_without_pivots(Matrix<N> diagonals, Matrix<N>& x) {
  const Eigen::Index n = x.rows();
  auto above = diagonals.row(0), main = diagonals.row(1),
       below = diagonals.row(2);
  for (Eigen::Index i = 0; i < n; ++i) {
    if (i > 0) {
      const N factor = below(i) / main(i - 1);
      main(i) -= factor * above(i - 1);
      x.row(i) -= factor * x.row(i - 1);
    }
    if (main(i) == N(0)) throw_not_invertible();
  }
  for (Eigen::Index i = n; i-- > 0;) {
    if (i + 1 < n) x.row(i) -= above(i) * x.row(i + 1);
    x.row(i) /= main(i);
  }
}

template <class N>
void tridiagonal_solve(KernelContext& c) {
  if (c.attr<bool>("perturb_singular"))
    throw UnimplementedError("perturb_singular is not implemented on CPU.");
  const bool pivots = c.attr<bool>("partial_pivoting");
  const MatrixBatch<N> diagonals(c.input(0), 2), rhs(c.input(1), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (c.output().num_elements() == 0) return;
  rhs.for_each([&](std::int64_t i) {
    Matrix<N> x = rhs.load(i);
    if (pivots)
      solve_with_pivots<N>(diagonals.load(i), x);
    else
      solve_without_pivots<N>(diagonals.load(i), x);
    out.store(i, x);
  });
}

template <class N>
void tridiagonal_matmul(KernelContext& c) {
  const MatrixBatch<N> above(c.input(0), 2), main(c.input(1), 2),
      below(c.input(2), 2), rhs(c.input(3), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (c.output().num_elements() == 0) return;
  rhs.for_each([&](std::int64_t i) {
    const Matrix<N> x = rhs.load(i);
    const Matrix<N> a = above.load(i), m = main.load(i), b = below.load(i);
    Matrix<N> y = m.row(0).transpose().asDiagonal() * x;
    for (Eigen::Index r = 0; r + 1 < x.rows(); ++r) {
      y.row(r) += a(0, r) * x.row(r + 1);
      y.row(r + 1) += b(0, r + 1) * x.row(r);
    }
    out.store(i, y);
  });
}

/// Row k of a lower band holds diagonal -k, ending at the last column; of an
/// upper one the last row is the main diagonal, all starting at the first.
template <class N>
struct BandedTriangle {
  Matrix<N> bands;
  bool lower, adjoint;

  /// Element (i, j) of the triangle, or of its adjoint.
  N at(Eigen::Index i, Eigen::Index j) const {
    if (adjoint) std::swap(i, j);
    const N value =
        lower ? bands(i - j, i) : bands(bands.rows() - 1 - (j - i), i);
    if constexpr (!std::is_same_v<N, double>)
      if (adjoint) return std::conj(value);
    return value;
  }
};

template <class N>
void banded_triangular_solve(KernelContext& c) {
  const MatrixBatch<N> matrices(c.input(0), 2), rhs(c.input(1), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (c.output().num_elements() == 0) return;
  const bool lower = c.attr<bool>("lower"), adjoint = c.attr<bool>("adjoint");
  const auto matrix_of = batch_entries(c.input(0).shape(), c.output().shape());
  const auto side_of = batch_entries(c.input(1).shape(), c.output().shape());
  const bool forward = lower != adjoint;
  out.for_each([&](std::int64_t entry) {
    const auto k = static_cast<std::size_t>(entry);
    const BandedTriangle<N> a{matrices.load(matrix_of[k]), lower, adjoint};
    const Eigen::Index bands = a.bands.rows();
    Matrix<N> x = rhs.load(side_of[k]);
    const Eigen::Index n = x.rows();
    for (Eigen::Index step = 0; step < n; ++step) {
      const Eigen::Index i = forward ? step : n - 1 - step;
      for (Eigen::Index b = 1; b < bands && b <= step; ++b) {
        const Eigen::Index j = forward ? i - b : i + b;
        x.row(i) -= a.at(i, j) * x.row(j);
      }
      if (a.at(i, i) == N(0)) throw_not_invertible();
      x.row(i) /= a.at(i, i);
    }
    out.store(entry, x);
  });
}

}  // namespace

void register_tridiagonal_kernels(KernelRegistry& registry) {
  using Complex = std::complex<double>;
  add_matrix_kernel(registry,
                    "TridiagonalSolve",
                    {float32, float64},
                    tridiagonal_solve<double>,
                    tridiagonal_solve<Complex>);
  add_matrix_kernel(registry,
                    "TridiagonalMatMul",
                    {float32, float64},
                    tridiagonal_matmul<double>,
                    tridiagonal_matmul<Complex>);
  add_matrix_kernel(registry,
                    "BandedTriangularSolve",
                    {float32, float64},
                    banded_triangular_solve<double>,
                    banded_triangular_solve<Complex>);
}

}  // namespace tern

// triangular.cc: Cholesky's decomposition and systems with a triangle.

#include <Eigen/Cholesky>
#include <limits>

#include "kernels/cpu/plain/linalg/matrix_batch.h"

namespace tern {
namespace {

/// The triangle L of A = L Lᴴ; NaN where A is not positive definite. Reads the
/// lower triangle of A.
template <class N>
void cholesky(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (in.rows() == 0) return;
  in.for_each([&](std::int64_t i) {
    const Eigen::LLT<Matrix<N>> llt(in.load(i));
    Matrix<N> lower = llt.matrixL();
    if (llt.info() != Eigen::Success)
      lower.template triangularView<Eigen::Lower>().setConstant(
          std::numeric_limits<double>::quiet_NaN());
    out.store(i, lower);
  });
}

/// The gradient by A of Cholesky's decomposition: (S + Sᵀ)/2 with S = L⁻ᵀ Φ(Lᵀ
/// dL) L⁻¹, where Φ takes the lower triangle and half of the diagonal.
void cholesky_grad(KernelContext& c) {
  const MatrixBatch<double> ls(c.input(0), 2), grads(c.input(1), 2);
  MatrixBatch<double> out(c.output(), 2);
  if (ls.rows() == 0) return;
  ls.for_each([&](std::int64_t i) {
    const Matrix<double> l = ls.load(i);
    const auto upper = l.transpose().template triangularView<Eigen::Upper>();
    const Matrix<double> dl =
        grads.load(i).template triangularView<Eigen::Lower>();
    Matrix<double> s = upper * dl;
    s.template triangularView<Eigen::StrictlyUpper>().setZero();
    s.diagonal() *= 0.5;
    upper.solveInPlace(s);
    s.transposeInPlace();
    upper.solveInPlace(s);
    out.store(i, 0.5 * (s + s.transpose()));
  });
}

/// Reads one triangle of the matrices, whatever is in the other. A zero on the
/// diagonal is divided by.
template <class N>
void triangular_solve(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2), rhs(c.input(1), 2);
  MatrixBatch<N> out(c.output(), 2);
  if (c.output().num_elements() == 0) return;
  const bool lower = c.attr<bool>("lower");
  const bool adjoint = c.attr<bool>("adjoint");
  const auto matrices = batch_entries(c.input(0).shape(), c.output().shape());
  const auto sides = batch_entries(c.input(1).shape(), c.output().shape());
  out.for_each([&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    const Matrix<N> a = in.load(matrices[at]);
    Matrix<N> x = rhs.load(sides[at]);
    if (lower && !adjoint)
      a.template triangularView<Eigen::Lower>().solveInPlace(x);
    else if (lower)
      a.adjoint().template triangularView<Eigen::Upper>().solveInPlace(x);
    else if (!adjoint)
      a.template triangularView<Eigen::Upper>().solveInPlace(x);
    else
      a.adjoint().template triangularView<Eigen::Lower>().solveInPlace(x);
    out.store(i, x);
  });
}

}  // namespace

void register_triangular_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "Cholesky",
                    {float32, float64},
                    cholesky<double>,
                    cholesky<std::complex<double>>);
  add_matrix_kernel(registry,
                    "MatrixTriangularSolve",
                    {float32, float64},
                    triangular_solve<double>,
                    triangular_solve<std::complex<double>>);
  for (DType type : {float32, float64}) {
    for (const char* op : {"CholeskyGrad", "BatchCholeskyGrad"})
      registry.add(op, {{"T", type}}, cholesky_grad);
    registry.add("BatchCholesky", {{"T", type}}, cholesky<double>);
    registry.add(
        "BatchMatrixTriangularSolve", {{"T", type}}, triangular_solve<double>);
  }
}

}  // namespace tern

// self_adjoint_eigen.cc: eigenvalues of symmetric and Hermitian matrices.

#include <Eigen/Eigenvalues>

#include "kernels/cpu/plain/linalg/eigen_kernel.h"

namespace tern {
namespace {

/// Values in rising order; reads the lower triangle.
template <class N>
void self_adjoint(KernelContext& c) {
  eigen<N, N>(c, [](const Matrix<N>& a, bool compute_v) {
    return Eigen::SelfAdjointEigenSolver<Matrix<N>>(
        a, compute_v ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  });
}

/// The older op: values in the first row, vectors below them.
void self_adjoint_rows(KernelContext& c) {
  const MatrixBatch<double> in(c.input(0), 2);
  MatrixBatch<double> out(c.output(), 2);
  if (in.rows() == 0) return;
  in.for_each([&](std::int64_t i) {
    const Matrix<double> a = in.load(i);
    const Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(a);
    if (!a.allFinite() || solver.info() != Eigen::Success)
      throw InvalidArgumentError(
          "Self-adjoint eigen decomposition was not successful. The input "
          "might not be valid.");
    Matrix<double> rows(a.rows() + 1, a.cols());
    rows.row(0) = solver.eigenvalues().transpose();
    rows.bottomRows(a.rows()) = solver.eigenvectors();
    out.store(i, rows);
  });
}

}  // namespace

void register_self_adjoint_eigen_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "SelfAdjointEigV2",
                    {float32, float64},
                    self_adjoint<double>,
                    self_adjoint<std::complex<double>>);
  for (DType type : {float32, float64}) {
    registry.add("BatchSelfAdjointEigV2", {{"T", type}}, self_adjoint<double>);
    for (const char* op : {"SelfAdjointEig", "BatchSelfAdjointEig"})
      registry.add(op, {{"T", type}}, self_adjoint_rows);
  }
}

}  // namespace tern

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

}  // namespace

void register_self_adjoint_eigen_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "SelfAdjointEigV2",
                    {float32, float64},
                    self_adjoint<double>,
                    self_adjoint<std::complex<double>>);
}

}  // namespace tern

// general_eigen.cc: eigenvalues of any square matrix; they are complex.

#include <Eigen/Eigenvalues>

#include "kernels/cpu/plain/linalg/eigen_kernel.h"

namespace tern {
namespace {

using Complex = std::complex<double>;

/// Vectors of length 1. Real matrices have a solver of their own, which gives
/// conjugate pairs exactly, and orders as TensorFlow does.
template <class N>
void general(KernelContext& c) {
  using Solver = std::conditional_t<std::is_same_v<N, double>,
                                    Eigen::EigenSolver<Matrix<double>>,
                                    Eigen::ComplexEigenSolver<Matrix<Complex>>>;
  eigen<N, Complex>(c, [](const Matrix<N>& a, bool compute_v) {
    return Solver(a, compute_v);
  });
}

}  // namespace

void register_general_eigen_kernels(KernelRegistry& registry) {
  add_matrix_kernel(
      registry, "Eig", {float32, float64}, general<double>, general<Complex>);
}

}  // namespace tern

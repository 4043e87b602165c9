// triangular.cc: Cholesky's decomposition and systems with a triangle.

#include <Eigen/Cholesky>
#include <limits>
#include <vector>

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

/// For each entry of the broadcast batch, the entry of an operand's batch.
std::vector<std::int64_t> batch_entries(const Shape& operand,
                                        const Shape& output) {
  const int rank = output.rank() - 2;
  const int missing = output.rank() - operand.rank();
  std::vector<std::int64_t> entries(
      static_cast<std::size_t>(output.slice(0, rank).num_elements()));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto rest = static_cast<std::int64_t>(i);
    std::int64_t stride = 1, entry = 0;
    for (int d = rank - 1; d >= 0; --d) {
      const std::int64_t at = rest % output[d];
      rest /= output[d];
      if (d < missing) continue;
      const std::int64_t size = operand[d - missing];
      if (size > 1) entry += at * stride;
      stride *= size;
    }
    entries[i] = entry;
  }
  return entries;
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
}

}  // namespace tern

#pragma once

#include "kernels/cpu/plain/linalg/matrix_batch.h"
#include "tern/core/error.h"

namespace tern {

/// Eigenvalues, and eigenvectors if attr compute_v asks for them, as `solve`
/// finds them: solve(matrix, compute_v) is one of Eigen's solvers. `In` are the
/// numbers of the matrices, `Out` those of values and vectors.
template <class In, class Out, class Solve>
void eigen(KernelContext& c, Solve solve) {
  const bool compute_v = c.attr<bool>("compute_v");
  const MatrixBatch<In> in(c.input(0), 2);
  if (in.rows() == 0) return;
  MatrixBatch<Out> e(c.output(0), 1), v(c.output(1), compute_v ? 2 : 1);
  in.for_each([&](std::int64_t i) {
    const Matrix<In> a = in.load(i);
    auto fail = [&] {
      throw InvalidArgumentError(
          c.op().name,
          ": Eigen decomposition was not successful. The input might not be "
          "valid.");
    };
    // Solvers do not end on NaN and infinity.
    if (!a.allFinite()) fail();
    const auto solver = solve(a, compute_v);
    if (solver.info() != Eigen::Success) fail();
    e.store(i, solver.eigenvalues().transpose().template cast<Out>());
    if (compute_v) v.store(i, solver.eigenvectors());
  });
}

}  // namespace tern

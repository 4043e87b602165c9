// svd.cc: A = U S Vᴴ by Jacobi rotations of the triangle of A = Q R.

#include <Eigen/SVD>
#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/cpu/plain/linalg/qr.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class N>
using SquareSvd = Eigen::JacobiSVD<Matrix<N>, Eigen::NoQRPreconditioner>;

template <class N>
struct Svd {
  Eigen::VectorXd s;
  Matrix<N> u, v;
};

/// Of a matrix at least as high as wide; U has `u_columns` columns.
template <class N>
Svd<N> tall_svd(const Matrix<N>& a, std::int64_t u_columns, bool vectors) {
  const HouseholderQr<N> qr(a);
  const SquareSvd<N> svd(
      qr.r(a.cols()), vectors ? Eigen::ComputeFullU | Eigen::ComputeFullV : 0);
  if (!vectors) return {svd.singularValues(), {}, {}};
  Matrix<N> u = qr.q(u_columns);
  u.leftCols(a.cols()) = (u.leftCols(a.cols()) * svd.matrixU()).eval();
  return {svd.singularValues(), std::move(u), svd.matrixV()};
}

template <class N>
void svd(KernelContext& c) {
  const bool vectors = c.attr<bool>("compute_uv");
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> s(c.output(0), 1);
  // Without vectors TensorFlow gives scalars of no meaning; these are 0.
  if (!vectors)
    for (int i : {1, 2})
      std::memset(c.output(i).mutable_data(), 0, c.output(i).num_bytes());
  MatrixBatch<N> u(c.output(vectors ? 1 : 0), vectors ? 2 : 1);
  MatrixBatch<N> v(c.output(vectors ? 2 : 0), vectors ? 2 : 1);
  in.for_each([&](std::int64_t i) {
    const Matrix<N> a = in.load(i);
    if (a.size() == 0) {
      if (!vectors) return;
      u.store_identity(i);
      v.store_identity(i);
    } else if (!a.allFinite()) {
      const double nan = std::numeric_limits<double>::quiet_NaN();
      s.store_constant(i, nan);
      if (!vectors) return;
      u.store_constant(i, nan);
      v.store_constant(i, nan);
    } else {
      const bool tall = a.rows() >= a.cols();
      Svd<N> usv = tall ? tall_svd<N>(a, u.columns(), vectors)
                        : tall_svd<N>(a.adjoint(), v.columns(), vectors);
      s.store(i, usv.s.transpose().template cast<N>());
      if (!vectors) return;
      u.store(i, tall ? usv.u : usv.v);
      v.store(i, tall ? usv.v : usv.u);
    }
  });
}

/// V diag(s / (s² + λ)) Uᴴ B: the shortest of the solutions, or the
/// regularized one.
template <class N>
void solve_least_squares(KernelContext& c) {
  const MatrixBatch<N> matrices(c.input(0), 2), rhs(c.input(1), 2);
  MatrixBatch<N> out(c.output(), 2);
  const bool fast = c.attr<bool>("fast");
  const double lambda = fast ? c.input(2).values<double>()[0] : 0;
  if (!(lambda >= 0))
    throw InvalidArgumentError("l2_regularizer must be >= 0, got ", lambda);
  if (c.output().num_elements() == 0) return;
  matrices.for_each([&](std::int64_t i) {
    const Matrix<N> a = matrices.load(i), b = rhs.load(i);
    if (a.size() == 0) return out.store_constant(i, N(0));
    if (!a.allFinite())
      return out.store_constant(i, std::numeric_limits<double>::quiet_NaN());
    const bool tall = a.rows() >= a.cols();
    const std::int64_t rank = std::min(a.rows(), a.cols());
    const Svd<N> usv =
        tall_svd<N>(tall ? a : Matrix<N>(a.adjoint()), rank, true);
    const Matrix<N>&u = tall ? usv.u : usv.v, &v = tall ? usv.v : usv.u;
    const double least = usv.s(0) * std::numeric_limits<double>::epsilon() *
                         static_cast<double>(std::max(a.rows(), a.cols()));
    if (fast && lambda == 0 && !(usv.s(rank - 1) > least))
      throw InvalidArgumentError(
          "Input matrix was rank deficient or ill-conditioned. Try setting "
          "fast=False or provide a larger l2_regularizer > 0.");
    Matrix<N> x = u.adjoint() * b;
    for (std::int64_t k = 0; k < rank; ++k) {
      const double s = usv.s(k);
      x.row(k) *= s > least ? s / (s * s + lambda) : 0;
    }
    out.store(i, v * x);
  });
}

}  // namespace

void register_svd_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "Svd",
                    {float32, float64},
                    svd<double>,
                    svd<std::complex<double>>);
  using Complex = std::complex<double>;
  add_matrix_kernel(
      registry, "BatchSvd", {float32, float64}, svd<double>, svd<Complex>);
  add_matrix_kernel(registry,
                    "MatrixSolveLs",
                    {float32, float64},
                    solve_least_squares<double>,
                    solve_least_squares<Complex>);
  for (DType type : {float32, float64})
    registry.add(
        "BatchMatrixSolveLs", {{"T", type}}, solve_least_squares<double>);
}

}  // namespace tern

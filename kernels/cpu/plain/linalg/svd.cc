// svd.cc: A = U S Vᴴ by Jacobi rotations of the triangle of A = Q R.

#include <Eigen/SVD>
#include <cstring>
#include <limits>

#include "kernels/cpu/plain/linalg/qr.h"

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

}  // namespace

void register_svd_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "Svd",
                    {float32, float64},
                    svd<double>,
                    svd<std::complex<double>>);
}

}  // namespace tern

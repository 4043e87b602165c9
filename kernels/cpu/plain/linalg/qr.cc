#include "kernels/cpu/plain/linalg/qr.h"

#include <Eigen/Householder>
#include <algorithm>

namespace tern {

template <class N>
HouseholderQr<N>::HouseholderQr(Matrix<N> a)
    : packed_(std::move(a)),
      factors_(std::min(packed_.rows(), packed_.cols())) {
  Eigen::Matrix<N, Eigen::Dynamic, 1> workspace(packed_.cols());
  for (Eigen::Index k = 0; k < factors_.size(); ++k) {
    const Eigen::Index rows = packed_.rows() - k;
    const Eigen::Index columns = packed_.cols() - k - 1;
    double beta;
    packed_.col(k).tail(rows).makeHouseholderInPlace(factors_[k], beta);
    packed_(k, k) = beta;
    packed_.bottomRightCorner(rows, columns)
        .applyHouseholderOnTheLeft(
            packed_.col(k).tail(rows - 1), factors_[k], workspace.data());
  }
}

template <class N>
Matrix<N> HouseholderQr<N>::q(std::int64_t columns) const {
  Matrix<N> result = Matrix<N>::Identity(packed_.rows(), columns);
  Eigen::Matrix<N, Eigen::Dynamic, 1> workspace(columns);
  for (Eigen::Index k = factors_.size() - 1; k >= 0; --k) {
    const Eigen::Index rows = packed_.rows() - k;
    result.bottomRows(rows).applyHouseholderOnTheLeft(
        packed_.col(k).tail(rows - 1),
        Eigen::numext::conj(factors_[k]),
        workspace.data());
  }
  return result;
}

template <class N>
Matrix<N> HouseholderQr<N>::r(std::int64_t rows) const {
  return packed_.topRows(rows).template triangularView<Eigen::Upper>();
}

template class HouseholderQr<double>;
template class HouseholderQr<std::complex<double>>;

namespace {

template <class N>
void qr(KernelContext& c) {
  const MatrixBatch<N> in(c.input(0), 2);
  MatrixBatch<N> q(c.output(0), 2), r(c.output(1), 2);
  in.for_each([&](std::int64_t i) {
    if (in.rows() == 0 || in.columns() == 0) return q.store_identity(i);
    const HouseholderQr<N> qr(in.load(i));
    q.store(i, qr.q(q.columns()));
    r.store(i, qr.r(r.rows()));
  });
}

}  // namespace

void register_qr_kernels(KernelRegistry& registry) {
  add_matrix_kernel(registry,
                    "Qr",
                    {float16, float32, float64},
                    qr<double>,
                    qr<std::complex<double>>);
}

}  // namespace tern

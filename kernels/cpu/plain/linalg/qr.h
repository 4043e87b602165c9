#pragma once

#include "kernels/cpu/plain/linalg/matrix_batch.h"

namespace tern {

/// A = Q R by Householder reflections, the signs of R's diagonal as they come.
template <class N>
class HouseholderQr {
 public:
  explicit HouseholderQr(Matrix<N> a);
  /// The first `columns` columns of Q.
  Matrix<N> q(std::int64_t columns) const;
  /// The first `rows` rows of R.
  Matrix<N> r(std::int64_t rows) const;

 private:
  Matrix<N> packed_;  // R, and below it the reflections
  Eigen::Matrix<N, Eigen::Dynamic, 1> factors_;
};

}  // namespace tern

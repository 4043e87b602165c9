#pragma once

#include <Eigen/Core>
#include <complex>
#include <functional>
#include <vector>

#include "ops/kernel.h"

namespace tern {

template <class N>
using Matrix = Eigen::Matrix<N, Eigen::Dynamic, Eigen::Dynamic>;

/// A tensor as a batch of matrices of N: double for real elements,
/// complex<double> for complex ones. Decompositions compute in double precision
/// whatever the elements are, since each instance of one costs seconds of
/// compilation and a tenth of a megabyte of library.
template <class N>
class MatrixBatch {
 public:
  /// The last `inner_rank` dimensions make one matrix: [rows, columns], with 1
  /// a row, with 0 a single element.
  MatrixBatch(const Tensor& tensor, int inner_rank);

  std::int64_t size() const { return size_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }

  Matrix<N> load(std::int64_t i) const;
  /// Of the batch's rows and columns.
  void store(std::int64_t i, const Matrix<N>& matrix);
  void store_constant(std::int64_t i, N value) {
    store(i, Matrix<N>::Constant(rows_, columns_, value));
  }
  void store_identity(std::int64_t i) {
    store(i, Matrix<N>::Identity(rows_, columns_));
  }

  /// visit(i) for all matrices, on several threads if that pays.
  void for_each(const std::function<void(std::int64_t)>& visit) const;

 private:
  Tensor tensor_;
  std::int64_t rows_, columns_, size_;
};

/// For each entry of the broadcast batch, the entry of an operand's batch.
std::vector<std::int64_t> batch_entries(const Shape& operand,
                                        const Shape& output);

/// Adds the kernel `real` for these dtypes, `complex` for both complex ones.
void add_matrix_kernel(KernelRegistry& registry,
                       std::string_view op,
                       std::initializer_list<DType> real_types,
                       KernelFunction real,
                       KernelFunction complex);

}  // namespace tern

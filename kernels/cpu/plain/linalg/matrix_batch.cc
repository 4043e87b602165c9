#include "kernels/cpu/plain/linalg/matrix_batch.h"

#include <algorithm>

#include "core/visit_dtype.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

template <class T>
using RowMajor =
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Calls visit with a value of the dtype's C++ type, if N holds its numbers.
template <class N, class Visit>
void visit_elements(DType dtype, Visit visit) {
  visit_number(dtype, [&](auto element) {
    using T = decltype(element);
    if constexpr (is_complex_number<T> == is_complex_number<N> &&
                  (is_complex_number<T> || std::is_floating_point_v<T> ||
                   std::is_same_v<T, Half>))
      visit(element);
    else
      throw InternalError("no matrices of ", dtype.name());
  });
}

}  // namespace

template <class N>
MatrixBatch<N>::MatrixBatch(const Tensor& tensor, int inner_rank)
    : tensor_(tensor),
      rows_(inner_rank == 2 ? tensor.shape()[-2] : 1),
      columns_(inner_rank >= 1 ? tensor.shape()[-1] : 1),
      size_(tensor.shape()
                .slice(0, tensor.shape().rank() - inner_rank)
                .num_elements()) {}

template <class N>
Matrix<N> MatrixBatch<N>::load(std::int64_t i) const {
  Matrix<N> matrix(rows_, columns_);
  visit_elements<N>(tensor_.dtype(), [&](auto element) {
    using T = decltype(element);
    const T* from =
        static_cast<const T*>(tensor_.raw_data()) + i * matrix.size();
    for (std::int64_t r = 0; r < rows_; ++r)
      for (std::int64_t c = 0; c < columns_; ++c)
        matrix(r, c) = static_cast<N>(from[r * columns_ + c]);
  });
  return matrix;
}

template <class N>
void MatrixBatch<N>::store(std::int64_t i, const Matrix<N>& matrix) {
  visit_elements<N>(tensor_.dtype(), [&](auto element) {
    using T = decltype(element);
    T* to = static_cast<T*>(tensor_.mutable_data()) + i * rows_ * columns_;
    for (std::int64_t r = 0; r < rows_; ++r)
      for (std::int64_t c = 0; c < columns_; ++c)
        to[r * columns_ + c] = static_cast<T>(matrix(r, c));
  });
}

template <class N>
void MatrixBatch<N>::for_each(
    const std::function<void(std::int64_t)>& visit) const {
  const std::int64_t cost =
      std::max<std::int64_t>(1, rows_ * columns_ * columns_);
  parallel_for(size_,
               std::max<std::int64_t>(1, 16384 / cost),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) visit(i);
               });
}

template class MatrixBatch<double>;
template class MatrixBatch<std::complex<double>>;

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

void add_matrix_kernel(KernelRegistry& registry,
                       std::string_view op,
                       std::initializer_list<DType> real_types,
                       KernelFunction real,
                       KernelFunction complex) {
  for (DType type : real_types) registry.add(op, {{"T", type}}, real);
  for (DType type : {DType(complex64), DType(complex128)})
    registry.add(op, {{"T", type}}, complex);
}

}  // namespace tern

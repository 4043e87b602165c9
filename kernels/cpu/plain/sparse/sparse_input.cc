#include "kernels/cpu/plain/sparse/sparse_input.h"

#include <algorithm>
#include <numeric>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "tern/core/error.h"

namespace tern {

std::vector<std::int64_t> integers_of(const Tensor& tensor) {
  IndexReader reader(tensor);
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < tensor.num_elements(); ++i)
    values.push_back(reader[i]);
  return values;
}

SparseInput::SparseInput(const Tensor& indices,
                         const Tensor& values,
                         const Tensor& shape,
                         bool check_bounds)
    : values_(values) {
  auto check_rank = [](const Tensor& t, int rank, const char* what) {
    if (t.shape().rank() != rank)
      throw InvalidArgumentError("Input ",
                                 what,
                                 " should be a ",
                                 rank == 2 ? "matrix" : "vector",
                                 " but received shape ",
                                 t.shape().debug_string());
  };
  check_rank(indices, 2, "indices");
  check_rank(values, 1, "values");
  check_rank(shape, 1, "shape");
  shape_ = integers_of(shape);
  indices_ = integers_of(indices);
  count_ = indices.shape()[0];
  if (values.shape()[0] != count_)
    throw InvalidArgumentError("Number of elements in values (",
                               values.shape()[0],
                               ") must match the number of indices (",
                               count_,
                               ")");
  if (indices.shape()[1] != rank())
    throw InvalidArgumentError("Index rank (",
                               indices.shape()[1],
                               ") and shape rank (",
                               rank(),
                               ") do not match");
  for (std::int64_t dim : shape_)
    if (dim < 0)
      throw InvalidArgumentError(
          "Shape must not have negative dimensions, got ", dim);
  if (check_bounds) check_indices();
}

void SparseInput::check_indices() const {
  for (std::int64_t k = 0; k < count_; ++k) {
    auto at = index(k);
    for (int d = 0; d < rank(); ++d) {
      const auto i = static_cast<std::size_t>(d);
      if (at[i] >= 0 && at[i] < shape_[i]) continue;
      std::string text, limits;
      for (int e = 0; e < rank(); ++e) {
        text +=
            (e ? "," : "") + std::to_string(at[static_cast<std::size_t>(e)]);
        limits += (e ? "," : "") +
                  std::to_string(shape_[static_cast<std::size_t>(e)]);
      }
      throw InvalidArgumentError("indices[",
                                 k,
                                 "] = [",
                                 text,
                                 "] is out of bounds: need 0 <= index < [",
                                 limits,
                                 "]");
    }
  }
}

int compare_indices(std::span<const std::int64_t> a,
                    std::span<const std::int64_t> b) {
  for (std::size_t d = 0; d < a.size(); ++d)
    if (a[d] != b[d]) return a[d] < b[d] ? -1 : 1;
  return 0;
}

std::vector<std::int64_t> row_major_order(const SparseInput& sparse) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(sparse.count()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(
      order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return compare_indices(sparse.index(a), sparse.index(b)) < 0;
      });
  return order;
}

Tensor SparseBuilder::indices() const {
  Tensor result = Tensor::allocate(int64, {count_, rank_});
  std::copy(indices_.begin(), indices_.end(), result.data<std::int64_t>());
  return result;
}

Tensor int64_vector(std::span<const std::int64_t> values) {
  Tensor result = Tensor::allocate(int64, {values.size()});
  std::copy(values.begin(), values.end(), result.data<std::int64_t>());
  return result;
}

Tensor gather_values(const Tensor& values,
                     std::span<const std::int64_t> order) {
  Tensor result = Tensor::allocate(values.dtype(), {order.size()});
  RowCopier copy(values.dtype(), 1);
  for (std::size_t k = 0; k < order.size(); ++k)
    copy(values.raw_data(),
         order[k],
         result.mutable_data(),
         static_cast<std::int64_t>(k));
  return result;
}

}  // namespace tern

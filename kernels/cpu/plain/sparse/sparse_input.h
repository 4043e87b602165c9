#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ops/kernel.h"

namespace tern {

/// A sparse tensor among the inputs of a kernel: indices [count, rank], values
/// [count], shape [rank], checked to go together.
class SparseInput {
 public:
  /// Throws InvalidArgumentError for parts that do not go together, and,
  /// unless told otherwise, for indices outside of the shape.
  SparseInput(const Tensor& indices,
              const Tensor& values,
              const Tensor& shape,
              bool check_bounds = true);
  /// Inputs i, i + 1 and i + 2.
  SparseInput(const KernelContext& c, int i, bool check_bounds = true)
      : SparseInput(c.input(i), c.input(i + 1), c.input(i + 2), check_bounds) {}

  std::int64_t count() const { return count_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::span<const std::int64_t> index(std::int64_t k) const {
    return {indices_.data() + k * rank(), static_cast<std::size_t>(rank())};
  }
  const Tensor& values() const { return values_; }

 private:
  void check_indices() const;

  std::int64_t count_ = 0;
  std::vector<std::int64_t> shape_;
  std::vector<std::int64_t> indices_;
  Tensor values_;
};

/// -1, 0 or 1 as a stands before, at or after b in row-major order.
int compare_indices(std::span<const std::int64_t> a,
                    std::span<const std::int64_t> b);

/// The entries of a sparse tensor in row-major order; equal indices keep the
/// order they come in.
std::vector<std::int64_t> row_major_order(const SparseInput& sparse);

/// Integers of an int32 or int64 tensor.
std::vector<std::int64_t> integers_of(const Tensor& tensor);

/// A sparse output that grows entry by entry.
class SparseBuilder {
 public:
  explicit SparseBuilder(int rank) : rank_(rank) {}
  void add(std::span<const std::int64_t> index) {
    indices_.insert(indices_.end(), index.begin(), index.end());
    ++count_;
  }
  std::int64_t count() const { return count_; }
  /// int64 [count, rank].
  Tensor indices() const;

 private:
  int rank_;
  std::int64_t count_ = 0;
  std::vector<std::int64_t> indices_;
};

/// int64 [dims.size()].
Tensor int64_vector(std::span<const std::int64_t> values);

/// The values `order[k]` of a vector, one after the other.
Tensor gather_values(const Tensor& values, std::span<const std::int64_t> order);

}  // namespace tern

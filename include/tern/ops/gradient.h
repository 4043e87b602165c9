#pragma once

#include <utility>
#include <variant>

#include "tern/core/tensor.h"

namespace tern {

/// A sparse gradient of a tensor of shape `dense_shape`: row indices[k] of the
/// first dimension is values[k]; rows may repeat and then add up.
struct IndexedSlices {
  Tensor values;
  Tensor indices;
  Tensor dense_shape;  // may be undefined
};

/// The gradient with respect to one tensor: none, dense or sparse.
class Gradient {
 public:
  Gradient() = default;
  Gradient(Tensor dense) {
    if (dense.defined()) value_ = std::move(dense);
  }
  Gradient(IndexedSlices slices) : value_(std::move(slices)) {}

  bool is_none() const { return value_.index() == 0; }
  bool is_dense() const { return value_.index() == 1; }
  bool is_sparse() const { return value_.index() == 2; }
  explicit operator bool() const { return !is_none(); }
  const Tensor& dense() const { return std::get<Tensor>(value_); }
  const IndexedSlices& slices() const {
    return std::get<IndexedSlices>(value_);
  }
  /// Dense whatever it was; undefined for none.
  Tensor to_tensor() const;

 private:
  std::variant<std::monostate, Tensor, IndexedSlices> value_;
};

}  // namespace tern

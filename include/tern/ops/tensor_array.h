#pragma once

#include "tern/core/tensor.h"

namespace tern {

struct TensorArrayOptions {
  /// Lets write() go beyond the size, which grows then.
  bool dynamic_size = false;
  /// What the elements' shapes have in common.
  Shape element_shape = Shape::unknown();
};

/// A list of tensors of one dtype, written and read by index (tf.TensorArray),
/// for loops that gather their results. A value: writing gives the array after
/// the write, which is done in place where nobody else holds the one before.
/// Works eagerly and traced, and differentiates. As a loop variable it goes by
/// its `flow()`:
///
///     auto [i, flow] = while_loop(
///         [](Tensor i, Tensor) { return i < 10; },
///         [](Tensor i, Tensor flow) {
///           TensorArray squares = TensorArray::from_flow(int32, flow);
///           return std::tuple(i + 1, squares.write(i, i * i).flow());
///         },
///         Tensor(0), TensorArray(int32, 10));
///     Tensor squares = TensorArray::from_flow(int32, flow).stack();
class TensorArray {
 public:
  /// `size` elements, none written. Reading one that is not written gives zeros
  /// where the element shape is known.
  TensorArray(DType dtype, const Tensor& size, TensorArrayOptions options = {});
  TensorArray(DType dtype, int size, TensorArrayOptions options = {})
      : TensorArray(dtype, Tensor(size), options) {}
  /// The array behind a flow. Throws InvalidArgumentError unless it is a
  /// variant scalar.
  static TensorArray from_flow(DType dtype,
                               const Tensor& flow,
                               TensorArrayOptions options = {});
  /// The slices of a tensor along its first dimension.
  static TensorArray unstack(const Tensor& tensor);

  DType dtype() const { return dtype_; }
  const Shape& element_shape() const { return options_.element_shape; }
  const Tensor& flow() const { return flow_; }
  operator Tensor() const { return flow_; }

  /// Throws InvalidArgumentError for another dtype or shape, and for an index
  /// beyond the size unless that is dynamic.
  [[nodiscard]] TensorArray write(const Tensor& index,
                                  const Tensor& value) const;
  Tensor read(const Tensor& index) const;
  /// All elements, which have one shape, along a new first dimension.
  Tensor stack() const;
  /// All elements along their first dimension, in which they may differ.
  Tensor concat() const;
  /// Those at `indices`, along a new first dimension.
  Tensor gather(const Tensor& indices) const;
  /// The slices of `value` written at `indices`.
  [[nodiscard]] TensorArray scatter(const Tensor& indices,
                                    const Tensor& value) const;
  /// The number of elements: an int32 scalar.
  Tensor size() const;

 private:
  TensorArray() = default;
  TensorArray with(Tensor flow) const;

  DType dtype_;
  TensorArrayOptions options_;
  Tensor flow_;
};

}  // namespace tern

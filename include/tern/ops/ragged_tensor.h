#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "tern/core/shape.h"
#include "tern/core/tensor.h"

namespace tern {

/// validate: whether row partitions are checked when they are given, which
/// costs a pass over them.
struct RaggedOptions {
  bool validate = true;
};

/// A tensor some dimensions of which have rows of different lengths: values of
/// all rows one after the other, and where each row begins. Row i is
/// values[row_splits[i] : row_splits[i + 1]]; the values may be ragged in
/// turn. Without any ragged dimension it is an ordinary tensor.
class RaggedTensor {
 public:
  RaggedTensor() = default;
  /// A tensor without ragged dimensions.
  RaggedTensor(const Tensor& values) : flat_values_(values) {}

  // Each throws InvalidArgumentError for a partition that does not fit.

  /// row_splits: integers [rows + 1], from 0 up to the number of values.
  static RaggedTensor from_row_splits(const RaggedTensor& values,
                                      const Tensor& row_splits,
                                      RaggedOptions options = {});
  static RaggedTensor from_row_lengths(const RaggedTensor& values,
                                       const Tensor& row_lengths,
                                       RaggedOptions options = {});
  /// The row of each value, not decreasing. nrows: last row + 1 unless given.
  static RaggedTensor from_value_rowids(const RaggedTensor& values,
                                        const Tensor& value_rowids,
                                        const Tensor& nrows = {},
                                        RaggedOptions options = {});
  static RaggedTensor from_row_starts(const RaggedTensor& values,
                                      const Tensor& row_starts,
                                      RaggedOptions options = {});
  static RaggedTensor from_row_limits(const RaggedTensor& values,
                                      const Tensor& row_limits,
                                      RaggedOptions options = {});
  /// Rows of one length; nrows is needed where that is 0.
  static RaggedTensor from_uniform_row_length(
      const RaggedTensor& values,
      std::int64_t uniform_row_length,
      std::optional<std::int64_t> nrows = {});
  /// Splits of each dimension, the outermost first.
  static RaggedTensor from_nested_row_splits(const Tensor& flat_values,
                                             const Tensors& nested_row_splits,
                                             RaggedOptions options = {});
  /// The rows of a dense tensor as ragged rows.
  static RaggedTensor from_tensor(const Tensor& tensor, int ragged_rank = 1);

  int ragged_rank() const { return static_cast<int>(splits_.size()); }
  DType dtype() const { return flat_values_.dtype(); }
  /// Dimensions as far as they are known and the same for all rows.
  Shape shape() const;
  /// The values of the outermost rows.
  RaggedTensor values() const;
  /// The innermost values.
  const Tensor& flat_values() const { return flat_values_; }
  const Tensors& nested_row_splits() const { return splits_; }
  /// Splits of the outermost rows. Throws InvalidArgumentError for a tensor
  /// that has no ragged dimension, as all that follow.
  const Tensor& row_splits() const;
  Tensor nrows() const;
  Tensor row_starts() const;
  Tensor row_limits() const;
  Tensor row_lengths() const;
  Tensor value_rowids() const;
  /// int64 [rank]: what a dense tensor needs to hold all rows.
  Tensor bounding_shape() const;

  /// Row i.
  RaggedTensor operator[](std::int64_t i) const;
  /// Other flat values with the same rows.
  RaggedTensor with_flat_values(const Tensor& values) const;
  /// Dense: rows are filled up with default_value (0 or "" unless given), or
  /// cut, to `shape` (-1: as long as the longest row).
  Tensor to_tensor(const Tensor& default_value = {},
                   const Shape& shape = Shape::unknown()) const;
  /// Python's lists: "[[1, 2], [], [3]]".
  std::string to_list() const;

  /// The tensor itself where there is no ragged dimension. Throws
  /// InvalidArgumentError otherwise: `to_tensor` fills rows up.
  operator Tensor() const;

 private:
  RaggedTensor(Tensor flat_values, Tensors splits)
      : flat_values_(std::move(flat_values)), splits_(std::move(splits)) {}

  Tensor flat_values_;
  Tensors splits_;  // the outermost first
};

/// Python's repr: "<tf.RaggedTensor [[1, 2], [3]]>".
std::ostream& operator<<(std::ostream& stream, const RaggedTensor& tensor);

}  // namespace tern

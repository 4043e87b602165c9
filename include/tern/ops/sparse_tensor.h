#pragma once

#include <iosfwd>

#include "tern/core/shape.h"
#include "tern/core/tensor.h"

namespace tern {

/// A tensor of which only some elements are there: values[k] stands at
/// indices[k] (int64 [count, rank]), in row-major order unless an op says
/// otherwise; the others are 0 or "".
struct SparseTensor {
  Tensor indices;
  Tensor values;
  Tensor dense_shape;  // int64 [rank]

  DType dtype() const { return values.dtype(); }
  /// As far as it is known; unknown dimensions in a traced function.
  Shape shape() const;
};

/// Python's str: "SparseTensor(indices=tf.Tensor(…), values=…, dense_shape=…)".
std::ostream& operator<<(std::ostream& stream, const SparseTensor& tensor);

}  // namespace tern

#pragma once

#include <string>

#include "tern/core/dtype.h"
#include "tern/core/shape.h"
#include "tern/core/tensor.h"

namespace tern {

/// What Python's print shows of a tensor:
/// `tf.Tensor([1. 2.], shape=(2,), dtype=float32)`, and of a symbolic one
/// `Tensor("x:0", shape=(), dtype=float32)`. "None" for an undefined tensor.
std::string str(const Tensor& tensor);

/// What Python's prompt shows of a tensor:
/// `<tf.Tensor: shape=(), dtype=float32, numpy=5.0>`.
std::string repr(const Tensor& tensor);

/// `TensorShape([3, None])`, `TensorShape(None)`.
std::string repr(const Shape& shape);

/// `tf.float32`.
std::string repr(DType dtype);

/// The elements as numpy prints them: `[[1. 2.]\n [3. 4.]]`. Floats get the
/// fewest digits that tell them apart, at most 8 after the point, in columns;
/// above 1000 elements only three at each end of a dimension are shown.
std::string array_str(const Tensor& tensor);

/// The elements as numpy's repr: `array([1., 2.], dtype=float32)`, `5.0`.
std::string array_repr(const Tensor& tensor);

/// What stands after "numpy=" in the repr of tensors and variables: numpy's
/// repr, on lines of its own when it needs several.
std::string numpy_text(const Tensor& tensor);

/// The elements as tf.print shows them: `[1 2.5 3 ... 7 8 9]`, `summarize` at
/// each end of every dimension, all for a negative `summarize`. Strings stand
/// in quotes, escaped, but for a scalar without `quote_scalar`.
std::string print_value(const Tensor& tensor,
                        int summarize = 3,
                        bool quote_scalar = false);

}  // namespace tern

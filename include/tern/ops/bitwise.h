#pragma once

#include "tern/core/dtype.h"
#include "tern/core/tensor.h"

namespace tern {

/// The bits of the elements read as another dtype. A smaller one adds a last
/// dimension; for a larger one the last dimension must hold the parts of one
/// element, and goes. Throws InvalidArgumentError when it does not.
Tensor bitcast(const Tensor& input, DType type);

/// Of integers; operands have one dtype and broadcast.
namespace bitwise {

Tensor bitwise_and(const Tensor& x, const Tensor& y);
Tensor bitwise_or(const Tensor& x, const Tensor& y);
Tensor bitwise_xor(const Tensor& x, const Tensor& y);
Tensor invert(const Tensor& x);
/// x shifted by y bits; y is taken as at least 0 and less than the width.
Tensor left_shift(const Tensor& x, const Tensor& y);
/// Signed integers are filled up with their sign.
Tensor right_shift(const Tensor& x, const Tensor& y);
/// The number of bits that are 1, as uint8.
Tensor population_count(const Tensor& x);

}  // namespace bitwise
}  // namespace tern

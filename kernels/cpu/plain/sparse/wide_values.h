#pragma once

#include <complex>
#include <cstdint>
#include <span>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/tensor.h"

namespace tern {

// Arithmetic on sparse values is done in four wide types instead of one a
// dtype: double for floats, int64 and uint64 for integers (whose lower bits
// are those of narrow arithmetic), complex128. Sums of floats round once, not
// once an addition.

template <class W>
std::vector<W> wide_values(const Tensor& tensor);
/// Rounds to the tensor's dtype; integers lose their upper bits.
template <class W>
void set_values(std::span<const W> values, Tensor& tensor);

/// Calls visit(W()) with the wide type of `dtype`.
template <class Visit>
void visit_wide(DType dtype, Visit&& visit) {
  if (dtype.is_complex())
    visit(std::complex<double>());
  else if (dtype.is_floating())
    visit(double());
  else if (dtype == uint64)
    visit(std::uint64_t());
  else
    visit(std::int64_t());
}

/// A vector of values of `dtype`.
template <class W>
Tensor tensor_of_values(DType dtype,
                        const Shape& shape,
                        const std::vector<W>& values) {
  Tensor result = Tensor::allocate(dtype, shape);
  set_values(std::span<const W>(values), result);
  return result;
}

}  // namespace tern

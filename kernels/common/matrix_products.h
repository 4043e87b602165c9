#pragma once

#include <cstdint>
#include <vector>

#include "ops/kernel.h"

namespace tern {

/// C = op(A)·op(B), all row-major: op(A) is [m, k], stored as [k, m] when
/// flipped; op(B) is [k, n], stored as [n, k] when flipped.
struct MatrixProduct {
  std::int64_t m = 0, n = 0, k = 0;
  bool flip_a = false, flip_b = false;
};

/// What a MatMul or BatchMatMul call asks for: one product, or several of one
/// geometry whose operands may be shared (broadcast).
struct MatrixProducts {
  MatrixProduct product;
  bool conjugate = false;  // a flipped operand is conjugated too
  std::int64_t count = 1;
  /// Which matrix of each operand product i takes; empty: matrix i.
  std::vector<std::int64_t> a_index, b_index;

  std::int64_t a_offset(std::int64_t i) const {
    std::int64_t matrix =
        a_index.empty() ? i : a_index[static_cast<std::size_t>(i)];
    return matrix * product.m * product.k;
  }
  std::int64_t b_offset(std::int64_t i) const {
    std::int64_t matrix =
        b_index.empty() ? i : b_index[static_cast<std::size_t>(i)];
    return matrix * product.k * product.n;
  }
  std::int64_t c_offset(std::int64_t i) const {
    return i * product.m * product.n;
  }

  /// Of an op with transpose_a and transpose_b, or adj_x and adj_y.
  static MatrixProducts of(const KernelContext& context);
};

}  // namespace tern

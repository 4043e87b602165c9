#pragma once

#include <string_view>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

/// Matrix product over the last two dimensions: [..., m, k] · [..., k, n] is
/// [..., m, n]; the leading dimensions broadcast. `transpose_a` and
/// `transpose_b` read a as [..., k, m] and b as [..., n, k].
/// Floats, complex numbers, int16, int32, int64. Throws InvalidArgumentError
/// when the inner dimensions differ, an operand has rank below 2 or the leading
/// dimensions do not broadcast.
Tensor matmul(const Tensor& a, const Tensor& b, MatMulOptions options = {});

/// Sums products over the last `axes` dimensions of a and the first of b; 0 is
/// the outer product. A layer's `[..., in] · [in, units]` is axes = 1.
/// Throws InvalidArgumentError when the contracted dimensions differ.
Tensor tensordot(const Tensor& a, const Tensor& b, int axes);

/// Sums over pairs of dimensions: a's a_axes[i] with b's b_axes[i]. The result
/// has a's other dimensions, then b's.
Tensor tensordot(const Tensor& a,
                 const Tensor& b,
                 const Ints& a_axes,
                 const Ints& b_axes);

/// Einstein's summation: "ij,jk->ik" names the dimensions of each operand and
/// of the result; what the result lacks is summed over. "..." stands for
/// leading dimensions that broadcast; without "->" the result has the letters
/// that occur once, sorted. `einsum("bqhd,bkhd->bhqk", {q, k})`.
/// Throws InvalidArgumentError when the equation does not fit the operands,
/// UnimplementedError for a letter repeated within one operand.
Tensor einsum(std::string_view equation, const Tensors& inputs);

}  // namespace tern

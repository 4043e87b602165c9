#pragma once

#include "tern/core/tensor.h"

namespace tern {

// Products of matrices [..., M, N] as the gradients of decompositions need
// them; ᴴ is the conjugate transpose.

Tensor product(const Tensor& a, const Tensor& b);          // a b
Tensor product_adjoint(const Tensor& a, const Tensor& b);  // a bᴴ
Tensor adjoint_product(const Tensor& a, const Tensor& b);  // aᴴ b
/// x r⁻ᴴ for upper triangular r.
Tensor divide_by_adjoint(const Tensor& x, const Tensor& r);
/// Column j of x times entry j of `factors` [..., N].
Tensor scale_columns(const Tensor& x, const Tensor& factors);
/// Entries i, j: 1 / (e[j] - e[i]), 0 on the diagonal and where equal.
Tensor reciprocal_differences(const Tensor& e);
/// 1 / x, 0 at 0.
Tensor safe_reciprocal(const Tensor& x);

}  // namespace tern

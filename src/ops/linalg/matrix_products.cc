#include "ops/linalg/matrix_products.h"

#include "ops/apply.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"

namespace tern {

Tensor product(const Tensor& a, const Tensor& b) {
  return raw<"BatchMatMulV2">(a, b);
}

Tensor product_adjoint(const Tensor& a, const Tensor& b) {
  return raw<"BatchMatMulV2">(a, b, {{"adj_y", true}});
}

Tensor adjoint_product(const Tensor& a, const Tensor& b) {
  return raw<"BatchMatMulV2">(a, b, {{"adj_x", true}});
}

Tensor divide_by_adjoint(const Tensor& x, const Tensor& r) {
  return linalg::adjoint(
      linalg::triangular_solve(r, linalg::adjoint(x), {.lower = false}));
}

Tensor scale_columns(const Tensor& x, const Tensor& factors) {
  return x * expand_dims(factors, -2);
}

Tensor safe_reciprocal(const Tensor& x) {
  // Written so that the derivative is finite at 0, too.
  return x / (x * x + 1e-20);
}

Tensor reciprocal_differences(const Tensor& e) {
  return linalg::set_diag(
      safe_reciprocal(expand_dims(e, -2) - expand_dims(e, -1)), zeros_like(e));
}

}  // namespace tern

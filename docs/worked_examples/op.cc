// Runs against Tern with op.patch applied.
#include <vector>

#include "tern/tern.h"

using namespace tern;

int main() {
  Tensor i = constant({0.0, 1.0, 0.0, 0.0}), j = constant({0.0, 0.0, 1.0, 0.0});
  Tensor w = constant({1.0, 2.0, 3.0, 4.0});
  GradientTape outer, inner;
  outer.watch(j);
  inner.watch(i);
  Tensor product = linalg::quaternion_mul(i, j);
  // d(w · (i j))/di is w conj(j) = (3, 4, -1, -2), whose sum has the derivative
  // (w0 + w1 + w2 + w3, w1 - w0 - w3 + w2, …) by j.
  Tensor di = inner.gradient(reduce_sum(product * w), i);
  Tensor dj = outer.gradient(reduce_sum(di), j);
  auto is = [](const Tensor& got, const std::vector<float>& wanted) {
    auto values = got.values<float>();
    return std::vector<float>(values.begin(), values.end()) == wanted;
  };
  bool right = is(product, {0, 0, 0, 1}) && is(di, {3, 4, -1, -2}) &&
               is(dj, {10, 0, 4, 2});
  return right ? 0 : 1;
}

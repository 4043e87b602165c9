// Runs against Tern with op.patch applied.
#include <vector>

#include "tern/tern.h"

using namespace tern;

int main() {
  Tensor a = constant({1.0, 2.0, 3.0}), b = constant({4.0, 5.0, 6.0});
  Tensor w = constant({1.0, 0.0, 2.0});
  GradientTape outer, inner;
  outer.watch(b);
  inner.watch(a);
  Tensor product = linalg::cross(a, b);
  // d(w · (a × b))/da is b × w, whose sum has the derivative (w1 - w2, w2 - w0,
  // w0 - w1) by b.
  Tensor da = inner.gradient(reduce_sum(product * w), a);
  Tensor db = outer.gradient(reduce_sum(da), b);
  auto is = [](const Tensor& got, const std::vector<float>& wanted) {
    auto values = got.values<float>();
    return std::vector<float>(values.begin(), values.end()) == wanted;
  };
  bool right =
      is(product, {-3, 6, -3}) && is(da, {10, -2, -5}) && is(db, {-2, 1, 1});
  return right ? 0 : 1;
}

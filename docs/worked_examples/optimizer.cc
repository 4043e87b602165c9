// Runs against Tern with optimizer.patch applied.
#include <cmath>

#include "tern/tern.h"

using namespace tern;
using namespace tern::keras;

int main() {
  Variable x(1.0);
  Optimizer optimizer = optimizers::Lamb({.learning_rate = 0.25});
  for (int step = 0; step < 3; ++step)
    optimizer.minimize([&] { return x * x; }, {x});
  // Each step takes a quarter of the way to 0.
  return std::abs(x.read().item<float>() - 0.421875f) < 1e-5f ? 0 : 1;
}

#include <catch2/catch.hpp>

#include "keras/vectors.h"
#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/allocator.h"
#include "tern/graph/function.h"
#include "tern/keras/optimizers.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

/// One step down the squares of some rows of a table.
void step(const Optimizer& optimizer,
          const Variable& table,
          const Tensor& ids) {
  GradientTape tape;
  Tensor loss = reduce_sum(square(gather(table, ids)));
  auto gradients = tape.gradients({loss}, {table.handle()});
  REQUIRE(gradients[0].is_sparse());
  optimizer.impl()->apply(gradients, {table});
}

}  // namespace

TEST_CASE(
    "Sparse gradients go through a function into Adam without a dense "
    "gradient") {
  constexpr std::int64_t kRows = 1'000'000, kWidth = 128;
  Variable table(ones({kRows, kWidth}));
  optimizers::Adam adam;
  adam.impl()->build({table});
  auto train = function([&](const Tensor& ids) {
    step(adam, table, ids);
    return reduce_sum(ids);
  });
  Tensor ids = {5, 7, 5, 999'999};
  train(ids);
  cpu_allocator().reset_peak();
  std::int64_t before = cpu_allocator().statistics().bytes_in_use;
  train(ids);
  std::int64_t extra = cpu_allocator().statistics().peak_bytes_in_use - before;
  CHECK(extra < kRows * kWidth * 4 / 100);
  auto row = [&](int i) { return table[{i, 0}].read().item<float>(); };
  CHECK(row(5) < 1);
  CHECK(row(6) == 1);
}

TEST_CASE("Sparse Adam is its decomposition into public ops") {
  const OpDef& op = OpRegistry::global().get("_TernResourceSparseApplyAdam");
  Tensor start = random::normal({6, 3}), g = random::normal({4, 3});
  Tensor ids = {1, 4, 1, 5};
  auto make = [&] {
    return Variables{
        Variable(start), Variable(start * 0.1), Variable(square(start))};
  };
  Variables fused = make(), plain = make();
  auto inputs = [&](const Variables& variables) {
    return Tensors{variables[0].handle(),
                   variables[1].handle(),
                   variables[2].handle(),
                   constant(0.01, float32),
                   constant(0.1, float32),
                   constant(0.001, float32),
                   constant(1e-7, float32),
                   g,
                   ids};
  };
  tern::apply(op, inputs(fused));
  op.decompose(inputs(plain), {});
  for (std::size_t i = 0; i < fused.size(); ++i)
    CHECK(difference(fused[i], plain[i], {1e-6, 1e-7}) == "");
}

TEST_CASE("A row outside of the table leaves table and slots as they were") {
  Variable table(ones({4, 2}));
  optimizers::Adam adam;
  adam.impl()->build({table});
  IndexedSlices slices{ones({1, 2}), constant({4}, int64), {}};
  CHECK_THROWS_AS(adam.impl()->apply({slices}, {table}), InvalidArgumentError);
  CHECK(difference(table, ones({4, 2}), {}) == "");
  for (const Variable& slot : adam.impl()->slots())
    CHECK(difference(slot, zeros({4, 2}), {}) == "");
}

}  // namespace tern::keras

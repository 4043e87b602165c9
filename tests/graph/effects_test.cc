#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/allocator.h"
#include "tern/graph/control_flow.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"
#include "tern/ops/variable.h"

using namespace tern;

TEST_CASE("Many threads call one function on inputs of their own",
          "[threads]") {
  Variable w(2.0);
  auto f = function([&](const Tensor& x) {
    return while_loop(
        [](Tensor i, Tensor) { return i < 10; },
        [&](Tensor i, Tensor y) { return std::tuple(i + 1, y + w * x); },
        0,
        x)[1];
  });
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        float x = static_cast<float>(t * 100 + i);
        GradientTape tape;
        Tensor input = constant(x);
        tape.watch(input);
        Tensor y = f(input);
        Tensor dy = tape.gradient(y, input);
        right += y.item<float>() == 21 * x && dy.item<float>() == 21;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 160);
}

TEST_CASE("Effects inside of a branch and a loop keep their order") {
  Variable v(1.0);
  auto f = function([&](const Tensor& x, const Tensor& n) {
    v.assign(x);
    cond(
        x > 0, [&] { v.assign_add(10.0); }, [&] { v.assign_sub(10.0); });
    while_loop([&](Tensor i) { return i < n; },
               [&](Tensor i) {
                 v.assign(v * 2.0);
                 return i + 1;
               },
               0);
    return v.read();
  });
  CHECK(f(1.0, 3).item<float>() == 88);
  CHECK(f(-1.0, 1).item<float>() == -22);
  CHECK(v.read().item<float>() == -22);
}

TEST_CASE("A long loop that pushes to a list takes linear time") {
  // With a copy of the list in each step this would take hours.
  constexpr int kSteps = 200'000;
  auto f = function([](const Tensor& n) {
    Tensor list = raw<"EmptyTensorList">(
        Tensors{Tensor(std::vector<std::int32_t>{}), Tensor(-1)},
        {{"element_dtype", float32}});
    auto [i, filled] = while_loop(
        [&](Tensor k, Tensor) { return k < n; },
        [](Tensor k, Tensor l) {
          return std::tuple(
              k + 1,
              raw<"TensorListPushBack">(
                  l, cast(k, float32), {{"element_dtype", float32}}));
        },
        0,
        list);
    return reduce_sum(raw<"TensorListStack">(
        Tensors{filled, Tensor(std::vector<std::int32_t>{})},
        {{"element_dtype", float32}}));
  });
  CHECK(f(kSteps).item<float>() ==
        Approx(0.5 * kSteps * (kSteps - 1.0)).epsilon(1e-4));
}

TEST_CASE("The gradient of a table stays sparse through a function") {
  constexpr std::int64_t kRows = 200'000, kColumns = 32;
  Variable table(zeros({kRows, kColumns}));
  auto loss = function(
      [&](const Tensor& ids) { return reduce_sum(gather(table, ids) * 3.0); });
  Tensor ids = constant({7, 199999, 7});
  loss(ids);
  cpu_allocator().reset_peak();
  std::int64_t before = cpu_allocator().statistics().bytes_in_use;
  GradientTape tape;
  Tensor y = loss(ids);
  std::vector<Gradient> gradients = tape.gradients({y}, {table.handle()});
  std::int64_t peak = cpu_allocator().statistics().peak_bytes_in_use - before;
  REQUIRE(gradients[0].is_sparse());
  CHECK(gradients[0].slices().values.shape() == Shape({3, kColumns}));
  CHECK(gradients[0].slices().values.values<float>()[0] == 3);
  CHECK(peak < kRows * kColumns);  // a dense gradient has four times as many
}

TEST_CASE("Random ops in a function draw anew at each call") {
  random::set_seed(7);
  auto f = function([] { return random::uniform({4}); });
  Tensor first = f(), second = f();
  CHECK_FALSE(std::equal(first.values<float>().begin(),
                         first.values<float>().end(),
                         second.values<float>().begin()));
}

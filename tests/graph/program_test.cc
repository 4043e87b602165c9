#include "graph/program/program.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <random>
#include <thread>

#include "graph/passes/pass_harness.h"
#include "graph/program/arena.h"
#include "graph/program/layout.h"
#include "graph/tracer.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/allocator.h"
#include "tern/core/parallel.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/linalg.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

using pass_test::trace;
using Floats = std::vector<float>;

std::vector<float> floats(const Tensor& tensor) {
  auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

TEST_CASE("Blocks of an arena that live together do not overlap") {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<ArenaBlock> blocks;
    for (int i = 0; i < 100; ++i) {
      int first = static_cast<int>(random() % 100);
      blocks.push_back({.bytes = 1 + random() % 5000,
                        .first = first,
                        .last = first + static_cast<int>(random() % 10)});
    }
    std::size_t size = plan_arena(blocks);
    CHECK(size >= arena_lower_bound(blocks));
    CHECK(size <= arena_lower_bound(blocks) * 13 / 10);
    for (const ArenaBlock& a : blocks) {
      CHECK(a.offset % 64 == 0);
      CHECK(a.offset + a.bytes <= size);
      for (const ArenaBlock& b : blocks)
        if (&a != &b && a.first <= b.last && b.first <= a.last)
          CHECK((a.offset + a.bytes <= b.offset ||
                 b.offset + b.bytes <= a.offset));
    }
  }
}

TEST_CASE("Blocks that follow one another share their memory") {
  std::vector<ArenaBlock> chain;
  for (int i = 0; i < 10; ++i)
    chain.push_back({.bytes = 640, .first = i, .last = i + 1});
  CHECK(plan_arena(chain) == 1280);
  CHECK(arena_lower_bound(chain) == 1280);
}

TEST_CASE("What a run gave stays when the program runs again") {
  for (std::int64_t n : {3, 300}) {  // within a tensor, and in the arena
    auto f = function([](const Tensor& x) {
      Tensor y = x * 2 + 1;
      return std::tuple(y, reshape(y, {-1, 1}), squeeze(y * y));
    });
    Tensor a = ones({n}), b = zeros({n});
    auto [y1, column1, square1] = f(a);
    auto [y2, column2, square2] = f(b);
    CHECK(floats(y1) == Floats(static_cast<std::size_t>(n), 3));
    CHECK(floats(y2) == Floats(static_cast<std::size_t>(n), 1));
    CHECK(floats(column1) == floats(y1));
    CHECK(column1.shape() == Shape{n, 1});
    CHECK(floats(square1) == Floats(static_cast<std::size_t>(n), 9));
    CHECK(floats(square2) == floats(y2));
  }
}

TEST_CASE("Other views of a result hold its new values in the next run") {
  for (int n : {2, 40}) {
    auto f = function([&](const Tensor& x) {
      Tensor y = x + 1;
      Tensor rows = reshape(y, {n, n});
      return reduce_sum(matmul(rows, identity(rows)));
    });
    Tensor one = ones({n * n}), none = zeros({n * n});
    float all = static_cast<float>(n) * static_cast<float>(n * n);
    CHECK(f(one).item<float>() == 4 * all);
    CHECK(f(none).item<float>() == all);
    CHECK(f(one).item<float>() == 4 * all);
  }
}

TEST_CASE("A value that goes into a variable is the variable's own") {
  Variable v(zeros({100}));
  auto f = function([&](const Tensor& x) {
    Tensor y = x * 3;
    v.assign(y);
    return reduce_sum(y + v);
  });
  CHECK(f(ones({100})).item<float>() == 600);
  Tensor first = v.read();
  CHECK(f(ones({100}) * 2).item<float>() == 1200);
  CHECK(floats(first) == Floats(100, 3));
  CHECK(floats(v.read()) == Floats(100, 6));
}

TEST_CASE("A constant or an argument may be a result, several times") {
  auto f = function([](const Tensor& x) {
    Tensor c = constant(Floats(200, 5));
    return std::tuple(x, x, c, c);
  });
  Tensor x = ones({200});
  auto [a, b, c, d] = f(x);
  CHECK(a.id() != x.id());
  CHECK(a.id() != b.id());
  CHECK(c.id() != d.id());
  CHECK(floats(a) == floats(x));
  CHECK(floats(c) == floats(d));
}

TEST_CASE("One program serves inputs of many shapes in turn") {
  auto f = function([](const Tensor& x) { return reduce_sum(x * x + x); },
                    {.input_signature = {TensorSpec(Shape{-1}, float32)}});
  for (int round = 0; round < 2; ++round)
    for (std::int64_t n = 0; n < 40; ++n)
      CHECK(f(ones({n})).item<float>() == static_cast<float>(2 * n));
}

TEST_CASE("A program takes a tensor without any handle") {
  auto f = function([](const Tensor& handles) { return size(handles); });
  for (int i = 0; i < 2; ++i) {
    fill({16}, -1);  // what memory of small tensors holds from before
    CHECK(f(Tensor::allocate(resource, {0})).item<int>() == 0);
  }
}

TEST_CASE("After an error a program runs on") {
  auto f = function(
      [](const Tensor& x, const Tensor& i) {
        Tensor y = x * 2;
        return gather(y, i) + y;
      },
      {.input_signature = {TensorSpec(Shape{-1}, float32),
                           TensorSpec({}, int32)}});
  Tensor x = ones({100});
  CHECK_THROWS_AS(f(x, 100), InvalidArgumentError);
  CHECK(floats(f(x, 99)) == Floats(100, 4));
}

TEST_CASE(
    "Shapes that do not fit are an error of the node when its turn comes") {
  Variable seen(0.0);
  auto f = function(
      [&](const Tensor& x, const Tensor& y) {
        seen.assign_add(1.0);
        return matmul(x, y);
      },
      {.input_signature = {TensorSpec(Shape{-1, -1}, float32),
                           TensorSpec(Shape{-1, -1}, float32)}});
  CHECK_THROWS_WITH(f(ones({2, 3}), ones({4, 2})), Catch::Contains("MatMul"));
  CHECK(seen.read().item<float>() == 1);
  CHECK(f(ones({2, 3}), ones({3, 2})).shape() == Shape{2, 2});
}

struct TracedStep {
  GraphFunctionPtr function;
  Tensors captured;
};

/// One step of training a network of two layers.
TracedStep traced_step(Variable& w1, Variable& w2) {
  Tracer tracer("step");
  TraceScope scope(tracer);
  Tensor x = tracer.add_argument(TensorSpec({128, 784}, float32));
  Tensor labels = tracer.add_argument(TensorSpec({128}, int32));
  GradientTape tape;
  Tensor hidden = nn::relu(matmul(x, w1));
  Tensor mask = cast(random::uniform({128, 512}) >= 0.2, float32);
  Tensor loss = reduce_mean(nn::sparse_softmax_cross_entropy_with_logits(
      labels, matmul(hidden * mask * 1.25, w2)));
  auto [g1, g2] = tape.gradient(loss, w1, w2);
  w1.assign_sub(g1 * 0.1);
  w2.assign_sub(g2 * 0.1);
  GraphFunctionPtr function = tracer.finish({loss});
  return {function, tracer.captured()};
}

TEST_CASE("A training step needs hardly more memory than lives at once") {
  Variable w1(random::normal({784, 512}) * 0.05);
  Variable w2(random::normal({512, 10}) * 0.05);
  TracedStep step = traced_step(w1, w2);
  Tensors arguments = {random::normal({128, 784}), zeros({128}, int32)};
  arguments.insert(arguments.end(), step.captured.begin(), step.captured.end());
  const LayoutPlan& plan =
      step.function->program().layout_for(arguments)->plan();
  CHECK(plan.arena_lower_bound > 784 * 512 * sizeof(float));
  CHECK(plan.arena_bytes <= plan.arena_lower_bound * 11 / 10);

  for (int i = 0; i < 2; ++i) step.function->program().run(arguments);
  std::int64_t before = cpu_allocator().statistics().allocations;
  float loss = 0;
  for (int i = 0; i < 5; ++i)
    loss = step.function->program().run(arguments)[0].item<float>();
  CHECK(cpu_allocator().statistics().allocations == before);
  CHECK(loss < 2);
}

TEST_CASE(
    "An elementwise result takes the place of an operand that ends there") {
  pass_test::OptionsScope unfused(pass_test::all_off());
  auto f = trace({TensorSpec({1000}, float32), TensorSpec({1000}, float32)},
                 [](const Tensors& in) {
                   Tensor x = in[0] * 2;  // read again after y is
                   Tensor y = exp(in[1]);
                   y = y + in[0];
                   y = cast(y > x, float32) * y;  // bools are smaller
                   return Tensors{reduce_sum(x * y)};
                 });
  Tensors arguments = {random::normal({1000}), random::normal({1000})};
  const Program& program = f->program();
  const LayoutPlan& plan = program.layout_for(arguments)->plan();
  // At most x, y, and the comparison with what is cast of it.
  CHECK(plan.arena_bytes <= 3 * 4032 + 1024);
  const Tensor &a = arguments[0], &b = arguments[1];
  double wanted = 0;
  for (int i = 0; i < 1000; ++i) {
    double x = 2.0 * a.values<float>()[i];
    double y = std::exp(b.values<float>()[i]) + a.values<float>()[i];
    wanted += y > x ? x * y : 0;
  }
  for (int run = 0; run < 2; ++run)
    CHECK(program.run(arguments)[0].item<float>() ==
          Approx(wanted).epsilon(1e-4));
}

TEST_CASE("A result is not written over what outlives the run or the step") {
  pass_test::OptionsScope unfused(pass_test::all_off());
  auto f = trace({TensorSpec({1000}, float32)}, [](const Tensors& in) {
    Tensor x = in[0] + 1;
    Tensor rows = reshape(x, {10, 100});  // the same elements
    Tensor y = x * 2;
    return Tensors{y, reduce_sum(rows) + reduce_sum(-y)};
  });
  Tensor ones_in = ones({1000});
  Tensors first = f->program().run({ones_in});
  Tensors second = f->program().run({zeros({1000})});
  CHECK(floats(first[0]) == Floats(1000, 4));
  CHECK(first[1].item<float>() == -2000);
  CHECK(floats(second[0]) == Floats(1000, 2));
  CHECK(floats(ones_in) == Floats(1000, 1));
}

TEST_CASE("Threads that run one program do not see one another's values") {
  auto f = function([](const Tensor& x) {
    Tensor y = x;
    for (int i = 0; i < 20; ++i) y = y * 2 - x;
    return reduce_sum(y);  // 20 times doubled less x is x again
  });
  f(ones({1000}));
  std::vector<std::thread> threads;
  std::vector<int> wrong(16, 0);
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&f, &wrong, t] {
      Tensor x = ones({1000}) * t;
      for (int i = 0; i < 50; ++i)
        if (f(x).item<float>() != static_cast<float>(1000 * t))
          ++wrong[static_cast<std::size_t>(t)];
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(16, 0));
}

std::ptrdiff_t threads_of_process() {
  std::filesystem::directory_iterator tasks("/proc/self/task"), none;
  return std::distance(tasks, none);
}

TEST_CASE("Callers bring their own threads and share the helpers") {
  if (!std::filesystem::exists("/proc/self/task")) return;
  auto f = function([](const Tensor& x, const Tensor& w) {
    return reduce_sum(exp(matmul(x, w)));
  });
  Tensor x = random::normal({64, 256}), w = random::normal({256, 512});
  const float wanted = f(x, w).item<float>();
  constexpr std::ptrdiff_t kCallers = 8;
  // One helper beside the caller for each further core, and those that other
  // tests have asked for.
  const std::ptrdiff_t helpers =
      std::max<std::ptrdiff_t>(threads_of_process(), num_threads()) - 1;
  std::atomic<std::ptrdiff_t> most{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (std::ptrdiff_t t = 0; t < kCallers; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        if (f(x, w).item<float>() != wanted) ++wrong;
        std::ptrdiff_t now = threads_of_process();
        for (std::ptrdiff_t seen = most; now > seen;)
          if (most.compare_exchange_weak(seen, now)) break;
      }
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(most <= 1 + kCallers + helpers);
}

}  // namespace
}  // namespace tern

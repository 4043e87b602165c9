// Queues, stacks, staging areas and accumulators.
#include "tern/ops/queue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "ops/apply.h"
#include "tern/core/cancellation.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"

namespace tern {
namespace {

using Catch::Matchers::Contains;
using Floats = std::vector<float>;

Floats list(const Tensor& tensor) {
  auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

TEST_CASE("A queue gives back what it took, in order") {
  queue::FIFOQueue queue(10, {float32, int32}, {Shape{}, Shape{}});
  queue.enqueue({1.5, 1});
  queue.enqueue_many({Tensor{2.5, 3.5}, Tensor{2, 3}});
  CHECK(queue.size().item<int>() == 3);
  Tensors first = queue.dequeue();
  CHECK(first[0].item<float>() == 1.5f);
  CHECK(first[1].item<int>() == 1);
  CHECK(list(queue.dequeue_many(2)[0]) == Floats{2.5, 3.5});
  CHECK_THROWS_WITH(queue.enqueue({1.5, Tensor{1, 2}}),
                    Contains("Shape mismatch in tuple component 1. Expected "
                             "[], got [2]"));
  CHECK_THROWS_WITH(queue.enqueue({1.5}),
                    Contains("Wrong number of components in tuple"));
}

TEST_CASE("A closed queue gives what is left, then an error") {
  queue::FIFOQueue queue(10, {float32}, {Shape{}});
  queue.enqueue_many({Tensor{1.0, 2.0}});
  queue.close();
  CHECK(queue.is_closed().item<bool>());
  CHECK_THROWS_AS(queue.enqueue({1.0}), CancelledError);
  CHECK_THROWS_WITH(queue.dequeue_many(3),
                    Contains("is closed and has insufficient elements "
                             "(requested 3, current size 2)"));
  CHECK(list(queue.dequeue_up_to(3)[0]) == Floats{1, 2});
  CHECK_THROWS_AS(queue.dequeue(), OutOfRangeError);
}

TEST_CASE("Who finds a queue full or empty waits for another thread") {
  queue::FIFOQueue queue(1, {float32}, {Shape{}});
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) queue.enqueue({static_cast<float>(i)});
    queue.close();
  });
  float sum = 0;
  for (int i = 0; i < 50; ++i) sum += queue.dequeue()[0].item<float>();
  writer.join();
  CHECK(sum == 49 * 50 / 2);
  queue::FIFOQueue empty(1, {float32});
  Cancellation stop;
  std::thread reader([&] {
    CancellationScope scope(stop);
    CHECK_THROWS_AS(empty.dequeue(), CancelledError);
  });
  stop.cancel();
  reader.join();
}

TEST_CASE("Batches are padded, shuffled or ordered by priority") {
  queue::PaddingFIFOQueue padding(5, {float32}, {Shape{-1}});
  padding.enqueue({Tensor{1.0}});
  padding.enqueue({Tensor{2.0, 3.0}});
  CHECK(list(padding.dequeue_many(2)[0]) == Floats{1, 0, 2, 3});

  queue::RandomShuffleQueue random(100, 0, {float32}, {Shape{}}, 7);
  random.enqueue_many({Tensor{1.0, 2.0, 3.0, 4.0}});
  Floats all = list(random.dequeue_many(4)[0]);
  std::sort(all.begin(), all.end());
  CHECK(all == Floats{1, 2, 3, 4});

  queue::PriorityQueue ordered(5, {string}, {Shape{}});
  ordered.enqueue({3, "c"});
  ordered.enqueue({1, "a"});
  CHECK(ordered.dequeue()[1].bytes() == "a");
}

TEST_CASE("A stack gives the last one first") {
  Tensor stack = raw<"StackV2">(Tensor(1), {{"elem_type", float32}});
  Tensor one = Tensor(1.0f).as_dtype(float32);
  raw<"StackPushV2">(stack, one);
  CHECK_THROWS_WITH(raw<"StackPushV2">(stack, one),
                    Contains("overflowed its max_size (1)"));
  CHECK(raw<"StackPopV2">(stack, {{"elem_type", float32}}).item<float>() == 1);
  CHECK_THROWS_WITH(raw<"StackPopV2">(stack, {{"elem_type", float32}}),
                    Contains("is empty when calling Pop()"));
}

TEST_CASE("A staging area hands tensors on by name") {
  const std::vector<DType> types{float32};
  raw<"Stage">(Tensors{Tensor(2.0f).as_dtype(float32)},
               {{"shared_name", "queue_test"}});
  CHECK(raw<"StageSize">(Tensors{},
                         {{"dtypes", types}, {"shared_name", "queue_test"}})
            .item<int>() == 1);
  CHECK(raw<"Unstage">(Tensors{},
                       {{"dtypes", types}, {"shared_name", "queue_test"}})
            .item<float>() == 2);
}

TEST_CASE("An accumulator averages gradients of its step") {
  ConditionalAccumulator sum(float32, Shape{2});
  sum.apply_grad(Tensor{1.0, 2.0});
  sum.apply_grad(Tensor{3.0, 4.0});
  CHECK(sum.num_accumulated().item<int>() == 2);
  CHECK(list(sum.take_grad(2)) == Floats{2, 3});
  sum.apply_grad(Tensor{9.0, 9.0}, 0);  // of the step before
  CHECK(sum.num_accumulated().item<int>() == 0);
  CHECK_THROWS_WITH(sum.apply_grad(Tensor{1.0}, 1), Contains("Shape mismatch"));
}

}  // namespace
}  // namespace tern

#include <catch2/catch.hpp>

#include "graph/program/layout.h"
#include "graph/program/program.h"
#include "graph/tracer.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/allocator.h"
#include "tern/graph/function.h"
#include "tern/keras/layers.h"
#include "tern/keras/losses.h"
#include "tern/keras/model.h"
#include "tern/keras/optimizers.h"
#include "tern/ops/array.h"
#include "tern/ops/random.h"

// What a step of training holds in memory, on the network of the benchmark
// `train/mnist_mlp/b128`.

namespace tern {
namespace {

class MnistStep {
 public:
  Tensor operator()(const Tensor& x, const Tensor& labels) {
    GradientTape tape;
    Tensor loss = loss_(labels, model_(x, {.training = true}));
    Variables weights = model_.trainable_variables();
    optimizer_.apply_gradients(tape.gradient(loss, weights), weights);
    return loss;
  }

 private:
  keras::Sequential model_{
      {keras::layers::Dense(512, {.activation = "relu", .input_shape = {784}}),
       keras::layers::Dropout(0.2),
       keras::layers::Dense(512, {.activation = "relu"}),
       keras::layers::Dropout(0.2),
       keras::layers::Dense(10, {.activation = "softmax"})}};
  keras::Loss loss_ = keras::losses::SparseCategoricalCrossentropy();
  keras::optimizers::Adam optimizer_;
};

Tensor images() { return random::normal({128, 784}); }
Tensor labels() { return zeros({128, 1}, int32); }

TEST_CASE("A step of training needs hardly more memory than lives at once") {
  MnistStep step;
  step(images(), labels());  // makes the optimizer's variables
  Tracer tracer("step");
  GraphFunctionPtr function;
  {
    TraceScope scope(tracer);
    Tensor x = tracer.add_argument(TensorSpec({128, 784}, float32));
    Tensor y = tracer.add_argument(TensorSpec({128, 1}, int32));
    function = tracer.finish({step(x, y)});
  }
  Tensors arguments = {images(), labels()};
  for (const Tensor& captured : tracer.captured())
    arguments.push_back(captured);
  const LayoutPlan& plan = function->program().layout_for(arguments)->plan();
  // The gradients of both kernels and the activations.
  CHECK(plan.arena_lower_bound > 2 * 128 * 512 * sizeof(float));
  CHECK(plan.arena_bytes <= plan.arena_lower_bound * 11 / 10);
}

TEST_CASE("Steps of training allocate nothing once they are under way") {
  MnistStep step;
  auto traced =
      function([&](const Tensor& x, const Tensor& y) { return step(x, y); });
  Tensor x = images(), y = labels();
  for (int i = 0; i < 3; ++i) traced(x, y);
  const std::int64_t before = cpu_allocator().statistics().allocations;
  float loss = 0;
  for (int i = 0; i < 20; ++i) loss = traced(x, y).item<float>();
  CHECK(cpu_allocator().statistics().allocations == before);
  CHECK(loss < 0.1);  // all labels are one
}

}  // namespace
}  // namespace tern

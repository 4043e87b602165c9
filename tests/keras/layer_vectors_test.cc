#include <catch2/catch.hpp>

#include "keras/object_registry.h"
#include "keras/training/step_scope.h"
#include "keras/vectors.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

/// Null where a layer of the case is beyond what Tern has: the case is left.
std::vector<Layer> layers_of(const VectorCase& vectors) {
  std::vector<Layer> layers;
  for (const Config& entry : vectors.facts()["config"].items()) {
    auto factory = ObjectRegistry::global().find_layer(
        entry["class_name"].get<std::string>());
    if (!factory) return {};
    try {
      layers.push_back(factory(entry["config"]));
    } catch (const UnimplementedError&) {
      return {};  // mixed precision
    } catch (const InvalidArgumentError&) {
      return {};  // an activation that is not there yet
    }
  }
  return layers;
}

struct Case {
  const VectorCase& vectors;
  std::vector<Layer> layers;
  Variables weights = {};

  Tensor forward(const Tensor& x, bool training) const {
    Tensor y = x;
    for (const Layer& layer : layers) y = layer(y, {.training = training});
    return y;
  }

  void start(const Tensor& x) {
    forward(x, false);
    for (const Layer& layer : layers)
      for (const Variable& weight : layer.variables())
        weights.push_back(weight);
    const auto& saved = vectors.facts()["weights"].items();
    REQUIRE(weights.size() == saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i)
      weights[i].assign(
          cast(vectors.load(saved[i]["file"]), weights[i].dtype()));
  }

  void check_call(const Config& call, const Tensor& x) const {
    Tolerance allowed = Tolerance::of(vectors.facts());
    StepScope step;
    GradientTape tape;
    tape.watch(x);
    Tensor y = forward(x, call["training"].get<bool>());
    CHECK(difference(y,
                     vectors.load(call["outputs"].items()[0]["file"]),
                     allowed) == "");
    Tensor cotangent = vectors.load(call["cotangents"].items()[0]);
    Tensor target = reduce_sum(cast(y, cotangent.dtype()) * cotangent);
    Tensors losses = step.losses();
    for (const Layer& layer : layers)
      for (const Tensor& loss : layer.impl()->regularization_losses())
        losses.push_back(loss);
    if (const Config* wanted = call.find("losses")) {
      REQUIRE(losses.size() == wanted->items().size());
      for (std::size_t i = 0; i < losses.size(); ++i)
        CHECK(difference(
                  losses[i], vectors.load(wanted->items()[i]), allowed) == "");
    }
    for (const Tensor& loss : losses) target = target + loss;
    Tensors sources{x};
    for (const Variable& weight : weights) sources.push_back(weight.handle());
    Tensors gradients = tape.gradient(target, sources);
    CHECK(difference(gradients[0],
                     vectors.load(call["grad_inputs"].items()[0]),
                     allowed) == "");
    const auto& wanted = call["grad_weights"].items();
    REQUIRE(wanted.size() == weights.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      CHECK(difference(gradients[i + 1],
                       vectors.load(wanted[i]["file"]),
                       allowed) == "");
  }
};

}  // namespace

TEST_CASE("Layers compute what Keras' layers compute, and its gradients") {
  int checked = 0;
  for (const char* name : {"layer_Dense_",
                           "layer_Activation_",
                           "layer_Flatten_",
                           "layer_Dropout_"})
    for_each_case(name, [&](const VectorCase& vectors) {
      Case test{vectors, layers_of(vectors)};
      if (test.layers.empty()) return;
      Tensor x = vectors.load(vectors.facts()["inputs"].items()[0]["file"]);
      test.start(x);
      for (const Config& call : vectors.facts()["calls"].items())
        test.check_call(call, x);
      ++checked;
    });
  if (shared_folder()) CHECK(checked >= 20);
}

}  // namespace tern::keras

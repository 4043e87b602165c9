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

  /// The inputs, a mask left out: that is an argument of its own.
  Tensors inputs(Tensor& mask) const {
    Tensors all;
    for (const Config& entry : vectors.facts()["inputs"].items()) {
      Tensor x = vectors.load(entry["file"]);
      if (entry["dtype"].get<std::string>() == "bool")
        mask = cast(x, bool_);
      else
        all.push_back(x);
    }
    return all;
  }

  Tensor forward(const Tensors& inputs,
                 const Tensor& mask,
                 bool training) const {
    Nest y = inputs.size() == 1 ? Nest(inputs[0]) : Nest(inputs);
    for (const Layer& layer : layers)
      y = layer.apply(y, {.training = training, .mask = mask});
    return y.tensor();
  }

  void start(const Tensors& x, const Tensor& mask) {
    forward(x, mask, false);
    for (const Layer& layer : layers)
      for (const Variable& weight : layer.variables())
        weights.push_back(weight);
    const auto& saved = vectors.facts()["weights"].items();
    REQUIRE(weights.size() == saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i)
      weights[i].assign(
          cast(vectors.load(saved[i]["file"]), weights[i].dtype()));
  }

  void check_losses(const Config& call, const Tensors& losses) const {
    const Config* wanted = call.find("losses");
    if (!wanted) return;
    REQUIRE(losses.size() == wanted->items().size());
    for (std::size_t i = 0; i < losses.size(); ++i)
      check(losses[i], wanted->items()[i]);
  }

  void check(const Tensor& got, const Config& file) const {
    INFO(vectors.folder() << " " << file.get<std::string>());
    CHECK(difference(got, vectors.load(file), Tolerance::of(vectors.facts())) ==
          "");
  }

  void check_call(const Config& call,
                  const Tensors& x,
                  const Tensor& mask) const {
    StepScope step;
    GradientTape tape;
    for (const Tensor& input : x) tape.watch(input);
    Tensor y = forward(x, mask, call["training"].get<bool>());
    check(y, call["outputs"].items()[0]["file"]);
    Tensor cotangent = vectors.load(call["cotangents"].items()[0]);
    Tensor target = reduce_sum(cast(y, cotangent.dtype()) * cotangent);
    Tensors losses = step.losses();
    Variables trainable;
    for (const Layer& layer : layers) {
      for (const Tensor& loss : layer.impl()->regularization_losses())
        losses.push_back(loss);
      for (const Variable& weight : layer.trainable_variables())
        trainable.push_back(weight);
    }
    check_losses(call, losses);
    for (const Tensor& loss : losses) target = target + loss;
    Tensors sources = x;
    for (const Variable& weight : trainable) sources.push_back(weight.handle());
    Tensors gradients = tape.gradient(target, sources);
    const auto& by_input = call["grad_inputs"].items();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!by_input[i].is_null()) check(gradients[i], by_input[i]);
    const auto& by_weight = call["grad_weights"].items();
    REQUIRE(by_weight.size() == trainable.size());
    for (std::size_t i = 0; i < by_weight.size(); ++i)
      check(gradients[x.size() + i], by_weight[i]["file"]);
    if (const Config* after = call.find("weights_after"))
      for (const Config& entry : after->items())
        check(weights[entry["index"].get<std::size_t>()].read(), entry["file"]);
  }
};

/// Whether Tern has the layers of the case.
bool check_layers(const VectorCase& vectors, bool as_keras_2) {
  Case test{vectors, layers_of(vectors)};
  if (test.layers.empty()) return false;
  INFO(vectors.folder());
  Tensor mask;
  Tensors x = test.inputs(mask);
  test.start(x, mask);
  if (as_keras_2)
    for (const Layer& layer : test.layers) layer.impl()->behave_as_keras_2();
  const char* calls = as_keras_2 ? "h5_calls" : "calls";
  for (const Config& call : vectors.facts()[calls].items())
    test.check_call(call, x, mask);
  return true;
}

/// Beginnings of the cases' names.
constexpr const char* kLayers[] = {"Activation_",
                                   "Add_",
                                   "Average_",
                                   "AveragePooling",
                                   "BatchNormalization_",
                                   "Concatenate_",
                                   "Conv1D",
                                   "Conv2D",
                                   "Conv3D",
                                   "Cropping",
                                   "Dense_",
                                   "DepthwiseConv",
                                   "Dot_",
                                   "Dropout_",
                                   "ELU_",
                                   "Flatten_",
                                   "GaussianDropout_",
                                   "GaussianNoise_",
                                   "GlobalAveragePooling",
                                   "GlobalMaxPooling",
                                   "GroupNormalization_",
                                   "LayerNormalization_",
                                   "LeakyReLU_",
                                   "MaxPooling",
                                   "Maximum_",
                                   "Minimum_",
                                   "Multiply_",
                                   "PReLU_",
                                   "Permute_",
                                   "ReLU_",
                                   "RepeatVector_",
                                   "Reshape_",
                                   "SeparableConv",
                                   "Softmax_",
                                   "SpatialDropout",
                                   "Subtract_",
                                   "ThresholdedReLU_",
                                   "UpSampling",
                                   "ZeroPadding"};

}  // namespace

TEST_CASE("Layers compute what Keras' layers compute, and its gradients") {
  int checked = 0;
  for (const char* name : kLayers)
    for_each_case(std::string("layer_") + name, [&](const VectorCase& vectors) {
      checked += check_layers(vectors, /*as_keras_2=*/false);
    });
  if (shared_folder()) CHECK(checked >= 100);
}

TEST_CASE("Layers of a Keras 2 file go on as Keras 2 had them") {
  int checked = 0;
  for_each_case("layer_BatchNormalization_", [&](const VectorCase& vectors) {
    if (vectors.facts().contains("h5_calls"))
      checked += check_layers(vectors, /*as_keras_2=*/true);
  });
  if (shared_folder()) CHECK(checked >= 1);
}

}  // namespace tern::keras

#include "keras/object_registry.h"
#include "keras/training/step_scope.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tools/golden/keras/case.h"

namespace tern::golden {
namespace {

using keras::Config, keras::Layer, keras::StepScope;

std::vector<Layer> layers_of(const KerasCase& c) {
  std::vector<Layer> layers;
  for (const Config& entry : c.facts()["config"].items()) {
    std::string name = entry["class_name"].get<std::string>();
    auto factory = keras::ObjectRegistry::global().find_layer(name);
    if (!factory) throw Missing{name};
    try {
      layers.push_back(factory(entry["config"]));
    } catch (const UnimplementedError& error) {
      throw Missing{name};
    }
  }
  return layers;
}

class LayerCheck {
 public:
  LayerCheck(const KerasCase& c, Findings& findings, bool as_keras_2)
      : c_(c),
        findings_(findings),
        allowed_(tolerance_of(c.facts())),
        layers_(layers_of(c)) {
    // A mask is an argument of its own.
    for (const Config& input : c.facts()["inputs"].items()) {
      Tensor tensor = load_as(input);
      (tensor.dtype() == bool_ ? mask_ : inputs_.emplace_back()) = tensor;
    }
    if (as_keras_2)
      for (const Layer& layer : layers_) layer.impl()->behave_as_keras_2();
    forward(false);
    for (const Layer& layer : layers_)
      for (const Variable& weight : layer.variables())
        weights_.push_back(weight);
    const auto& saved = c.facts()["weights"].items();
    if (weights_.size() != saved.size())
      throw InvalidArgumentError("the layers have ",
                                 weights_.size(),
                                 " weights, wanted ",
                                 saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i)
      weights_[i].assign(cast(c.load(saved[i]["file"]), weights_[i].dtype()));
  }

  void check(const Config& call) {
    StepScope step;
    GradientTape tape;
    for (const Tensor& input : inputs_)
      if (input.dtype().is_floating()) tape.watch(input);
    Tensors outputs = forward(call["training"].get<bool>());
    Tensor target = constant(0.0, float32);
    const auto& wanted = call["outputs"].items();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      findings_.compare("output " + std::to_string(i),
                        outputs[i],
                        c_.load(wanted.at(i)["file"]),
                        allowed_);
      if (!outputs[i].dtype().is_floating()) continue;
      Tensor cotangent = c_.load(call["cotangents"].items().at(i));
      Tensor part = reduce_sum(cast(outputs[i], cotangent.dtype()) * cotangent);
      target = target + cast(part, float32);
    }
    target = target + check_losses(call, step);
    check_gradients(call, tape, target);
    if (const Config* changed = call.find("weights_after"))
      for (const Config& weight : changed->items())
        findings_.compare("weight after",
                          weights_[weight["index"].get<std::size_t>()],
                          c_.load(weight["file"]),
                          allowed_);
  }

 private:
  Tensor load_as(const Config& entry) const {
    DType dtype = entry["dtype"].get<DType>();
    Tensor tensor = c_.load(entry["file"]);
    return tensor.dtype() == dtype || dtype == string ? tensor
                                                      : cast(tensor, dtype);
  }

  Tensors forward(bool training) const {
    Nest x = inputs_.size() == 1 ? Nest(inputs_[0]) : Nest(inputs_);
    Tensor mask = mask_;
    for (const Layer& layer : layers_) {
      Tensor next = layer.impl()->compute_mask(x, mask);
      x = layer.apply(x, {.training = training, .mask = mask});
      mask = next;
    }
    return x.flatten();
  }

  /// The sum of the layers' penalties.
  Tensor check_losses(const Config& call, const StepScope& step) {
    Tensors losses = step.losses();
    for (const Layer& layer : layers_)
      for (const Tensor& loss : layer.impl()->regularization_losses())
        losses.push_back(loss);
    Tensor sum = constant(0.0, float32);
    for (const Tensor& loss : losses) sum = sum + cast(loss, float32);
    const Config* wanted = call.find("losses");
    if (!wanted) return sum;
    if (losses.size() != wanted->items().size()) {
      findings_.fail(std::to_string(losses.size()) + " losses, wanted " +
                     std::to_string(wanted->items().size()));
      return sum;
    }
    for (std::size_t i = 0; i < losses.size(); ++i)
      findings_.compare(
          "loss", losses[i], c_.load(wanted->items()[i]), allowed_);
    return sum;
  }

  void check_gradients(const Config& call,
                       GradientTape& tape,
                       const Tensor& target) {
    const Config* of_inputs = call.find("grad_inputs");
    const Config* of_weights = call.find("grad_weights");
    Tensors sources = inputs_;
    for (const Variable& weight : weights_) sources.push_back(weight.handle());
    Tensors gradients = tape.gradient(target, sources);
    for (std::size_t i = 0; of_inputs && i < of_inputs->items().size(); ++i)
      if (!of_inputs->items()[i].is_null())
        findings_.compare("gradient of input " + std::to_string(i),
                          gradients[i],
                          c_.load(of_inputs->items()[i]),
                          allowed_);
    if (!of_weights) return;
    for (const Config& wanted : of_weights->items()) {
      if (wanted["file"].is_null()) continue;
      std::size_t index = index_of(wanted["weight"].get<std::string>());
      findings_.compare("gradient of " + wanted["weight"].get<std::string>(),
                        gradients[inputs_.size() + index],
                        c_.load(wanted["file"]),
                        allowed_);
    }
  }

  std::size_t index_of(const std::string& path) const {
    const auto& saved = c_.facts()["weights"].items();
    for (std::size_t i = 0; i < saved.size(); ++i)
      if (saved[i]["path"].get<std::string>() == path) return i;
    throw NotFoundError("no weight ", path);
  }

  const KerasCase& c_;
  Findings& findings_;
  Tolerance allowed_;
  std::vector<Layer> layers_;
  Tensors inputs_;
  Tensor mask_;
  Variables weights_;
};

}  // namespace

void check_layer(const KerasCase& c, Findings& findings) {
  // What Keras 2 computes is there where it differs.
  for (const char* calls : {"calls", "h5_calls"}) {
    if (!c.facts().contains(calls)) continue;
    LayerCheck test(c, findings, std::string(calls) == "h5_calls");
    int number = 0;
    for (const Config& call : c.facts()[calls].items()) {
      findings.at(std::string(calls) + " " + std::to_string(number++));
      if (call.contains("reset_states")) throw Missing{"reset_states"};
      test.check(call);
    }
  }
}

}  // namespace tern::golden

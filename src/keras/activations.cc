#include "tern/keras/activations.h"

#include <array>
#include <numbers>
#include <string_view>

#include "keras/training/step_scope.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/special_functions.h"

namespace tern::keras {
namespace {

/// 0 at -3, 1 at 3, linear between: Keras 3's.
Tensor hard_sigmoid(const Tensor& x) { return nn::relu6(x + 3.0) / 6.0; }

Tensor mish(const Tensor& x) { return x * tanh(nn::softplus(x)); }
Tensor silu(const Tensor& x) { return x * sigmoid(x); }
Tensor exponential(const Tensor& x) { return exp(x); }

/// With the error function, which Keras takes unless told otherwise, and
/// with the root of a half in float32 for every dtype.
Tensor gelu(const Tensor& x) {
  constexpr double kRoot = static_cast<float>(std::numbers::sqrt2 / 2);
  return 0.5 * x * (1.0 + math::erf(x * kRoot));
}

/// 0 at -2.5, 1 at 2.5, linear between: Keras 2's.
Tensor hard_sigmoid_of_keras_2(const Tensor& x) {
  return clip_by_value(0.2 * x + 0.5, 0.0, 1.0);
}

struct Entry {
  std::string_view name;
  Tensor (*function)(const Tensor&);
};

constexpr std::array kActivations = {
    Entry{"relu", nn::relu},
    Entry{"sigmoid", nn::sigmoid},
    Entry{"tanh", nn::tanh},
    Entry{"softmax", nn::softmax},
    Entry{"elu", nn::elu},
    Entry{"selu", nn::selu},
    Entry{"softplus", nn::softplus},
    Entry{"softsign", nn::softsign},
    Entry{"relu6", nn::relu6},
    Entry{"leaky_relu", nn::leaky_relu},
    Entry{"log_softmax", nn::log_softmax},
    Entry{"silu", silu},
    Entry{"swish", silu},
    Entry{"mish", mish},
    Entry{"gelu", gelu},
    Entry{"exponential", exponential},
    Entry{"hard_sigmoid", hard_sigmoid},
};

}  // namespace

Activation::Activation(std::string name) : name_(std::move(name)) {
  if (name_ == "linear" || name_.empty()) {
    name_ = "linear";
    return;
  }
  for (const Entry& entry : kActivations) {
    if (entry.name == name_) {
      function_ = entry.function;
      return;
    }
  }
  throw InvalidArgumentError(
      "Could not interpret activation function identifier: ", name_);
}

Activation::Activation(Tensor (*function)(const Tensor&))
    : function_(function) {
  // A function given by address is written to files by its name.
  name_.clear();
  for (const Entry& entry : kActivations) {
    if (entry.function == function) {
      name_ = entry.name;
      return;
    }
  }
}

void Activation::behave_as_keras_2() {
  if (name_ == "hard_sigmoid") function_ = hard_sigmoid_of_keras_2;
}

Tensor Activation::operator()(const Tensor& x) const {
  if (!function_) return x;
  Tensor y = function_(x);
  if (StepScope* step = StepScope::current()) {
    if (name_ == "softmax")
      step->note_logits(StepScope::Link::kSoftmax, y, x);
    else if (name_ == "sigmoid")
      step->note_logits(StepScope::Link::kSigmoid, y, x);
  }
  return y;
}

Config Activation::serialize() const {
  if (name_.empty())
    throw UnimplementedError(
        "an activation that is a C++ callable has no name a file could hold; "
        "use one of Keras' names");
  return name_;
}

}  // namespace tern::keras

#include "tern/keras/activations.h"

#include <array>
#include <string_view>

#include "keras/training/step_scope.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"

namespace tern::keras {
namespace {

/// 0 at -3, 1 at 3, linear between: Keras 3's.
Tensor hard_sigmoid(const Tensor& x) { return nn::relu6(x + 3.0) / 6.0; }

Tensor mish(const Tensor& x) { return x * tanh(nn::softplus(x)); }
Tensor silu(const Tensor& x) { return x * sigmoid(x); }
Tensor exponential(const Tensor& x) { return exp(x); }

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

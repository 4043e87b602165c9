#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "tern/core/tensor.h"
#include "tern/keras/config.h"

namespace tern::keras {

/// An activation: a name ("relu"), a function (`nn::relu`) or a callable from
/// Tensor to Tensor. Nothing at all is "linear".
class Activation {
 public:
  using Function = std::function<Tensor(const Tensor&)>;

  Activation() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Activation(const char* name) : Activation(std::string(name)) {}
  Activation(std::string name);
  Activation(Tensor (*function)(const Tensor&));
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Tensor&> Activation(
      F function)
      : name_(std::string()), function_(std::move(function)) {}
  /// A custom object of that name.
  Activation(std::string name, Function function)
      : name_(std::move(name)), function_(std::move(function)) {}

  /// Applies the activation.
  Tensor operator()(const Tensor& x) const;
  /// Keras' name; empty for a callable of the user's.
  const std::string& name() const { return name_; }
  /// The name, for files. Throws UnimplementedError for a callable without.
  Config serialize() const;
  /// Goes on as Keras 2 has it, where Keras 3 differs: hard_sigmoid.
  void behave_as_keras_2();
  /// Whether nothing happens.
  bool is_linear() const { return !function_; }

 private:
  std::string name_ = "linear";
  Function function_;
};

}  // namespace tern::keras

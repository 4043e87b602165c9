#pragma once

#include <memory>
#include <vector>

#include "tern/autodiff/gradient_tape.h"

namespace tern {

/// Differentiates the ops of its thread forwards while it lives: each result
/// gets the rate at which it changes as the primals move along the tangents,
/// the product of its Jacobian and a vector.
///
///     ForwardAccumulator accumulator(x, direction);
///     Tensor dy = accumulator.jvp(f(x));
///
/// Tapes and other accumulators see what it computes: a tape outside gives
/// Hessian-vector products.
class ForwardAccumulator {
 public:
  /// A tangent has its primal's dtype and shape; else InvalidArgumentError.
  template <Source X>
  ForwardAccumulator(const X& primal, const Tensor& tangent)
      : ForwardAccumulator(Tensors{tensor_of(primal)}, Tensors{tangent}) {}
  ForwardAccumulator(const Tensors& primals, const Tensors& tangents);
  ForwardAccumulator(const std::vector<Variable>& primals,
                     const Tensors& tangents);
  ~ForwardAccumulator();
  ForwardAccumulator(const ForwardAccumulator&) = delete;
  ForwardAccumulator& operator=(const ForwardAccumulator&) = delete;

  /// The tangent of a primal or of what was computed from one since; undefined
  /// (or zeros) for other tensors.
  Tensor jvp(const Tensor& primal,
             UnconnectedGradients unconnected_gradients =
                 UnconnectedGradients::kNone) const;

 private:
  class Impl;
  static const Tensor& tensor_of(const Tensor& tensor) { return tensor; }
  static const Tensor& tensor_of(const Variable& variable);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tern

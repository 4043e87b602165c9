#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <vector>

#include "tern/core/nest.h"
#include "tern/ops/gradient.h"

namespace tern {

class Variable;

/// What `gradient` gives for a source that the target does not depend on.
enum class UnconnectedGradients { kNone, kZero };

struct GradientTapeOptions {
  bool persistent = false;
  bool watch_accessed_variables = true;
};

struct GradientOptions {
  /// Gradients of the targets; ones where not given.
  Tensors output_gradients = {};
  UnconnectedGradients unconnected_gradients = UnconnectedGradients::kNone;
};

template <class T>
concept Source = std::same_as<T, Tensor> || std::same_as<T, Variable>;

/// Records the ops of its thread from construction until `gradient()` (unless
/// persistent) or its end, and differentiates them backwards. Trainable
/// variables are watched when read, tensors by `watch`. Two tapes side by side
/// give second derivatives.
///
///     GradientTape tape;
///     Tensor dy_dx = tape.gradient(x * x, x);
///
/// Gradients of gathered variables are kept sparse until read as a Tensor; use
/// `gradients` to see rows.
class GradientTape {
 public:
  explicit GradientTape(GradientTapeOptions options = {});
  ~GradientTape();
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  template <Source... X>
  void watch(const X&... sources) {
    (watch_tensor(tensor_of(sources)), ...);
  }

  /// The gradient of the sum of y with respect to each source: a Tensor for
  /// one source, an array for several; undefined where y does not depend on
  /// it. Throws FailedPreconditionError when a non-persistent tape is used
  /// twice.
  template <Source... X>
  requires(sizeof...(X) > 0) auto gradient(const Tensor& y,
                                           const X&... sources) {
    Tensors list = gradient({y}, Tensors{tensor_of(sources)...}, {});
    if constexpr (sizeof...(X) == 1) {
      return list[0];
    } else {
      std::array<Tensor, sizeof...(X)> result;
      for (std::size_t i = 0; i < list.size(); ++i) result[i] = list[i];
      return result;
    }
  }
  Tensors gradient(const Tensor& y,
                   const std::vector<Variable>& sources,
                   const GradientOptions& options = {});
  Tensors gradient(const Tensor& y,
                   const Tensors& sources,
                   const GradientOptions& options = {}) {
    return gradient(Tensors{y}, sources, options);
  }
  /// Several targets: the gradient of their sum. A source may be a variable's
  /// handle.
  Tensors gradient(const Tensors& targets,
                   const Tensors& sources,
                   const GradientOptions& options = {});
  /// As `gradient`, rows of gathered variables left as they are.
  std::vector<Gradient> gradients(const Tensors& targets,
                                  const Tensors& sources,
                                  const GradientOptions& options = {});

  /// The derivative of each element of `target` by each element of `source`,
  /// [target's shape..., source's shape...]; undefined where it does not depend
  /// on the source. One backward pass for each element of the target, whose
  /// shape must be known. Uses the tape up unless it is persistent.
  template <Source X>
  Tensor jacobian(const Tensor& target,
                  const X& source,
                  UnconnectedGradients unconnected_gradients =
                      UnconnectedGradients::kNone) {
    return jacobian_by(target, tensor_of(source), unconnected_gradients);
  }
  /// The same example by example: target [batch, ...] and source [batch, ...],
  /// of which example i depends on example i alone, give [batch, target's
  /// rest..., source's rest...].
  template <Source X>
  Tensor batch_jacobian(const Tensor& target,
                        const X& source,
                        UnconnectedGradients unconnected_gradients =
                            UnconnectedGradients::kNone) {
    return batch_jacobian_by(target, tensor_of(source), unconnected_gradients);
  }

  /// Ops until the end of the scope are not recorded.
  class [[nodiscard]] StopRecording {
   public:
    explicit StopRecording(GradientTape& tape);
    ~StopRecording();
    StopRecording(const StopRecording&) = delete;

   private:
    GradientTape& tape_;
    bool was_recording_;
  };
  StopRecording stop_recording() { return StopRecording(*this); }
  /// Forgets everything recorded; keeps nothing watched.
  void reset();

 private:
  class Impl;
  static const Tensor& tensor_of(const Tensor& tensor) { return tensor; }
  static const Tensor& tensor_of(const Variable& variable);
  void watch_tensor(const Tensor& tensor);
  Tensor jacobian_by(const Tensor& target,
                     const Tensor& source,
                     UnconnectedGradients unconnected_gradients);
  Tensor batch_jacobian_by(const Tensor& target,
                           const Tensor& source,
                           UnconnectedGradients unconnected_gradients);

  std::unique_ptr<Impl> impl_;
};

/// What a function with a gradient of its own gives: outputs, and a callable
/// from their gradients to those of the inputs (undefined: none).
struct CustomGradient {
  Tensors outputs;
  std::function<Tensors(const Tensors&)> gradient;
};

/// Wraps a function that brings its own gradient; its ops are not recorded.
///
///     auto half_gradient = custom_gradient([](const Tensors& x) {
///       return CustomGradient{
///           {x[0] * 1}, [](const Tensors& dy) { return Tensors{dy[0] / 2}; }};
///     });
///     Tensor y = half_gradient({x})[0];
std::function<Tensors(const Tensors&)> custom_gradient(
    std::function<CustomGradient(const Tensors&)> function);

}  // namespace tern

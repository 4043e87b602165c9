#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ops/op_def.h"
#include "tern/ops/gradient.h"

namespace tern {

/// a + b; sparse gradients are concatenated.
Gradient add_gradients(const std::vector<Gradient>& parts);

/// What a gradient rule sees of one recorded call. Rules are written with
/// public ops (`raw<"…">`), so that they differentiate again and trace.
class GradContext {
 public:
  GradContext(const OpDef& op,
              const Attrs& attrs,
              std::span<const Tensor> inputs,
              std::span<const Tensor> outputs,
              std::span<const Gradient> output_gradients,
              const std::vector<bool>& needs);

  const OpDef& op() const { return op_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  /// Input and output tensors; only shape and dtype where the op's
  /// `grad_reads` leaves them out.
  const Tensor& input(int i) const {
    return inputs_[static_cast<std::size_t>(i)];
  }
  const Tensor& output(int i = 0) const {
    return outputs_[static_cast<std::size_t>(i)];
  }
  Tensors inputs() const { return {inputs_.begin(), inputs_.end()}; }
  /// Whether anybody wants the gradient of input i.
  bool needs(int i) const { return needs_[static_cast<std::size_t>(i)]; }
  /// Whether output i has a gradient at all.
  bool has_dy(int i = 0) const {
    return !output_gradients_[static_cast<std::size_t>(i)].is_none();
  }
  /// The gradient of output i, dense; zeros where there is none.
  Tensor dy(int i = 0) const;
  const Gradient& output_gradient(int i = 0) const {
    return output_gradients_[static_cast<std::size_t>(i)];
  }
  /// Sets the gradient of input i; inputs never set have none.
  void set(int i, Gradient gradient);
  const std::vector<Gradient>& gradients() const { return gradients_; }

  template <class T>
  const T& attr(std::string_view name) const {
    return attr_value(name).template get<T>();
  }
  const AttrValue& attr_value(std::string_view name) const;
  const Attrs& attrs() const { return attrs_; }

 private:
  const OpDef& op_;
  const Attrs& attrs_;
  std::span<const Tensor> inputs_;
  std::span<const Tensor> outputs_;
  std::span<const Gradient> output_gradients_;
  const std::vector<bool>& needs_;
  std::vector<Gradient> gradients_;
  mutable Attrs completed_;
};

/// Sums `gradient` over the axes along which `x` was broadcast, so that it has
/// x's shape again.
Tensor sum_to_shape_of(const Tensor& gradient, const Tensor& x);

}  // namespace tern

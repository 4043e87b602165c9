#include "tern/autodiff/forward_accumulator.h"

#include <algorithm>
#include <unordered_map>

#include "autodiff/differentiable.h"
#include "ops/apply.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

/// From the gradients of a call's outputs to those of its inputs.
using Backward = std::function<Tensors(const Tensors&)>;

Backward backward_of(const OpDef& op,
                     std::span<const Tensor> inputs,
                     const Attrs& attrs,
                     std::span<const Tensor> outputs,
                     const std::vector<bool>& needs) {
  return [=, &op, &attrs, &needs](const Tensors& dy) {
    std::vector<Gradient> gradients(dy.begin(), dy.end());
    GradContext context(op, attrs, inputs, outputs, gradients, needs);
    op.grad(context);
    Tensors dx;
    for (const Gradient& gradient : context.gradients())
      dx.push_back(gradient.to_tensor());
    return dx;
  };
}

}  // namespace

class ForwardAccumulator::Impl : public Recorder {
 public:
  Impl(const Tensors& primals, const Tensors& tangents) {
    if (primals.size() != tangents.size())
      throw InvalidArgumentError("ForwardAccumulator: ",
                                 primals.size(),
                                 " primals but ",
                                 tangents.size(),
                                 " tangents");
    for (std::size_t i = 0; i < primals.size(); ++i) {
      const Tensor& primal = primals[i];
      Tensor like = primal.dtype() == resource ? zero_gradient(primal) : primal;
      Tensor tangent = tangents[i].as_dtype(like.dtype());
      if (!like.shape().is_compatible_with(tangent.shape()))
        throw InvalidArgumentError("Incompatible shapes. Primal ",
                                   like.shape().debug_string(),
                                   ", tangent ",
                                   tangent.shape().debug_string());
      tangents_[primal.id()] = {primal, tangent};
    }
    dispatch().recorders.push_back(this);
    dispatch().update();
  }
  ~Impl() override {
    auto& recorders = dispatch().recorders;
    std::erase(recorders, this);
    dispatch().update();
  }

  Tensor tangent(const Tensor& tensor) const {
    auto it = tangents_.find(tensor.known_id());
    return it == tangents_.end() ? Tensor() : it->second.tangent;
  }

  bool watches(const Tensor& tensor) override {
    return !busy_ && tangents_.contains(tensor.known_id());
  }
  bool wants(const OpDef& op, std::span<const Tensor> inputs) override {
    return !op.has(kNoGradient) &&
           std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& input) {
             return watches(input);
           });
  }
  void record(const OpDef& op,
              std::span<const Tensor> inputs,
              const Attrs& attrs,
              std::span<const Tensor> outputs) override {
    if (outputs.empty()) return;
    if (!op.grad)
      throw UnimplementedError("No gradient defined for operation '",
                               op.name,
                               "' (op type: ",
                               op.name,
                               ")");
    const std::vector<bool> needs = moving(inputs);
    push_forward(
        inputs, outputs, backward_of(op, inputs, attrs, outputs, needs));
  }
  void record_function(const Tensors& inputs,
                       const Tensors& outputs,
                       const BackwardFunction& backward) override {
    push_forward(inputs, outputs, backward);
  }

 private:
  /// What has a tangent is kept, so that no other tensor takes its identity.
  struct Moving {
    Tensor tensor, tangent;
  };

  std::vector<bool> moving(std::span<const Tensor> inputs) {
    std::vector<bool> result;
    for (const Tensor& input : inputs) result.push_back(watches(input));
    return result;
  }

  /// The backward pass is linear in dy: dx = Jᵀ dy. So the derivative of
  /// dx · tangents by dy is J · tangents, wherever dy is; ones are a safe
  /// place for gradients that divide by it.
  void push_forward(std::span<const Tensor> inputs,
                    std::span<const Tensor> outputs,
                    const Backward& backward) {
    Tensors in_tangents;
    for (const Tensor& input : inputs) in_tangents.push_back(tangent(input));
    busy_ = true;
    try {
      Tensors changes = changes_of(in_tangents, outputs, backward);
      for (std::size_t k = 0; k < outputs.size(); ++k)
        if (changes[k].defined())
          tangents_[outputs[k].id()] = {outputs[k], changes[k]};
    } catch (...) {
      busy_ = false;
      throw;
    }
    busy_ = false;
  }

  static Tensors changes_of(const Tensors& tangents,
                            std::span<const Tensor> outputs,
                            const Backward& backward) {
    GradientTape tape({.watch_accessed_variables = false});
    Tensors dy(outputs.size()), sources;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Tensor& output = outputs[k];
      const bool has_gradient =
          is_differentiable(output.dtype()) && !output.dtype().is_object();
      if (!has_gradient) continue;
      dy[k] = raw<"OnesLike">(output);
      tape.watch(dy[k]);
      sources.push_back(dy[k]);
    }
    Tensors dx = backward(dy), products;
    for (std::size_t i = 0; i < tangents.size(); ++i)
      if (tangents[i].defined() && dx[i].defined())
        products.push_back(
            reduce_sum(math::real(dx[i] * math::conj(tangents[i]))));
    Tensors changes(outputs.size());
    if (products.empty()) return changes;
    Tensors slopes = tape.gradient(products, sources);
    for (std::size_t k = 0, next = 0; k < outputs.size(); ++k)
      if (dy[k].defined()) changes[k] = slopes[next++];
    return changes;
  }

  std::unordered_map<std::uint64_t, Moving> tangents_;
  bool busy_ = false;
};

ForwardAccumulator::ForwardAccumulator(const Tensors& primals,
                                       const Tensors& tangents)
    : impl_(std::make_unique<Impl>(primals, tangents)) {}

namespace {

Tensors handles_of(const std::vector<Variable>& variables) {
  Tensors handles;
  for (const Variable& variable : variables)
    handles.push_back(variable.handle());
  return handles;
}

}  // namespace

ForwardAccumulator::ForwardAccumulator(const std::vector<Variable>& primals,
                                       const Tensors& tangents)
    : ForwardAccumulator(handles_of(primals), tangents) {}

ForwardAccumulator::~ForwardAccumulator() = default;

const Tensor& ForwardAccumulator::tensor_of(const Variable& variable) {
  return variable.handle();
}

Tensor ForwardAccumulator::jvp(
    const Tensor& primal, UnconnectedGradients unconnected_gradients) const {
  Tensor tangent = impl_->tangent(primal);
  if (!tangent.defined() &&
      unconnected_gradients == UnconnectedGradients::kZero)
    return zeros_like(primal);
  return tangent;
}

}  // namespace tern

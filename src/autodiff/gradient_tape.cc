#include "tern/autodiff/gradient_tape.h"

#include <algorithm>

#include "autodiff/differentiable.h"
#include "autodiff/tensor_numbers.h"
#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

using FewTensors = InlinedVector<Tensor, 2>;
using FewNumbers = InlinedVector<int, 2>;

/// One recorded call: an op, or a stretch of code with its own gradient.
struct Entry {
  const OpDef* op = nullptr;
  Attrs attrs;
  BackwardFunction backward;
  FewTensors inputs;  // shape and dtype alone where the gradient needs no more
  FewTensors outputs;
  FewNumbers input_numbers;
  FewNumbers output_numbers;
};

/// What a backward pass knows of one tensor.
struct Adjoint {
  bool is_source = false;
  bool depends_on_source = false;
  std::vector<Gradient> parts;  // from each use, to be added up
  Gradient gradient;            // of a source
};

Adjoint& at(std::vector<Adjoint>& adjoints, int number) {
  return adjoints[static_cast<std::size_t>(number)];
}

Tensor without_elements(const Tensor& tensor) {
  if (tensor.is_symbolic() || tensor.dtype().is_object()) return tensor;
  return Tensor::meta(tensor.dtype(), tensor.shape());
}

/// Keeps of `tensors` what the gradient reads; only ops whose args are single
/// tensors say so.
FewTensors keep(const OpDef& op,
                std::span<const Tensor> tensors,
                const std::vector<bool>& reads) {
  bool knows = op.fixed_arity && reads.size() == tensors.size();
  FewTensors kept(tensors.size());
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = knows && !reads[i] ? without_elements(tensors[i]) : tensors[i];
  return kept;
}

FewTensors without_elements(const Tensors& tensors) {
  FewTensors kept(tensors.size());
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = without_elements(tensors[i]);
  return kept;
}

bool is_trainable_variable(const Tensor& handle) {
  if (handle.is_symbolic() || handle.is_meta() || handle.num_elements() != 1)
    return false;
  const auto& object = handle.data<ResourceHandle>()->object();
  auto* cell = dynamic_cast<const VariableCell*>(object.get());
  return cell && cell->trainable && is_differentiable(cell->dtype);
}

}  // namespace

class GradientTape::Impl : public Recorder {
 public:
  explicit Impl(GradientTapeOptions options) : options_(options) { start(); }
  ~Impl() override { stop(); }

  void start() {
    if (recording_) return;
    dispatch().recorders.push_back(this);
    dispatch().update();
    recording_ = true;
  }
  void stop() {
    if (!recording_) return;
    auto& recorders = dispatch().recorders;
    recorders.erase(std::remove(recorders.begin(), recorders.end(), this),
                    recorders.end());
    dispatch().update();
    recording_ = false;
  }
  bool is_recording() const { return recording_; }

  void watch(const Tensor& tensor) {
    if (!is_differentiable(tensor.dtype()))
      throw InvalidArgumentError(
          "The dtype of the watched tensor must be floating (e.g. "
          "tf.float32), got ",
          tensor.dtype());
    start_watching(tensor);
  }
  void reset() {
    entries_.clear();
    watched_.clear();
    numbers_.clear();
    used_ = false;
  }

  bool watches(const Tensor& tensor) override {
    if (is_watched(numbers_.find(tensor.known_id()))) return true;
    if (tensor.dtype() == resource && options_.watch_accessed_variables &&
        is_trainable_variable(tensor)) {
      start_watching(tensor);
      return true;
    }
    return false;
  }
  bool wants(const OpDef& op, std::span<const Tensor> inputs) override {
    bool any = false;
    for (const Tensor& input : inputs) any = watches(input) || any;
    return any && !op.has(kNoGradient);
  }
  void record(const OpDef& op,
              std::span<const Tensor> inputs,
              const Attrs& attrs,
              std::span<const Tensor> outputs) override {
    if (outputs.empty()) return;
    Entry& entry = entries_.emplace_back();
    entry.op = &op;
    entry.attrs = attrs;
    entry.input_numbers = numbers_of(inputs);
    entry.output_numbers = numbers_of(outputs);
    entry.inputs = keep(op, inputs, op.grad_keeps_input);
    entry.outputs = keep(op, outputs, op.grad_keeps_output);
    watch_outputs(outputs);
  }
  void record_function(const Tensors& inputs,
                       const Tensors& outputs,
                       const BackwardFunction& backward) override {
    Entry& entry = entries_.emplace_back();
    entry.backward = backward;
    entry.input_numbers = numbers_of(inputs);
    entry.output_numbers = numbers_of(outputs);
    entry.inputs = without_elements(inputs);
    entry.outputs = without_elements(outputs);
    watch_outputs(outputs);
  }

  /// `keeps_entries`: there is another pass to come.
  std::vector<Gradient> gradients(const Tensors& targets,
                                  const Tensors& sources,
                                  const GradientOptions& options,
                                  bool keeps_entries = false);
  /// The gradients of `target` by `source` for each of `count` gradients of the
  /// target; nothing where it does not depend on the source.
  Tensors rows(const Tensor& target,
               const Tensor& source,
               std::int64_t count,
               UnconnectedGradients unconnected,
               const std::function<Tensor(std::int64_t)>& output_gradient);

 private:
  bool is_watched(int number) const {
    auto i = static_cast<std::size_t>(number);
    return number != TensorNumbers::kUnknown && i < watched_.size() &&
           watched_[i];
  }
  void start_watching(const Tensor& tensor) {
    auto i = static_cast<std::size_t>(numbers_.number_of(tensor.id()));
    if (i >= watched_.size()) watched_.resize(i + 1);
    watched_[i] = true;
  }
  void watch_outputs(std::span<const Tensor> outputs) {
    for (const Tensor& output : outputs)
      if (is_differentiable(output.dtype())) start_watching(output);
  }
  FewNumbers numbers_of(std::span<const Tensor> tensors) {
    FewNumbers numbers(tensors.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = numbers_.number_of(tensors[i].id());
    return numbers;
  }
  std::vector<Adjoint> adjoints_from(const Tensors& sources) const;
  std::vector<Gradient> backward(const Entry& entry,
                                 const std::vector<Gradient>& dy,
                                 const std::vector<bool>& needs) const;
  /// Takes the gradients of the entry's outputs and adds to those of its
  /// inputs.
  void propagate(const Entry& entry, std::vector<Adjoint>& adjoints) const;

  GradientTapeOptions options_;
  bool recording_ = false;
  bool used_ = false;
  std::vector<Entry> entries_;
  TensorNumbers numbers_;
  std::vector<bool> watched_;  // by number

  friend class GradientTape;
};

/// All tensors met so far, those marked that depend on a source.
std::vector<Adjoint> GradientTape::Impl::adjoints_from(
    const Tensors& sources) const {
  std::vector<Adjoint> adjoints(static_cast<std::size_t>(numbers_.size()));
  for (const Tensor& source : sources) {
    int number = numbers_.find(source.known_id());
    if (number == TensorNumbers::kUnknown) continue;
    at(adjoints, number).is_source = true;
    at(adjoints, number).depends_on_source = true;
  }
  for (const Entry& entry : entries_) {
    bool depends = std::any_of(
        entry.input_numbers.begin(),
        entry.input_numbers.end(),
        [&](int number) { return at(adjoints, number).depends_on_source; });
    if (!depends) continue;
    for (std::size_t k = 0; k < entry.output_numbers.size(); ++k)
      if (is_differentiable(entry.outputs[k].dtype()))
        at(adjoints, entry.output_numbers[k]).depends_on_source = true;
  }
  return adjoints;
}

std::vector<Gradient> GradientTape::Impl::backward(
    const Entry& entry,
    const std::vector<Gradient>& dy,
    const std::vector<bool>& needs) const {
  if (entry.backward) {
    Tensors dense;
    for (const Gradient& g : dy) dense.push_back(g.to_tensor());
    Tensors dx = entry.backward(dense);
    if (dx.size() != entry.inputs.size())
      throw InvalidArgumentError(
          "custom_gradient: the gradient function gives ",
          dx.size(),
          " gradients for ",
          entry.inputs.size(),
          " inputs");
    return {dx.begin(), dx.end()};
  }
  const OpDef& op = *entry.op;
  if (!op.grad)
    throw UnimplementedError("No gradient defined for operation '",
                             op.name,
                             "' (op type: ",
                             op.name,
                             ")");
  GradContext context(op, entry.attrs, entry.inputs, entry.outputs, dy, needs);
  try {
    op.grad(context);
  } catch (Error& error) {
    error.add_context("gradient of " + op.name);
    throw;
  }
  return context.gradients();
}

void GradientTape::Impl::propagate(const Entry& entry,
                                   std::vector<Adjoint>& adjoints) const {
  std::vector<Gradient> dy(entry.output_numbers.size());
  bool any = false;
  for (std::size_t k = 0; k < dy.size(); ++k) {
    Adjoint& output = at(adjoints, entry.output_numbers[k]);
    if (output.parts.empty()) continue;
    dy[k] = add_gradients(output.parts);
    output.parts.clear();
    if (output.is_source) output.gradient = dy[k];
    any = any || !dy[k].is_none();
  }
  if (!any) return;
  std::vector<bool> needs(entry.input_numbers.size());
  bool anybody = false;
  for (std::size_t k = 0; k < needs.size(); ++k) {
    needs[k] = at(adjoints, entry.input_numbers[k]).depends_on_source &&
               is_differentiable(entry.inputs[k].dtype());
    anybody = anybody || needs[k];
  }
  if (!anybody) return;
  std::vector<Gradient> dx = backward(entry, dy, needs);
  for (std::size_t k = 0; k < dx.size(); ++k)
    if (needs[k] && !dx[k].is_none())
      at(adjoints, entry.input_numbers[k]).parts.push_back(std::move(dx[k]));
}

std::vector<Gradient> GradientTape::Impl::gradients(
    const Tensors& targets,
    const Tensors& sources,
    const GradientOptions& options,
    bool keeps_entries) {
  keeps_entries = keeps_entries || options_.persistent;
  if (used_ && !options_.persistent)
    throw FailedPreconditionError(
        "A non-persistent GradientTape can only be used to compute one set of "
        "gradients (or jacobians)");
  used_ = !keeps_entries;
  if (!options_.persistent) stop();
  if (!options.output_gradients.empty() &&
      options.output_gradients.size() != targets.size())
    throw InvalidArgumentError("gradient: ",
                               targets.size(),
                               " targets but ",
                               options.output_gradients.size(),
                               " output_gradients");

  std::size_t size = entries_.size();
  std::vector<Adjoint> adjoints = adjoints_from(sources);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    int number = numbers_.find(targets[i].known_id());
    if (!is_watched(number) || !at(adjoints, number).depends_on_source)
      continue;
    Tensor dy = options.output_gradients.empty() ? Tensor()
                                                 : options.output_gradients[i];
    at(adjoints, number)
        .parts.push_back(dy.defined() ? dy : raw<"OnesLike">(targets[i]));
  }
  for (std::size_t i = size; i-- > 0;) {
    // Taken out: gradient ops may be recorded by this very tape and move the
    // entries, and what a used-up entry kept is freed at the end of its turn.
    Entry entry = keeps_entries ? entries_[i] : std::move(entries_[i]);
    propagate(entry, adjoints);
  }
  std::vector<Gradient> result;
  result.reserve(sources.size());
  for (const Tensor& source : sources) {
    Gradient gradient;
    int number = numbers_.find(source.known_id());
    if (number != TensorNumbers::kUnknown &&
        static_cast<std::size_t>(number) < adjoints.size()) {
      Adjoint& adjoint = at(adjoints, number);
      if (!adjoint.parts.empty())
        adjoint.gradient = add_gradients(adjoint.parts);
      adjoint.parts.clear();
      gradient = adjoint.gradient;
    }
    if (gradient.is_none() &&
        options.unconnected_gradients == UnconnectedGradients::kZero)
      gradient = zero_gradient(source);
    result.push_back(std::move(gradient));
  }
  if (!keeps_entries) entries_.clear();
  return result;
}

Tensors GradientTape::Impl::rows(
    const Tensor& target,
    const Tensor& source,
    std::int64_t count,
    UnconnectedGradients unconnected,
    const std::function<Tensor(std::int64_t)>& output_gradient) {
  Tensors result;
  for (std::int64_t i = 0; i < count; ++i) {
    GradientOptions options{{output_gradient(i)}, unconnected};
    Gradient row =
        gradients({target}, {source}, options, /*keeps_entries=*/i + 1 < count)
            .front();
    if (row.is_none()) {
      used_ = true;
      return {};
    }
    result.push_back(row.to_tensor());
  }
  return result;
}

GradientTape::GradientTape(GradientTapeOptions options)
    : impl_(std::make_unique<Impl>(options)) {}

GradientTape::~GradientTape() = default;

const Tensor& GradientTape::tensor_of(const Variable& variable) {
  return variable.handle();
}

void GradientTape::watch_tensor(const Tensor& tensor) { impl_->watch(tensor); }

void GradientTape::reset() { impl_->reset(); }

std::vector<Gradient> GradientTape::gradients(const Tensors& targets,
                                              const Tensors& sources,
                                              const GradientOptions& options) {
  return impl_->gradients(targets, sources, options);
}

Tensors GradientTape::gradient(const Tensors& targets,
                               const Tensors& sources,
                               const GradientOptions& options) {
  Tensors result;
  for (const Gradient& gradient : gradients(targets, sources, options))
    result.push_back(gradient.to_tensor());
  return result;
}

Tensors GradientTape::gradient(const Tensor& y,
                               const std::vector<Variable>& sources,
                               const GradientOptions& options) {
  Tensors handles;
  for (const Variable& variable : sources) handles.push_back(variable.handle());
  return gradient(Tensors{y}, handles, options);
}

namespace {

/// Elements of `shape` from dimension `first` on; they must be known.
std::int64_t elements_from(const Tensor& target, int first) {
  const Shape& shape = target.shape();
  if (!shape.has_rank() || shape.rank() < first ||
      !shape.slice(first, shape.rank()).is_fully_known())
    throw InvalidArgumentError(
        "jacobian: the shape of the target must be known, got ",
        shape.debug_string());
  return shape.slice(first, shape.rank()).num_elements();
}

/// 1 at position i of n.
Tensor unit(std::int64_t i, std::int64_t n, DType dtype) {
  return cast(one_hot(Tensor(i), static_cast<int>(n)), dtype);
}

/// The shape of the value that a source stands for.
Tensor source_shape(const Tensor& source) {
  return shape(zero_gradient(source));
}

}  // namespace

Tensor GradientTape::jacobian_by(const Tensor& target,
                                 const Tensor& source,
                                 UnconnectedGradients unconnected_gradients) {
  const std::int64_t count = elements_from(target, 0);
  Tensor target_shape = shape(target);
  if (count == 0)
    return zeros(concat({target_shape, source_shape(source)}, 0),
                 target.dtype());
  Tensors rows = impl_->rows(
      target, source, count, unconnected_gradients, [&](std::int64_t i) {
        return reshape(unit(i, count, target.dtype()), target_shape);
      });
  if (rows.empty()) return {};
  return reshape(stack(rows), concat({target_shape, shape(rows[0])}, 0));
}

Tensor GradientTape::batch_jacobian_by(
    const Tensor& target,
    const Tensor& source,
    UnconnectedGradients unconnected_gradients) {
  const Shape &from = target.shape(), &to = source.shape();
  if (from.rank() < 1 || to.rank() < 1 ||
      (from[0] >= 0 && to[0] >= 0 && from[0] != to[0]))
    throw InvalidArgumentError("Need first dimension of target shape (",
                               from.debug_string(),
                               ") and source shape (",
                               to.debug_string(),
                               ") to match.");
  const std::int64_t count = elements_from(target, 1);
  Tensor target_shape = shape(target);
  Tensor rest = shape(source)[Slice{.start = 1}];
  if (count == 0) return zeros(concat({target_shape, rest}, 0), target.dtype());
  Tensors rows = impl_->rows(
      target, source, count, unconnected_gradients, [&](std::int64_t i) {
        Tensor row = unit(i, count, target.dtype());
        return broadcast_to(reshape(row, target_shape[Slice{.start = 1}]),
                            target_shape);
      });
  if (rows.empty()) return {};
  return reshape(stack(rows, {.axis = 1}), concat({target_shape, rest}, 0));
}

GradientTape::StopRecording::StopRecording(GradientTape& tape)
    : tape_(tape), was_recording_(tape.impl_->is_recording()) {
  tape.impl_->stop();
}

GradientTape::StopRecording::~StopRecording() {
  if (was_recording_) tape_.impl_->start();
}

}  // namespace tern

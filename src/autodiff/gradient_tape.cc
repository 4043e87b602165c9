#include "tern/autodiff/gradient_tape.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/core/resource.h"
#include "tern/ops/variable.h"

namespace tern {
namespace {

/// dtypes that carry gradients; handles and lists stand for their contents.
bool is_differentiable(DType dtype) {
  return dtype.is_floating() || dtype.is_complex() || dtype == resource ||
         dtype == variant;
}

/// One recorded call: an op, or a stretch of code with its own gradient.
struct Entry {
  const OpDef* op = nullptr;
  Attrs attrs;
  BackwardFunction backward;
  Tensors inputs;  // shape and dtype alone where the gradient needs no more
  Tensors outputs;
  std::vector<std::uint64_t> input_ids;
  std::vector<std::uint64_t> output_ids;
};

Tensor without_elements(const Tensor& tensor) {
  if (tensor.is_symbolic() || tensor.dtype().is_object()) return tensor;
  return Tensor::meta(tensor.dtype(), tensor.shape());
}

/// Keeps of `tensors` what the gradient reads; only ops whose args are single
/// tensors say so.
Tensors keep(const OpDef& op,
             std::span<const Tensor> tensors,
             const std::vector<bool>& reads) {
  Tensors kept(tensors.begin(), tensors.end());
  if (!op.fixed_arity || reads.size() != kept.size()) return kept;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (!reads[i]) kept[i] = without_elements(kept[i]);
  return kept;
}

std::vector<std::uint64_t> ids_of(std::span<const Tensor> tensors) {
  std::vector<std::uint64_t> ids;
  ids.reserve(tensors.size());
  for (const Tensor& tensor : tensors) ids.push_back(tensor.id());
  return ids;
}

bool is_trainable_variable(const Tensor& handle) {
  if (handle.is_symbolic() || handle.is_meta() || handle.num_elements() != 1)
    return false;
  const auto& object = handle.data<ResourceHandle>()->object();
  auto* cell = dynamic_cast<const VariableCell*>(object.get());
  return cell && cell->trainable && is_differentiable(cell->dtype);
}

/// Zeros of the shape that the gradient of `source` would have.
Tensor zero_gradient(const Tensor& source) {
  if (!(source.dtype() == resource)) return raw<"ZerosLike">(source);
  HandleInfo info;
  if (source.is_symbolic()) {
    info = symbolic_values().handle(source);
  } else {
    const auto& handle = *source.data<ResourceHandle>();
    info = {handle.dtype(), handle.shape()};
  }
  return raw<"ZerosLike">(
      raw<"ReadVariableOp">(source, {{"dtype", info.dtype}}));
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
    watched_.insert(tensor.id());
  }
  void reset() {
    entries_.clear();
    watched_.clear();
    used_ = false;
  }

  bool watches(const Tensor& tensor) override {
    std::uint64_t id = tensor.known_id();
    if (id != 0 && watched_.contains(id)) return true;
    if (tensor.dtype() == resource && options_.watch_accessed_variables &&
        is_trainable_variable(tensor)) {
      watched_.insert(tensor.id());
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
    entry.input_ids = ids_of(inputs);
    entry.output_ids = ids_of(outputs);
    entry.inputs = keep(op, inputs, op.grad_keeps_input);
    entry.outputs = keep(op, outputs, op.grad_keeps_output);
    watch_outputs(outputs);
  }
  void record_function(const Tensors& inputs,
                       const Tensors& outputs,
                       const BackwardFunction& backward) override {
    Entry& entry = entries_.emplace_back();
    entry.backward = backward;
    entry.input_ids = ids_of(inputs);
    entry.output_ids = ids_of(outputs);
    for (const Tensor& x : inputs) entry.inputs.push_back(without_elements(x));
    for (const Tensor& y : outputs)
      entry.outputs.push_back(without_elements(y));
    watch_outputs(outputs);
  }

  std::vector<Gradient> gradients(const Tensors& targets,
                                  const Tensors& sources,
                                  const GradientOptions& options);

 private:
  using Pending = std::unordered_map<std::uint64_t, std::vector<Gradient>>;

  void watch_outputs(std::span<const Tensor> outputs) {
    for (const Tensor& output : outputs)
      if (is_differentiable(output.dtype())) watched_.insert(output.id());
  }
  std::unordered_set<std::uint64_t> reachable_from(
      const std::unordered_set<std::uint64_t>& sources, std::size_t size) const;
  std::vector<Gradient> backward(const Entry& entry,
                                 const std::vector<Gradient>& dy,
                                 const std::vector<bool>& needs) const;

  GradientTapeOptions options_;
  bool recording_ = false;
  bool used_ = false;
  std::vector<Entry> entries_;
  std::unordered_set<std::uint64_t> watched_;

  friend class GradientTape;
};

std::unordered_set<std::uint64_t> GradientTape::Impl::reachable_from(
    const std::unordered_set<std::uint64_t>& sources, std::size_t size) const {
  std::unordered_set<std::uint64_t> reached = sources;
  for (std::size_t i = 0; i < size; ++i) {
    const Entry& entry = entries_[i];
    bool depends = std::any_of(
        entry.input_ids.begin(), entry.input_ids.end(), [&](std::uint64_t id) {
          return reached.contains(id);
        });
    if (!depends) continue;
    for (std::size_t k = 0; k < entry.output_ids.size(); ++k)
      if (is_differentiable(entry.outputs[k].dtype()))
        reached.insert(entry.output_ids[k]);
  }
  return reached;
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

std::vector<Gradient> GradientTape::Impl::gradients(
    const Tensors& targets,
    const Tensors& sources,
    const GradientOptions& options) {
  if (used_ && !options_.persistent)
    throw FailedPreconditionError(
        "A non-persistent GradientTape can only be used to compute one set of "
        "gradients (or jacobians)");
  used_ = true;
  if (!options_.persistent) stop();
  if (!options.output_gradients.empty() &&
      options.output_gradients.size() != targets.size())
    throw InvalidArgumentError("gradient: ",
                               targets.size(),
                               " targets but ",
                               options.output_gradients.size(),
                               " output_gradients");

  std::size_t size = entries_.size();
  std::unordered_set<std::uint64_t> source_ids;
  for (const Tensor& source : sources) source_ids.insert(source.id());
  auto reached = reachable_from(source_ids, size);

  Pending pending;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    std::uint64_t id = targets[i].known_id();
    if (id == 0 || !reached.contains(id) || !watched_.contains(id)) continue;
    Tensor dy = options.output_gradients.empty() ? Tensor()
                                                 : options.output_gradients[i];
    pending[id].push_back(dy.defined() ? dy : raw<"OnesLike">(targets[i]));
  }
  std::unordered_map<std::uint64_t, Gradient> found;
  for (std::size_t i = size; i-- > 0 && !pending.empty();) {
    // Taken out: gradient ops may be recorded by this very tape and move the
    // entries, and what a used-up entry kept is freed at the end of its turn.
    Entry entry = options_.persistent ? entries_[i] : std::move(entries_[i]);
    std::vector<Gradient> dy(entry.output_ids.size());
    bool any = false;
    for (std::size_t k = 0; k < dy.size(); ++k) {
      auto it = pending.find(entry.output_ids[k]);
      if (it == pending.end()) continue;
      dy[k] = add_gradients(it->second);
      if (source_ids.contains(entry.output_ids[k]))
        found[entry.output_ids[k]] = dy[k];
      pending.erase(it);
      any = any || !dy[k].is_none();
    }
    if (!any) continue;
    std::vector<bool> needs(entry.input_ids.size());
    bool anybody = false;
    for (std::size_t k = 0; k < needs.size(); ++k) {
      needs[k] = reached.contains(entry.input_ids[k]) &&
                 is_differentiable(entry.inputs[k].dtype());
      anybody = anybody || needs[k];
    }
    if (!anybody) continue;
    std::vector<Gradient> dx = backward(entry, dy, needs);
    for (std::size_t k = 0; k < dx.size(); ++k)
      if (needs[k] && !dx[k].is_none())
        pending[entry.input_ids[k]].push_back(std::move(dx[k]));
  }
  std::vector<Gradient> result;
  for (const Tensor& source : sources) {
    std::uint64_t id = source.id();
    if (auto it = pending.find(id); it != pending.end())
      found[id] = add_gradients(it->second);
    if (auto it = pending.find(id); it != pending.end()) pending.erase(it);
    Gradient gradient = found.contains(id) ? found[id] : Gradient();
    if (gradient.is_none() &&
        options.unconnected_gradients == UnconnectedGradients::kZero) {
      gradient = zero_gradient(source);
    }
    result.push_back(std::move(gradient));
  }
  if (!options_.persistent) entries_.clear();
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

GradientTape::StopRecording::StopRecording(GradientTape& tape)
    : tape_(tape), was_recording_(tape.impl_->is_recording()) {
  tape.impl_->stop();
}

GradientTape::StopRecording::~StopRecording() {
  if (was_recording_) tape_.impl_->start();
}

}  // namespace tern

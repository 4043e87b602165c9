#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ops/kernel.h"
#include "ops/op_def.h"
#include "tern/core/inlined_vector.h"

namespace tern {

class Error;

using Outputs = InlinedVector<Tensor, 2>;

/// The one call site: every public function, gradient and replayed node comes
/// through here. Weak inputs take the dtype of the firm ones; then the call
/// goes to the top interpreter of this thread, and the recorders are told.
Outputs apply(const OpDef& op,
              std::span<const Tensor> inputs,
              const Attrs& attrs = {});

/// Runs the call now: completes types, infers shapes, allocates, runs the
/// kernel. `state` is the slot of a stateful op, null for the eager context's.
Outputs execute(const OpDef& op,
                std::span<const Tensor> inputs,
                const Attrs& attrs,
                KernelState* state = nullptr);

/// Says which op failed, unless the error does already.
void add_op_name(Error& error, const OpDef& op);

/// How output `output` (flat) of a call comes to be.
OutputMode output_mode(const OpDef& op, std::size_t output);

/// From the gradients of outputs (undefined: none) to those of inputs.
using BackwardFunction = std::function<Tensors(const Tensors&)>;

/// Takes calls instead of the eager executor: a tracer.
class Interpreter {
 public:
  virtual ~Interpreter() = default;
  virtual Outputs apply(const OpDef& op,
                        std::span<const Tensor> inputs,
                        const Attrs& attrs) = 0;
  /// Marks `outputs` as made from `inputs` by code with that gradient, and
  /// gives the outputs that carry it.
  virtual Tensors mark_custom_gradient(const Tensors& inputs,
                                       const Tensors& outputs,
                                       const BackwardFunction& backward) = 0;
};

/// Sees calls as they happen: a GradientTape, a ForwardAccumulator.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual bool wants(const OpDef& op, std::span<const Tensor> inputs) = 0;
  virtual bool watches(const Tensor& tensor) = 0;
  virtual void record(const OpDef& op,
                      std::span<const Tensor> inputs,
                      const Attrs& attrs,
                      std::span<const Tensor> outputs) = 0;
  /// A stretch of code with a gradient of its own.
  virtual void record_function(const Tensors& inputs,
                               const Tensors& outputs,
                               const BackwardFunction& backward) = 0;
};

/// This thread's interpreters and recorders.
struct Dispatch {
  std::vector<Interpreter*> interpreters;
  std::vector<Recorder*> recorders;
  bool busy = false;  // whether either list has an entry
  void update() { busy = !interpreters.empty() || !recorders.empty(); }
};
Dispatch& dispatch();

/// Keeps recorders quiet for the life of the scope.
class RecordingPause {
 public:
  RecordingPause();
  ~RecordingPause();
  RecordingPause(const RecordingPause&) = delete;

 private:
  std::vector<Recorder*> saved_;
};

/// Pushes an interpreter for the life of the scope; null means eager.
class InterpreterScope {
 public:
  explicit InterpreterScope(Interpreter* interpreter);
  ~InterpreterScope();
  InterpreterScope(const InterpreterScope&) = delete;
};

/// The tracer that takes calls on this thread, null when they run at once.
Interpreter* current_interpreter();

/// Forgets the state of eager stateful ops (random counters): set_seed.
void clear_eager_kernel_state();

namespace detail {

template <std::size_t N>
struct FixedString {
  constexpr FixedString(const char (&text)[N]) {
    for (std::size_t i = 0; i < N; ++i) data[i] = text[i];
  }
  char data[N];
};

/// Attrs by name, as `raw` takes them.
using NamedAttrs =
    std::initializer_list<std::pair<std::string_view, AttrValue>>;
Attrs attrs_by_name(const OpDef& op, NamedAttrs attrs);

}  // namespace detail

/// An op by its TensorFlow name: `raw<"MatMul">(a, b, {{"transpose_a",
/// true}})`. Variadic inputs are given flat, as one Tensors. For ops with
/// several outputs, `raw<"TopKV2">.outputs(x, k)` returns all of them.
template <detail::FixedString Name>
struct RawOp {
  static const OpDef& def() {
    static const OpDef& op = OpRegistry::global().get(Name.data);
    return op;
  }
  template <class... T>
  requires(std::convertible_to<const T&, Tensor>&&...) Tensor operator()(
      const T&... inputs) const {
    return first(call({inputs...}, {}));
  }
  Tensor operator()(const Tensor& a, detail::NamedAttrs attrs) const {
    return first(call({a}, attrs));
  }
  Tensor operator()(const Tensor& a,
                    const Tensor& b,
                    detail::NamedAttrs attrs) const {
    return first(call({a, b}, attrs));
  }
  Tensor operator()(const Tensor& a,
                    const Tensor& b,
                    const Tensor& c,
                    detail::NamedAttrs attrs) const {
    return first(call({a, b, c}, attrs));
  }
  Tensor operator()(const Tensor& a,
                    const Tensor& b,
                    const Tensor& c,
                    const Tensor& d,
                    detail::NamedAttrs attrs) const {
    return first(call({a, b, c, d}, attrs));
  }
  Tensor operator()(const Tensors& inputs,
                    detail::NamedAttrs attrs = {}) const {
    return first(apply(def(), inputs, detail::attrs_by_name(def(), attrs)));
  }
  Tensors outputs(const Tensors& inputs, detail::NamedAttrs attrs = {}) const {
    return apply(def(), inputs, detail::attrs_by_name(def(), attrs))
        .to_vector();
  }

 private:
  static Outputs call(std::initializer_list<Tensor> inputs,
                      detail::NamedAttrs attrs) {
    std::span<const Tensor> flat(inputs.begin(), inputs.size());
    if (attrs.size() == 0) return apply(def(), flat);
    return apply(def(), flat, detail::attrs_by_name(def(), attrs));
  }
  static Tensor first(Outputs outputs) {
    return outputs.empty() ? Tensor() : std::move(outputs[0]);
  }
};

template <detail::FixedString Name>
inline constexpr RawOp<Name> raw{};

}  // namespace tern

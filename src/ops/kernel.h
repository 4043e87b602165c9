#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/op_def.h"
#include "tern/core/inlined_vector.h"

namespace tern {

class InferContext;

/// State that an op keeps between runs (random counters, iterators). The slot
/// belongs to the caller: the eager context, or a node of a program.
using KernelState = std::shared_ptr<void>;

/// One call as a kernel sees it. Outputs of mode kAllocated are there, of the
/// inferred shape and uninitialised.
class KernelContext {
 public:
  KernelContext(const OpDef& op,
                const Attrs& attrs,
                std::span<const Tensor> inputs,
                std::span<Tensor> outputs,
                std::span<const Shape> output_shapes,
                KernelState* state)
      : op_(op),
        attrs_(attrs),
        inputs_(inputs),
        outputs_(outputs),
        output_shapes_(output_shapes),
        state_(state) {}

  const OpDef& op() const { return op_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Tensor& input(int i) const {
    return inputs_[static_cast<std::size_t>(i)];
  }
  std::span<const Tensor> inputs() const { return inputs_; }
  Tensor& output(int i = 0) { return outputs_[static_cast<std::size_t>(i)]; }
  /// What the shape rule said of output i; may be partial for kSetByKernel.
  const Shape& inferred_shape(int i = 0) const {
    return output_shapes_[static_cast<std::size_t>(i)];
  }

  /// Elements of input i. T must be its dtype's type (unchecked).
  template <class T>
  std::span<const T> in(int i) const {
    const Tensor& t = input(i);
    return {static_cast<const T*>(t.raw_data()),
            static_cast<std::size_t>(t.num_elements())};
  }
  template <class T>
  std::span<T> out(int i = 0) {
    Tensor& t = output(i);
    return {t.data<T>(), static_cast<std::size_t>(t.num_elements())};
  }
  /// Integers of a host input (int16, int32 or int64). Throws InternalError
  /// unless the signature declares the input `host`.
  std::vector<std::int64_t> host_ints(int i) const;
  std::int64_t host_int(int i) const;

  /// Allocates output i (mode kSetByKernel) and returns its elements.
  Tensor& allocate_output(int i, const Shape& shape);
  void set_output(int i, Tensor tensor) {
    outputs_[static_cast<std::size_t>(i)] = std::move(tensor);
  }
  /// Passes input i on as output o, under the inferred shape.
  void forward(int i, int o = 0);
  /// The dtype output i must have.
  DType output_dtype(int i) const;

  template <class T>
  const T& attr(std::string_view name) const {
    return attr_value(op_.attr_index(name)).template get<T>();
  }
  const AttrValue& attr_value(int index) const;
  const Attrs& attrs() const { return attrs_; }

  /// The state in the slot, made by `make` at first use. Calls on several
  /// threads may share it: T guards itself.
  template <class T, class Make>
  T& state(Make make) {
    return *static_cast<T*>(find_state(
        [&]() -> KernelState { return std::make_shared<T>(make()); }));
  }
  /// Whether the slot is a graph node's; else it is the eager context's, which
  /// all calls with these attrs share.
  bool has_own_state() const { return state_ != nullptr; }

 private:
  void* find_state(const std::function<KernelState()>& make);

  const OpDef& op_;
  const Attrs& attrs_;
  std::span<const Tensor> inputs_;
  std::span<Tensor> outputs_;
  std::span<const Shape> output_shapes_;
  KernelState* state_;
  KernelState held_state_;  // outlives a set_seed that clears the slot
  mutable Attrs completed_;
};

using KernelFunction = void (*)(KernelContext&);
/// Whether an alternative can do this call (layouts, sizes, attrs).
using SupportsFunction = bool (*)(const KernelContext&);

/// A type attr and the dtype it must have.
struct TypeConstraint {
  std::string_view attr;
  DType dtype;
};

struct Kernel {
  KernelFunction function = nullptr;
  SupportsFunction supports = nullptr;
  int priority = 0;
  std::string label;  // "plain", "v3", "onednn": for tests and benchmarks
  /// Per entry of OpDef::key_attrs: the dtype wanted, code 0 for any.
  InlinedVector<DType, 2> types;
  std::string device = "CPU";
};

/// All kernels of one op, best first.
class KernelSet {
 public:
  std::vector<Kernel> kernels;
};

struct KernelOptions {
  int priority = 0;
  SupportsFunction supports = nullptr;
};

/// Where kernels say what they can do. One label and device a registry.
class KernelRegistry {
 public:
  KernelRegistry(OpRegistry& ops, std::string label, std::string device)
      : ops_(ops), label_(std::move(label)), device_(std::move(device)) {}

  /// A kernel for calls whose type attrs have these dtypes ({} = any). An op
  /// that the registry of ops lacks is an InternalError.
  void add(std::string_view op,
           std::initializer_list<TypeConstraint> types,
           KernelFunction function,
           KernelOptions options = {});

  /// Restricts what later add calls take, for tests of one set alone.
  std::string_view label() const { return label_; }

 private:
  OpRegistry& ops_;
  std::string label_;
  std::string device_;
};

/// Defined by the build: the plain CPU kernels.
void register_plain_cpu_kernels(KernelRegistry& registry);

}  // namespace tern

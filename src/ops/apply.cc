#include "ops/apply.h"

#include <new>
#include <stdexcept>

#include "core/subnormals.h"
#include "ops/cpu_isa.h"
#include "ops/execute_on_device.h"
#include "ops/infer_context.h"
#include "ops/kernel_lookup.h"
#include "ops/symbolic_call.h"
#include "ops/weak_types.h"
#include "tern/core/error.h"

namespace tern {
namespace {

OpRegistry* make_global_registry() {
  auto* registry = new OpRegistry;
  register_all_ops(*registry);
  registry->finish();
  KernelRegistry plain(*registry, "plain", "CPU");
  register_plain_cpu_kernels(plain);
  const CpuIsaEntry& isa = selected_cpu_isa();
  KernelRegistry vector(*registry, isa.name, "CPU");
  isa.entry(vector);
  return registry;
}

using KeyTypes = InlinedVector<DType, 2>;

/// The dtypes that select the kernel. Checks that inputs which share a type
/// attr agree, which needs the whole signature only when something is odd.
KeyTypes key_types(const OpDef& op,
                   std::span<const Tensor> inputs,
                   const Attrs& attrs) {
  KeyTypes types(op.key_attrs.size());
  bool simple = op.fixed_arity && inputs.size() == op.inputs.size();
  if (simple) {
    for (std::size_t i = 0; i < inputs.size() && simple; ++i) {
      const ArgDef& arg = op.inputs[i];
      DType found = inputs[i].dtype();
      if (arg.type_attr < 0) {
        simple = found == arg.type;
        continue;
      }
      const AttrDef& attr = op.attrs[static_cast<std::size_t>(arg.type_attr)];
      simple =
          found ==
          inputs[static_cast<std::size_t>(attr.inferred_from_input)].dtype();
    }
    for (std::size_t k = 0; k < types.size() && simple; ++k) {
      auto a = static_cast<std::size_t>(op.key_attrs[k]);
      const AttrDef& attr = op.attrs[a];
      DType given = a < attrs.size() && attrs[a].holds<DType>()
                        ? attrs[a].get<DType>()
                        : DType{};
      if (attr.inferred_from_input >= 0) {
        types[k] =
            inputs[static_cast<std::size_t>(attr.inferred_from_input)].dtype();
        simple = given.code == 0 || given == types[k];
      } else if (given.code != 0) {
        types[k] = given;
      } else {
        simple = attr.default_value.is_set();
        if (simple) types[k] = attr.default_value.get<DType>();
      }
    }
    if (simple) return types;
  }
  Attrs complete = CallSignature::complete(op, inputs, attrs);
  for (std::size_t k = 0; k < types.size(); ++k)
    types[k] = complete[static_cast<std::size_t>(op.key_attrs[k])].get<DType>();
  return types;
}

const KernelChoice& choose(const OpDef& op,
                           std::span<const Tensor> inputs,
                           const Attrs& attrs,
                           std::span<const DType> types) {
  try {
    return choose_kernel(op, types, kCpu);
  } catch (const UnimplementedError&) {
    // A type that the signature itself excludes is the caller's mistake.
    CallSignature::complete(op, inputs, attrs);
    throw;
  }
}

void check_no_undefined(const OpDef& op, std::span<const Tensor> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].defined())
      throw InvalidArgumentError(
          op.name, ": input ", i, " is no tensor at all (None)");
}

}  // namespace

OpRegistry& OpRegistry::global() {
  // Never destroyed: threads may still call ops while the process ends.
  static OpRegistry* registry = make_global_registry();
  return *registry;
}

OutputMode output_mode(const OpDef& op, std::size_t output) {
  if (op.fixed_arity) return op.output_modes[output];
  return op.output_modes.empty()
             ? OutputMode::kAllocated
             : op.output_modes[std::min(output, op.output_modes.size() - 1)];
}

Outputs execute(const OpDef& op,
                std::span<const Tensor> inputs,
                const Attrs& attrs,
                KernelState* state) {
  try {
    if (op.has(kHostOnly) && !all_on_host(inputs))
      return execute(op, copies_on_host(inputs), attrs, state);
    if (DeviceId device = device_for(op, inputs); !device.is_host())
      return execute_on_device(device, op, inputs, attrs, state);
    KeyTypes types = key_types(op, inputs, attrs);
    if (op.checks_attrs) CallSignature::check_given(op, attrs);
    const KernelChoice& choice = choose(op, inputs, attrs, types);
    InferContext shapes(op, inputs, attrs);
    if (op.infer) op.infer(shapes);
    Outputs outputs(static_cast<std::size_t>(shapes.num_outputs()));
    KernelContext context(op, attrs, inputs, outputs, shapes.outputs(), state);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (output_mode(op, i) == OutputMode::kAllocated)
        outputs[i] = Tensor::allocate(context.output_dtype(static_cast<int>(i)),
                                      shapes.outputs()[i]);
    FlushSubnormals flush;
    choice.pick(context).function(context);
    return outputs;
  } catch (Error& error) {
    add_op_name(error, op);
    throw;
  } catch (const std::bad_alloc&) {
    throw ResourceExhaustedError(op.name, ": out of memory");
  } catch (const std::length_error& error) {
    throw ResourceExhaustedError(op.name, ": ", error.what());
  }
}

void add_op_name(Error& error, const OpDef& op) {
  if (std::string_view(error.what()).find(op.name) == std::string_view::npos)
    error.add_context(op.name);
}

Dispatch& dispatch() {
  thread_local Dispatch state;
  return state;
}

InterpreterScope::InterpreterScope(Interpreter* interpreter) {
  dispatch().interpreters.push_back(interpreter);
  dispatch().update();
}

InterpreterScope::~InterpreterScope() {
  dispatch().interpreters.pop_back();
  dispatch().update();
}

RecordingPause::RecordingPause() {
  saved_.swap(dispatch().recorders);
  dispatch().update();
}

RecordingPause::~RecordingPause() {
  saved_.swap(dispatch().recorders);
  dispatch().update();
}

SymbolicCallHook& on_symbolic_call() {
  static SymbolicCallHook hook = nullptr;
  return hook;
}

Interpreter* current_interpreter() {
  const auto& stack = dispatch().interpreters;
  return stack.empty() ? nullptr : stack.back();
}

namespace {

Outputs interpret(const OpDef& op,
                  std::span<const Tensor> inputs,
                  const Attrs& attrs) {
  if (Interpreter* interpreter = current_interpreter())
    return interpreter->apply(op, inputs, attrs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_symbolic()) continue;
    if (SymbolicCallHook hook = on_symbolic_call())
      if (std::optional<Outputs> outputs = hook(op, inputs, attrs))
        return std::move(*outputs);
    throw InvalidArgumentError(
        op.name,
        ": input ",
        i,
        " (",
        inputs[i].extra()->name(),
        ") is a symbolic tensor: it belongs to a function or graph and has "
        "no value outside of it");
  }
  return execute(op, inputs, attrs);
}

Outputs interpret_quietly(const OpDef& op,
                          std::span<const Tensor> inputs,
                          const Attrs& attrs) {
  RecordingPause pause;
  return interpret(op, inputs, attrs);
}

Outputs apply_recorded(const OpDef& op,
                       std::span<const Tensor> inputs,
                       const Attrs& attrs) {
  Dispatch& state = dispatch();
  InlinedVector<Recorder*, 2> interested;
  for (Recorder* recorder : state.recorders)
    if (recorder->wants(op, inputs)) interested.push_back(recorder);
  if (interested.empty()) return interpret(op, inputs, attrs);

  if (!op.forward_variant) {
    Outputs outputs = interpret_quietly(op, inputs, attrs);
    for (Recorder* recorder : interested)
      recorder->record(op, inputs, attrs, outputs);
    return outputs;
  }
  std::vector<bool> watched(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (Recorder* recorder : interested)
      watched[i] = watched[i] || recorder->watches(inputs[i]);
  ForwardVariant variant{Tensors(inputs.begin(), inputs.end()), attrs};
  {
    // Each further tape may ask for the gradient of what the gradient for the
    // one before it reads.
    RecordingPause pause;
    for (std::size_t level = 0; level < interested.size(); ++level) {
      std::size_t outputs = variant.num_outputs;
      watched.resize(variant.inputs.size());
      variant = op.forward_variant(variant.inputs, variant.attrs, watched);
      if (level > 0) variant.num_outputs = outputs;
    }
  }
  Outputs outputs = interpret_quietly(op, variant.inputs, variant.attrs);
  for (Recorder* recorder : interested)
    recorder->record(op, variant.inputs, variant.attrs, outputs);
  outputs.resize(variant.num_outputs);
  return outputs;
}

}  // namespace

Outputs apply(const OpDef& op,
              std::span<const Tensor> inputs,
              const Attrs& attrs) {
  bool weak = false;
  for (const Tensor& input : inputs) {
    if (!input.defined()) check_no_undefined(op, inputs);
    weak = weak || input.is_weak();
  }
  if (weak) {
    Inputs bound = bind_weak_inputs(op, inputs, attrs);
    if (!dispatch().busy) return interpret(op, bound, attrs);
    return apply_recorded(op, bound, attrs);
  }
  if (!dispatch().busy) return interpret(op, inputs, attrs);
  return apply_recorded(op, inputs, attrs);
}

namespace detail {

Attrs attrs_by_name(const OpDef& op, NamedAttrs attrs) {
  if (attrs.size() == 0) return {};
  Attrs result(op.attrs.size());
  for (const auto& [name, value] : attrs)
    result[static_cast<std::size_t>(op.attr_index(name))] = value;
  return result;
}

}  // namespace detail
}  // namespace tern

#include "ops/execute_on_device.h"

#include <algorithm>

#include "core/subnormals.h"
#include "ops/infer_context.h"
#include "ops/kernel_lookup.h"
#include "tern/core/error.h"

namespace tern {
namespace {

DeviceId& thread_device() {
  thread_local DeviceId device;
  return device;
}

/// The input arg that flat input i belongs to.
std::vector<const ArgDef*> arg_of_input(const OpDef& op,
                                        const Attrs& complete) {
  std::vector<const ArgDef*> result;
  for (const ArgDef& arg : op.inputs) {
    std::size_t count = 1;
    if (arg.number_attr >= 0)
      count = static_cast<std::size_t>(
          complete[static_cast<std::size_t>(arg.number_attr)]
              .get<std::int64_t>());
    else if (arg.type_list_attr >= 0)
      count = complete[static_cast<std::size_t>(arg.type_list_attr)]
                  .get<std::vector<DType>>()
                  .size();
    result.insert(result.end(), count, &arg);
  }
  return result;
}

/// The same elements at the address a kernel of the device uses.
Tensor kernel_view(Device& device, const Tensor& tensor) {
  if (tensor.device().is_host()) return tensor;
  Buffer* view = Buffer::adopt(device.address(tensor.mutable_data()),
                               tensor.num_bytes(),
                               [keep = tensor] { static_cast<void>(keep); });
  return Tensor::from_buffer(
      tensor.dtype(), tensor.shape(), view, view->data());
}

}  // namespace

DeviceScope::DeviceScope(DeviceId device) : previous_(thread_device()) {
  thread_device() = device;
}

DeviceScope::~DeviceScope() { thread_device() = previous_; }

DeviceId current_device() { return thread_device(); }

DeviceId device_for(const OpDef& op, std::span<const Tensor> inputs) {
  if (op.has(kHostOnly)) return kCpu;
  for (const Tensor& input : inputs)
    if (!input.device().is_host()) return input.device();
  return thread_device();
}

bool all_on_host(std::span<const Tensor> inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [](const Tensor& input) {
    return !input.defined() || input.device().is_host();
  });
}

Tensors copies_on_host(std::span<const Tensor> inputs) {
  Tensors copies;
  for (const Tensor& input : inputs) copies.push_back(input.to(kCpu));
  return copies;
}

Outputs execute_on_device(DeviceId id,
                          const OpDef& op,
                          std::span<const Tensor> inputs,
                          const Attrs& attrs,
                          KernelState* state) {
  Device& device = device_of(id);
  Attrs complete = CallSignature::complete(op, inputs, attrs);
  std::vector<const ArgDef*> args = arg_of_input(op, complete);
  Tensors placed;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    bool host = args[i]->host || inputs[i].dtype().is_object();
    placed.push_back(inputs[i].to(host ? kCpu : id));
  }
  InferContext shapes(op, placed, complete);
  if (op.infer) op.infer(shapes);
  InlinedVector<DType, 2> types;
  for (int attr : op.key_attrs)
    types.push_back(complete[static_cast<std::size_t>(attr)].get<DType>());
  // The cache may replace its entry before the work runs: keep a copy.
  KernelChoice choice = choose_kernel(op, types, id);

  std::vector<DType> output_types = CallSignature::output_types(op, complete);
  Outputs outputs(output_types.size());
  Tensors views;
  for (const Tensor& input : placed)
    views.push_back(kernel_view(device, input));
  Outputs output_views(outputs.size());
  bool all_allocated = true, any_on_host = false;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    bool host =
        output_types[i].is_object() || (op.fixed_arity && op.outputs[i].host);
    if (output_mode(op, i) == OutputMode::kAllocated) {
      outputs[i] = Tensor::allocate(
          output_types[i], shapes.outputs()[i], host ? kCpu : id);
      output_views[i] = kernel_view(device, outputs[i]);
      any_on_host = any_on_host || host;
    } else {
      all_allocated = false;
    }
  }
  std::vector<Shape> output_shapes(shapes.outputs().begin(),
                                   shapes.outputs().end());
  auto run = [&op,
              complete,
              views,
              output_views,
              output_shapes,
              state,
              choice]() mutable {
    KernelContext context(
        op, complete, views, output_views, output_shapes, state);
    FlushSubnormals flush;
    choice.pick(context).function(context);
    return output_views;
  };
  if (all_allocated) {
    device.launch([run]() mutable { run(); });
    // The host may look at once at what it has; and who owns the state may be
    // gone before the work runs.
    if (any_on_host || state) device.synchronize();
    return outputs;
  }
  // What the kernel makes is known only afterwards: views of inputs are handed
  // on as the inputs themselves, anything else moves to the device.
  Outputs made;
  device.launch([&] { made = run(); });
  device.synchronize();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].defined()) continue;
    for (std::size_t j = 0; j < views.size(); ++j)
      if (made[i].raw_data() == views[j].raw_data() &&
          made[i].num_elements() == views[j].num_elements() &&
          made[i].dtype() == views[j].dtype())
        outputs[i] = placed[j].with_shape(made[i].shape());
    if (!outputs[i].defined())
      outputs[i] = made[i].dtype().is_object() ? made[i] : made[i].to(id);
  }
  return outputs;
}

}  // namespace tern

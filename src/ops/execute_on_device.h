#pragma once

#include "ops/apply.h"

namespace tern {

/// Where calls of this thread run whose inputs do not say (`DeviceScope`).
DeviceId current_device();

/// Where a call runs: the device of its inputs, else this thread's
/// (`DeviceScope`). Ops that work on the host alone stay there.
DeviceId device_for(const OpDef& op, std::span<const Tensor> inputs);

/// Whether host code may read all elements there are.
bool all_on_host(std::span<const Tensor> inputs);
Tensors copies_on_host(std::span<const Tensor> inputs);

/// Runs the call on a device other than the host: inputs that the op declares
/// `host` are brought to the host, all others to the device.
Outputs execute_on_device(DeviceId device,
                          const OpDef& op,
                          std::span<const Tensor> inputs,
                          const Attrs& attrs,
                          KernelState* state);

/// Sends calls of this thread to a device for the life of the scope.
class DeviceScope {
 public:
  explicit DeviceScope(DeviceId device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;

 private:
  DeviceId previous_;
};

}  // namespace tern

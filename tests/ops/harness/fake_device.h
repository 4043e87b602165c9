#pragma once

#include "tern/core/device.h"

namespace tern::harness {

/// A device of the tests: a second CPU, "/device:CPU:1", with the kernels of
/// the first and memory of its own. Its addresses cannot be touched: reading
/// or writing them from host code ends the process. Work runs on a thread of
/// its own, in order, after `launch` has returned.
DeviceId fake_device();

}  // namespace tern::harness

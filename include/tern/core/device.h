#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tern/core/allocator.h"

namespace tern {

/// A place where kernels run: 0 is the CPU, whose memory is host memory.
struct DeviceId {
  std::uint8_t index = 0;
  bool is_host() const { return index == 0; }
  friend constexpr bool operator==(DeviceId, DeviceId) = default;
};

inline constexpr DeviceId kCpu{};

/// What the core must know of a device: its memory and how to reach it. Its
/// kernels are registered under `kind`.
class Device {
 public:
  virtual ~Device() = default;
  /// "CPU", "GPU", ...; with the ordinal it makes "/device:CPU:0".
  virtual std::string_view kind() const = 0;
  virtual int ordinal() const { return 0; }
  virtual Allocator& allocator() = 0;
  virtual void copy_from_host(void* device,
                              const void* host,
                              std::size_t bytes) = 0;
  /// Waits for the device's work that writes `device`.
  virtual void copy_to_host(void* host,
                            const void* device,
                            std::size_t bytes) = 0;
  /// Runs `kernel` in the device's order of work. A device that shares the
  /// host's kernels gives it pointers it may read through `address`.
  virtual void launch(std::function<void()> kernel) = 0;
  /// Where a kernel of this device finds what has this device address.
  virtual void* address(void* device) { return device; }
  /// Waits until all launched work is done; rethrows its first error.
  virtual void synchronize() = 0;

  std::string name() const;
};

/// The device of an id. Throws NotFoundError for an id never registered.
Device& device_of(DeviceId id);
/// Adds a device; its id is the next free number.
DeviceId register_device(std::unique_ptr<Device> device);
/// "/cpu:0", "CPU:0", "/job:localhost/replica:0/task:0/device:CPU:0".
/// Throws NotFoundError for a device that this process lacks.
DeviceId find_device(std::string_view name);

}  // namespace tern

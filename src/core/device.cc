#include "tern/core/device.h"

#include <array>
#include <atomic>
#include <cctype>
#include <charconv>
#include <cstring>
#include <mutex>

#include "tern/core/error.h"

namespace tern {
namespace {

/// Host memory, work done at once.
class CpuDevice : public Device {
 public:
  std::string_view kind() const override { return "CPU"; }
  Allocator& allocator() override { return cpu_allocator(); }
  void copy_from_host(void* device,
                      const void* host,
                      std::size_t bytes) override {
    std::memcpy(device, host, bytes);
  }
  void copy_to_host(void* host,
                    const void* device,
                    std::size_t bytes) override {
    std::memcpy(host, device, bytes);
  }
  void launch(std::function<void()> kernel) override { kernel(); }
  void synchronize() override {}
};

/// Devices by id. They live as long as the process: tensors may outlive every
/// other object.
class DeviceTable {
 public:
  static DeviceTable& instance() {
    static DeviceTable& table = *new DeviceTable;
    return table;
  }

  Device* at(int index) const {
    return devices_[static_cast<std::size_t>(index)].load(
        std::memory_order_acquire);
  }
  int size() const { return size_.load(std::memory_order_acquire); }

  DeviceId add(std::unique_ptr<Device> device) {
    std::lock_guard lock(mutex_);
    int index = size();
    if (index == kMaxDevices)
      throw ResourceExhaustedError("more than ", kMaxDevices, " devices");
    devices_[static_cast<std::size_t>(index)].store(device.release(),
                                                    std::memory_order_release);
    size_.store(index + 1, std::memory_order_release);
    return DeviceId{static_cast<std::uint8_t>(index)};
  }

 private:
  static constexpr int kMaxDevices = 256;

  DeviceTable() { add(std::make_unique<CpuDevice>()); }

  std::mutex mutex_;
  std::array<std::atomic<Device*>, kMaxDevices> devices_{};
  std::atomic<int> size_{0};
};

[[noreturn]] void throw_unknown_device(std::string_view name) {
  std::string known;
  const DeviceTable& table = DeviceTable::instance();
  for (int i = 0; i < table.size(); ++i)
    known += (i ? ", " : "") + table.at(i)->name();
  throw NotFoundError("Unknown device \"", name, "\"; available: ", known);
}

/// Removes `prefix` from the front of `text`, in any case.
bool consume(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) !=
        std::tolower(static_cast<unsigned char>(prefix[i])))
      return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string Device::name() const {
  return "/device:" + std::string(kind()) + ":" + std::to_string(ordinal());
}

Device& device_of(DeviceId id) {
  Device* device = DeviceTable::instance().at(id.index);
  if (!device)
    throw NotFoundError("no device has the id ", static_cast<int>(id.index));
  return *device;
}

DeviceId register_device(std::unique_ptr<Device> device) {
  return DeviceTable::instance().add(std::move(device));
}

DeviceId find_device(std::string_view name) {
  std::string_view rest = name;
  for (std::string_view part : {"/job:localhost", "/replica:0", "/task:0"})
    consume(rest, part);
  if (!consume(rest, "/device:")) consume(rest, "/");
  const DeviceTable& table = DeviceTable::instance();
  for (int i = 0; i < table.size(); ++i) {
    const Device& device = *table.at(i);
    std::string_view after = rest;
    if (!consume(after, device.kind())) continue;
    int ordinal = 0;
    if (!after.empty()) {
      if (!consume(after, ":")) continue;
      const char* end = after.data() + after.size();
      auto [stop, error] = std::from_chars(after.data(), end, ordinal);
      if (error != std::errc{} || stop != end) continue;
    }
    if (ordinal == device.ordinal())
      return DeviceId{static_cast<std::uint8_t>(i)};
  }
  throw_unknown_device(name);
}

}  // namespace tern

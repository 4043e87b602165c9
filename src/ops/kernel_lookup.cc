#include "ops/kernel_lookup.h"

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "tern/core/error.h"

namespace tern {
namespace {

struct Preference {
  std::mutex mutex;
  std::string label;
  std::atomic<std::uint64_t> generation{1};
};

Preference& preference() {
  static Preference p;
  return p;
}

bool matches(const Kernel& kernel,
             std::span<const DType> types,
             std::string_view device) {
  if (kernel.device != device) return false;
  for (std::size_t i = 0; i < kernel.types.size(); ++i)
    if (kernel.types[i].code != 0 && !(kernel.types[i] == types[i]))
      return false;
  return true;
}

[[noreturn]] void throw_no_kernel(const OpDef& op,
                                  std::span<const DType> types) {
  for (const auto* args : {&op.inputs, &op.outputs})
    for (const ArgDef& arg : *args)
      if (arg.is_ref)
        throw UnimplementedError(op.name,
                                 " op does not support eager execution. Arg '",
                                 arg.name,
                                 "' is a ref.");
  std::string attrs;
  for (std::size_t i = 0; i < op.key_attrs.size(); ++i) {
    if (i) attrs += ", ";
    attrs += op.attrs[static_cast<std::size_t>(op.key_attrs[i])].name + "=" +
             std::string(types[i].name());
  }
  throw UnimplementedError("Could not find device for node: {{node ",
                           op.name,
                           "}} = ",
                           op.name,
                           "[",
                           attrs,
                           "]: no kernel is registered for these types");
}

KernelChoice find_choice(const OpDef& op,
                         std::span<const DType> types,
                         DeviceId device) {
  std::string_view kind = device_of(device).kind();
  std::string label;
  {
    std::scoped_lock lock(preference().mutex);
    label = preference().label;
  }
  KernelChoice all, preferred;
  auto collect = [&](std::string_view wanted) {
    for (const Kernel& kernel : op.kernels->kernels)
      if (matches(kernel, types, wanted)) {
        all.candidates.push_back(&kernel);
        if (!label.empty() && kernel.label == label)
          preferred.candidates.push_back(&kernel);
      }
  };
  collect(kind);
  if (all.candidates.empty()) throw_no_kernel(op, types);
  return preferred.candidates.empty() ? all : preferred;
}

struct CacheEntry {
  std::uint64_t key = 0;
  std::unique_ptr<KernelChoice> choice;
};

/// Direct-mapped; a choice lives until the thread replaces it, and callers use
/// it at once.
struct Cache {
  static constexpr std::size_t kSize = 1024;
  std::uint64_t generation = 0;
  std::array<CacheEntry, kSize> entries;
};

}  // namespace

const Kernel& KernelChoice::pick(const KernelContext& context) const {
  if (candidates.size() > 1)
    for (const Kernel* kernel : candidates)
      if (!kernel->supports || kernel->supports(context)) return *kernel;
  return *candidates[candidates.size() - 1];
}

const KernelChoice& choose_kernel(const OpDef& op,
                                  std::span<const DType> types,
                                  DeviceId device) {
  thread_local Cache cache;
  std::uint64_t generation =
      preference().generation.load(std::memory_order_relaxed);
  if (cache.generation != generation) {
    for (CacheEntry& entry : cache.entries) entry = {};
    cache.generation = generation;
  }
  // 12 bits of op, 4 of device and 8 for each of up to 6 types.
  std::uint64_t key = static_cast<std::uint64_t>(op.id) + 1;
  key = key << 4 | device.index;
  for (DType type : types)
    key = key << 8 | static_cast<std::uint64_t>(type.code);
  std::size_t slot = (key * 0x9E3779B97F4A7C15u) >> 54;
  CacheEntry& entry = cache.entries[slot];
  if (entry.key != key) {
    auto choice =
        std::make_unique<KernelChoice>(find_choice(op, types, device));
    entry.key = key;
    entry.choice = std::move(choice);
  }
  return *entry.choice;
}

void prefer_kernels(std::string_view label) {
  std::scoped_lock lock(preference().mutex);
  preference().label = label;
  preference().generation.fetch_add(1);
}

}  // namespace tern

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "tern/core/device.h"
#include "tern/core/dtype.h"

namespace tern {

/// Memory shared by tensors, counted. Buffers of strings, resources and
/// variants construct and destroy their elements.
class Buffer {
 public:
  /// Uninitialised for plain dtypes, default-constructed elements for objects.
  static Buffer* allocate(DType dtype,
                          std::int64_t count,
                          DeviceId device = kCpu);
  /// Memory of somebody else; `release` is called when the last user is gone.
  static Buffer* adopt(void* data,
                       std::size_t bytes,
                       std::function<void()> release);

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  DeviceId device() const { return device_; }
  bool is_shared() const {
    return references_.load(std::memory_order_acquire) > 1;
  }

  void retain() noexcept {
    references_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() noexcept {
    // The last user needs no atomic subtraction: nobody else can add.
    if (references_.load(std::memory_order_acquire) == 1 ||
        references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy();
  }

 private:
  Buffer() = default;
  void destroy() noexcept;

  std::atomic<std::int32_t> references_{1};
  DeviceId device_;
  DType dtype_;
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::int64_t count_ = 0;
  /// Only of adopted memory; a pointer keeps the header within 64 bytes, so
  /// that one allocation holds it and aligned data.
  std::unique_ptr<std::function<void()>> external_release_;
};

/// Constructs (default) or destroys `count` elements of an object dtype.
void construct_elements(DType dtype, void* data, std::int64_t count);
void destroy_elements(DType dtype, void* data, std::int64_t count) noexcept;
/// Copies elements of any dtype between host memories.
void copy_elements(DType dtype, void* to, const void* from, std::int64_t count);

}  // namespace tern

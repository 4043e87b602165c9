#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "tern/core/buffer.h"
#include "tern/core/shape.h"

namespace tern {

/// The optional side slot of a tensor: its place in a graph, its Keras
/// history, the full digits of a literal. Layers that use it derive from it.
struct TensorExtra {
  virtual ~TensorExtra() = default;
  /// What error texts and prints call the tensor: "x:0".
  virtual std::string name() const { return "?"; }
};

enum class RepKind : std::uint8_t { kConcrete, kMeta, kSymbolic };

/// What a Tensor points to. The header and up to kInlineBytes of elements are
/// one block of a per-thread free list.
struct TensorRep {
  static constexpr std::size_t kInlineBytes = 64;

  std::atomic<std::int32_t> references{1};
  DeviceId device;
  RepKind kind = RepKind::kConcrete;
  bool weak = false;
  DType dtype;
  std::int64_t num_elements = 0;
  void* data = nullptr;
  Buffer* buffer = nullptr;  // null: the elements are inline, or there are none
  std::atomic<std::uint64_t> id{0};
  std::shared_ptr<TensorExtra> extra;
  Shape shape;
  /// Of a tensor in device memory whose elements the host has asked for.
  std::atomic<Buffer*> host_copy{nullptr};
  alignas(16) unsigned char inline_data[kInlineBytes];

  static TensorRep* create(DType dtype, const Shape& shape);
  void retain() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references.load(std::memory_order_acquire) == 1 ||
        references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy();
  }
  bool is_unique() const {
    return references.load(std::memory_order_acquire) == 1 &&
           (!buffer || !buffer->is_shared()) &&
           !host_copy.load(std::memory_order_relaxed);
  }
  std::uint64_t identity() {
    std::uint64_t known = id.load(std::memory_order_acquire);
    return known ? known : assign_identity();
  }

 private:
  void destroy() noexcept;
  std::uint64_t assign_identity();
};

}  // namespace tern

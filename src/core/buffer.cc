#include "tern/core/buffer.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "tern/core/error.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

/// Room for the header before the elements, which keeps their alignment.
constexpr std::size_t kHeaderBytes = 64;

/// Calls `function` with a typed null pointer for an object dtype.
template <class F>
void visit_object(DType dtype, F function) {
  if (dtype == string)
    function(static_cast<std::string*>(nullptr));
  else if (dtype == resource)
    function(static_cast<ResourceHandle*>(nullptr));
  else
    function(static_cast<Variant*>(nullptr));
}

}  // namespace

Buffer* Buffer::allocate(DType dtype, std::int64_t count, DeviceId device) {
  static_assert(sizeof(Buffer) <= kHeaderBytes);
  std::size_t size = dtype.size();
  constexpr std::size_t kLargest =
      std::numeric_limits<std::ptrdiff_t>::max() - kHeaderBytes;
  if (static_cast<std::size_t>(count) >
      kLargest / std::max<std::size_t>(size, 1))
    throw ResourceExhaustedError("OOM when allocating ",
                                 count,
                                 " elements of type ",
                                 dtype.name(),
                                 ": more bytes than can be addressed");
  std::size_t bytes = static_cast<std::size_t>(count) * size;
  void* header;
  void* data;
  if (device.is_host()) {
    header = cpu_allocator().allocate(kHeaderBytes + bytes);
    data = static_cast<std::byte*>(header) + kHeaderBytes;
  } else {
    data = device_of(device).allocator().allocate(bytes);
    header = ::operator new(sizeof(Buffer));
  }
  Buffer* buffer = new (header) Buffer;
  buffer->device_ = device;
  buffer->dtype_ = dtype;
  buffer->data_ = data;
  buffer->bytes_ = bytes;
  buffer->count_ = count;
  if (dtype.is_object()) construct_elements(dtype, data, count);
  return buffer;
}

Buffer* Buffer::adopt(void* data,
                      std::size_t bytes,
                      std::function<void()> release) {
  auto external = std::make_unique<std::function<void()>>(std::move(release));
  Buffer* buffer = new (::operator new(sizeof(Buffer))) Buffer;
  buffer->data_ = data;
  buffer->bytes_ = bytes;
  buffer->external_release_ = std::move(external);
  return buffer;
}

void Buffer::destroy() noexcept {
  if (external_release_) {
    (*external_release_)();
    this->~Buffer();
    ::operator delete(this);
    return;
  }
  if (dtype_.is_object()) destroy_elements(dtype_, data_, count_);
  DeviceId device = device_;
  void* data = data_;
  std::size_t bytes = bytes_;
  this->~Buffer();
  if (device.is_host()) {
    cpu_allocator().deallocate(this, kHeaderBytes + bytes);
  } else {
    device_of(device).allocator().deallocate(data, bytes);
    ::operator delete(this);
  }
}

void construct_elements(DType dtype, void* data, std::int64_t count) {
  visit_object(dtype, [&]<class T>(T*) {
    std::uninitialized_value_construct_n(static_cast<T*>(data), count);
  });
}

void destroy_elements(DType dtype, void* data, std::int64_t count) noexcept {
  visit_object(dtype, [&]<class T>(T*) {
    std::destroy_n(static_cast<T*>(data), count);
  });
}

void copy_elements(DType dtype,
                   void* to,
                   const void* from,
                   std::int64_t count) {
  if (count == 0) return;
  if (!dtype.is_object()) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * dtype.size());
    return;
  }
  visit_object(dtype, [&]<class T>(T*) {
    std::copy_n(static_cast<const T*>(from), count, static_cast<T*>(to));
  });
}

}  // namespace tern

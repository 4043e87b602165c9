#include "kernels/cpu/plain/image/float_rows.h"

#include "kernels/common/conversions.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class T>
void read(const void* from, std::int64_t offset, float* to, std::int64_t n) {
  const T* x = static_cast<const T*>(from) + offset;
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(x[i]);
}

template <class T>
void write(const float* from, void* to, std::int64_t offset, std::int64_t n) {
  T* y = static_cast<T*>(to) + offset;
  for (std::int64_t i = 0; i < n; ++i) y[i] = kernels::convert<T>(from[i]);
}

[[noreturn]] void refuse(DType dtype) {
  throw UnimplementedError("images of dtype ", dtype.name());
}

}  // namespace

ReadFloats float_reader(DType dtype) {
  ReadFloats found = nullptr;
  for_each_real_type([&](auto tag) {
    using T = typename decltype(tag)::type;
    if (dtype == dtype_of<T>) found = read<T>;
  });
  if (!found) refuse(dtype);
  return found;
}

WriteFloats float_writer(DType dtype) {
  WriteFloats found = nullptr;
  for_each_type<Half, BFloat16, float, double>([&](auto tag) {
    using T = typename decltype(tag)::type;
    if (dtype == dtype_of<T>) found = write<T>;
  });
  if (!found) refuse(dtype);
  return found;
}

}  // namespace tern

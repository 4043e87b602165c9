#include <algorithm>
#include <string>

#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"

namespace tern {
namespace {

/// Axis i of the source format is axis map[i] of the target's. Axes out of
/// range are taken modulo the rank, as TensorFlow does.
template <class T>
void dim_map(KernelContext& c) {
  const auto& from = c.attr<std::string>("src_format");
  const auto& to = c.attr<std::string>("dst_format");
  const auto size = static_cast<T>(from.size());
  const auto x = c.in<T>(0);
  const auto y = c.out<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T axis = static_cast<T>((x[i] % size + size) % size);
    y[i] = static_cast<T>(to.find(from[static_cast<std::size_t>(axis)]));
  }
}

/// Without the letters of batch and channels.
std::string spatial(std::string format) {
  std::erase_if(format, [](char c) { return c == 'N' || c == 'C'; });
  return format;
}

template <class T>
void vec_permute(KernelContext& c) {
  std::string from = c.attr<std::string>("src_format");
  std::string to = c.attr<std::string>("dst_format");
  const Shape& shape = c.input(0).shape();
  if (static_cast<std::size_t>(shape[0]) != from.size()) {
    from = spatial(from);
    to = spatial(to);
  }
  const auto x = c.in<T>(0);
  const auto y = c.out<T>();
  const std::size_t width = shape.rank() == 2 ? 2 : 1;
  for (std::size_t i = 0; i < to.size(); ++i)
    std::copy_n(
        x.begin() + static_cast<std::ptrdiff_t>(from.find(to[i]) * width),
        width,
        y.begin() + static_cast<std::ptrdiff_t>(i * width));
}

}  // namespace

void register_data_format_kernels(KernelRegistry& registry) {
  for_each_type<std::int32_t, std::int64_t>([&]<class T>(TypeTag<T>) {
    registry.add("DataFormatDimMap", {{"T", dtype_of<T>}}, dim_map<T>);
    registry.add("DataFormatVecPermute", {{"T", dtype_of<T>}}, vec_permute<T>);
  });
}

}  // namespace tern

// DataFormatDimMap and DataFormatVecPermute.

#include <string>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

template <class T>
void dim_map(KernelContext& c) {
  const auto& source = c.attr<std::string>("src_format");
  const auto& target = c.attr<std::string>("dst_format");
  auto x = c.in<T>(0);
  auto y = c.out<T>();
  auto rank = static_cast<T>(source.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    // Others wrap around, as in TensorFlow.
    auto dim = static_cast<std::size_t>(((x[i] % rank) + rank) % rank);
    auto place = target.find(source[dim]);
    if (place == std::string::npos)
      throw InvalidArgumentError(target, " is not a permutation of ", source);
    y[i] = static_cast<T>(place);
  }
}

template <class T>
void vec_permute(KernelContext& c) {
  std::string source = c.attr<std::string>("src_format");
  std::string target = c.attr<std::string>("dst_format");
  const Shape& shape = c.input(0).shape();
  auto size = static_cast<std::size_t>(shape[0]);
  if (size + 2 == source.size())  // without batch and channels
    for (std::string* format : {&source, &target})
      std::erase_if(*format, [](char d) { return d == 'N' || d == 'C'; });
  std::size_t columns = shape.rank() == 2 ? 2 : 1;
  auto x = c.in<T>(0);
  auto y = c.out<T>();
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t k = 0; k < columns; ++k)
      y[target.find(source[i]) * columns + k] = x[i * columns + k];
}

}  // namespace

void register_data_format_kernels(KernelRegistry& registry) {
  registry.add("DataFormatDimMap", {{"T", int32}}, dim_map<std::int32_t>);
  registry.add("DataFormatDimMap", {{"T", int64}}, dim_map<std::int64_t>);
  registry.add(
      "DataFormatVecPermute", {{"T", int32}}, vec_permute<std::int32_t>);
  registry.add(
      "DataFormatVecPermute", {{"T", int64}}, vec_permute<std::int64_t>);
}

}  // namespace tern

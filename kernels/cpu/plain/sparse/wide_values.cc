#include "kernels/cpu/plain/sparse/wide_values.h"

#include <type_traits>

#include "core/visit_dtype.h"

namespace tern {
namespace {

template <class To, class From>
To converted(From value) {
  if constexpr (is_complex_number<From> && is_complex_number<To>) {
    using Part = typename To::value_type;
    return {static_cast<Part>(value.real()), static_cast<Part>(value.imag())};
  } else if constexpr (is_complex_number<From>) {
    return static_cast<To>(value.real());
  } else if constexpr (std::is_arithmetic_v<From> && std::is_arithmetic_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_arithmetic_v<From>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_arithmetic_v<To>) {
    return static_cast<To>(static_cast<float>(value));
  } else {
    return To(static_cast<float>(value));
  }
}

}  // namespace

template <class W>
std::vector<W> wide_values(const Tensor& tensor) {
  std::vector<W> result(static_cast<std::size_t>(tensor.num_elements()));
  visit_number(tensor.dtype(), [&]<class T>(T) {
    const T* from = tensor.data<T>();
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = converted<W>(from[i]);
  });
  return result;
}

template <class W>
void set_values(std::span<const W> values, Tensor& tensor) {
  visit_number(tensor.dtype(), [&]<class T>(T) {
    T* to = tensor.data<T>();
    for (std::size_t i = 0; i < values.size(); ++i)
      to[i] = converted<T>(values[i]);
  });
}

template std::vector<double> wide_values(const Tensor&);
template std::vector<std::int64_t> wide_values(const Tensor&);
template std::vector<std::uint64_t> wide_values(const Tensor&);
template std::vector<std::complex<double>> wide_values(const Tensor&);
template void set_values(std::span<const double>, Tensor&);
template void set_values(std::span<const std::int64_t>, Tensor&);
template void set_values(std::span<const std::uint64_t>, Tensor&);
template void set_values(std::span<const std::complex<double>>, Tensor&);

}  // namespace tern

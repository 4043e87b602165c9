#pragma once

#include <complex>
#include <cstdint>

#include "tern/core/dtype.h"
#include "tern/core/error.h"

namespace tern {

/// Calls `function` with a value of the C++ type that stores `dtype`: quantized
/// and sub-byte integers as the integers they are kept in. Throws
/// UnimplementedError for objects and for floats without a C++ type.
template <class F>
decltype(auto) visit_number(DType dtype, F&& function) {
  switch (dtype.code) {
    case float32.code:
      return function(float{});
    case float64.code:
      return function(double{});
    case float16.code:
      return function(Half{});
    case bfloat16.code:
      return function(BFloat16{});
    case float8_e5m2.code:
      return function(Float8E5M2{});
    case float8_e4m3fn.code:
      return function(Float8E4M3FN{});
    case bool_.code:
      return function(bool{});
    case int8.code:
    case qint8.code:
    case int4.code:
    case int2.code:
      return function(std::int8_t{});
    case int16.code:
    case qint16.code:
      return function(std::int16_t{});
    case int32.code:
    case qint32.code:
      return function(std::int32_t{});
    case int64.code:
      return function(std::int64_t{});
    case uint8.code:
    case quint8.code:
    case uint4.code:
    case uint2.code:
      return function(std::uint8_t{});
    case uint16.code:
    case quint16.code:
      return function(std::uint16_t{});
    case uint32.code:
      return function(std::uint32_t{});
    case uint64.code:
      return function(std::uint64_t{});
    case complex64.code:
      return function(std::complex<float>{});
    case complex128.code:
      return function(std::complex<double>{});
    default:
      throw UnimplementedError(
          "elements of dtype ", dtype.name(), " cannot be read as numbers");
  }
}

template <class T>
inline constexpr bool is_complex_number =
    std::is_same_v<T, std::complex<float>> ||
    std::is_same_v<T, std::complex<double>>;

}  // namespace tern

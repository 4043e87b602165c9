#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>

#include "tern/core/float_types.h"

namespace tern {

class ResourceHandle;
class Variant;

/// The type of a tensor's elements. Codes are those of TensorFlow's
/// `types.proto`; code 0 means "not given, infer it".
struct DType {
  int code = 0;

  /// TensorFlow's name: "float32", "int64", "string", ...
  std::string_view name() const;
  /// Bytes one element occupies in a buffer; 0 for DType{}.
  std::size_t size() const;

  bool is_floating() const;
  bool is_complex() const;
  /// Signed or unsigned integers, not bool and not quantized types.
  bool is_integer() const;
  bool is_unsigned() const;
  bool is_quantized() const;
  /// Anything arithmetic works on: integers, floats, complex numbers.
  bool is_numeric() const;
  /// True for strings, resources and variants: elements with constructors,
  /// always in host memory.
  bool is_object() const;

  /// The dtype of that name, "float32" or TensorFlow's "float", "DT_FLOAT".
  /// Throws InvalidArgumentError for an unknown name.
  static DType from_name(std::string_view name);
  /// Whether `code` is one of TensorFlow's (references excluded).
  static bool is_valid_code(int code);

  friend constexpr bool operator==(DType, DType) = default;
};

namespace detail {
/// Bytes of an element by dtype code; dtype.cc checks those of resources and
/// variants.
inline constexpr std::uint8_t kElementBytes[] = {
    0, 4, 8,  4, 1,  2,  1, sizeof(std::string),
    8, 8, 1,  1, 1,  4,  2, 2,
    2, 2, 16, 2, 80, 16, 4, 8,
    1, 1, 1,  1, 1,  1,  1, 1,
    1};
inline constexpr int kDTypeCodes = sizeof kElementBytes;
}  // namespace detail

inline bool DType::is_valid_code(int code) {
  return code > 0 && code < detail::kDTypeCodes;
}
inline std::size_t DType::size() const {
  return detail::kElementBytes[is_valid_code(code) ? code : 0];
}
inline bool DType::is_object() const {
  return code == 7 || code == 20 || code == 21;
}

inline constexpr DType float32{1}, float64{2}, int32{3}, uint8{4}, int16{5},
    int8{6}, string{7}, complex64{8}, int64{9}, bool_{10}, qint8{11},
    quint8{12}, qint32{13}, bfloat16{14}, qint16{15}, quint16{16}, uint16{17},
    complex128{18}, float16{19}, resource{20}, variant{21}, uint32{22},
    uint64{23}, float8_e5m2{24}, float8_e4m3fn{25}, float8_e4m3fnuz{26},
    float8_e4m3b11fnuz{27}, float8_e5m2fnuz{28}, int4{29}, uint4{30}, int2{31},
    uint2{32};

/// Prints TensorFlow's str: `<dtype: 'float32'>`.
std::ostream& operator<<(std::ostream& stream, DType dtype);

/// A C++ arithmetic type that may stand for a tensor value.
template <class T>
concept Number = std::is_arithmetic_v<T>;

namespace detail {
template <class T>
struct DTypeOf;
template <DType D>
struct DTypeConstant {
  static constexpr DType value = D;
};
template <>
struct DTypeOf<float> : DTypeConstant<float32> {};
template <>
struct DTypeOf<double> : DTypeConstant<float64> {};
template <>
struct DTypeOf<std::int8_t> : DTypeConstant<int8> {};
template <>
struct DTypeOf<std::int16_t> : DTypeConstant<int16> {};
template <>
struct DTypeOf<std::int32_t> : DTypeConstant<int32> {};
template <>
struct DTypeOf<std::uint8_t> : DTypeConstant<uint8> {};
template <>
struct DTypeOf<std::uint16_t> : DTypeConstant<uint16> {};
template <>
struct DTypeOf<std::uint32_t> : DTypeConstant<uint32> {};
// long and long long are distinct types of 64 bits.
template <>
struct DTypeOf<long> : DTypeConstant<int64> {};
template <>
struct DTypeOf<long long> : DTypeConstant<int64> {};
template <>
struct DTypeOf<unsigned long> : DTypeConstant<uint64> {};
template <>
struct DTypeOf<unsigned long long> : DTypeConstant<uint64> {};
template <>
struct DTypeOf<bool> : DTypeConstant<bool_> {};
template <>
struct DTypeOf<std::string> : DTypeConstant<string> {};
template <>
struct DTypeOf<std::complex<float>> : DTypeConstant<complex64> {};
template <>
struct DTypeOf<std::complex<double>> : DTypeConstant<complex128> {};
template <>
struct DTypeOf<Half> : DTypeConstant<float16> {};
template <>
struct DTypeOf<BFloat16> : DTypeConstant<bfloat16> {};
template <>
struct DTypeOf<Float8E5M2> : DTypeConstant<float8_e5m2> {};
template <>
struct DTypeOf<Float8E4M3FN> : DTypeConstant<float8_e4m3fn> {};
template <>
struct DTypeOf<ResourceHandle> : DTypeConstant<resource> {};
template <>
struct DTypeOf<Variant> : DTypeConstant<variant> {};
}  // namespace detail

/// The dtype whose elements are stored as T: `dtype_of<float> == float32`.
template <class T>
inline constexpr DType dtype_of = detail::DTypeOf<T>::value;

}  // namespace tern

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/shape.h"

namespace tern {

/// A number, a string, or braces of literals to any depth. Keeps all digits.
/// int makes int32, wider integers int64, floats float32, and one float among
/// integers makes all float32. Ragged or mixed braces throw
/// InvalidArgumentError when they become a Tensor.
class Literal {
 public:
  template <Number T>
  Literal(T value);
  Literal(const char* text) : Literal(std::string(text)) {}
  Literal(std::string text);
  Literal(std::initializer_list<Literal> values);

  /// The dtype an integer literal shows: int32 or int64; uint64 beyond that.
  template <Number T>
  static constexpr DType dtype_of_integer(T value) {
    if (std::is_same_v<T, bool>) return bool_;
    if (std::is_unsigned_v<T> && sizeof(T) == 8 &&
        static_cast<std::uint64_t>(value) > 0x7fffffffffffffffu)
      return uint64;
    if (std::is_same_v<T, unsigned>)
      return static_cast<std::uint64_t>(value) > 0x7fffffffu ? int64 : int32;
    return sizeof(T) > 4 ? int64 : int32;
  }

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }

  /// One of the three is filled, by dtype: integers and bools (of uint64 the
  /// bits), floats, text.
  const std::vector<std::int64_t>& integers() const { return integers_; }
  const std::vector<double>& floats() const { return floats_; }
  const std::vector<std::string>& strings() const { return strings_; }

 private:
  void append(const Literal& part);
  void to_floats();

  DType dtype_{};
  Shape shape_;
  std::vector<std::int64_t> integers_;
  std::vector<double> floats_;
  std::vector<std::string> strings_;
};

template <Number T>
Literal::Literal(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    dtype_ = float32;
    floats_.push_back(static_cast<double>(value));
  } else {
    dtype_ = dtype_of_integer(value);
    integers_.push_back(static_cast<std::int64_t>(value));
  }
}

}  // namespace tern

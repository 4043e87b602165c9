// Tensors from C++ literals. A literal stays weak until it meets a firm dtype:
// it shows its values in the dtype TensorFlow would give them, and keeps the
// digits that a float32 cannot hold beside them.

#include "core/tensor_literal.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/text/number_text.h"
#include "core/visit_dtype.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// The digits of a literal that do not fit into the inline block.
struct LiteralDigits : TensorExtra {
  std::vector<double> digits;
};

/// Small literals keep their digits in the inline block, after the elements.
bool digits_fit_inline(std::int64_t count) {
  return count <= static_cast<std::int64_t>(TensorRep::kInlineBytes /
                                            (2 * sizeof(double)));
}
constexpr std::size_t kInlineDigits = TensorRep::kInlineBytes / 2;

std::string quoted(const std::string& text) { return "'" + text + "'"; }

/// TensorFlow names C++'s floating types in these errors.
std::string_view conversion_name(DType dtype) {
  if (dtype == float32) return "float";
  if (dtype == float64) return "double";
  if (dtype == float16) return "half";
  return dtype.name();
}

template <class Value>
[[noreturn]] void throw_conversion(const Value& value, DType dtype) {
  throw InvalidArgumentError("Cannot convert ",
                             value,
                             " to EagerTensor of dtype ",
                             conversion_name(dtype));
}

std::string integer_text(std::int64_t value, DType literal) {
  if (literal == bool_) return value ? "True" : "False";
  if (literal == uint64)
    return std::to_string(static_cast<std::uint64_t>(value));
  return std::to_string(value);
}

/// Whether an integer literal is a value of the integer dtype.
bool fits(std::int64_t value, bool is_wide_unsigned, DType dtype) {
  if (dtype == uint64) return is_wide_unsigned || value >= 0;
  if (is_wide_unsigned) return false;
  int bits = dtype == int4 || dtype == uint4 ? 4
             : dtype == int2 || dtype == uint2
                 ? 2
                 : 8 * static_cast<int>(dtype.size());
  bool is_unsigned = dtype.is_unsigned() || dtype == quint8 || dtype == quint16;
  if (is_unsigned) return value >= 0 && value < std::int64_t{1} << bits;
  std::int64_t largest =
      std::numeric_limits<std::int64_t>::max() >> (64 - bits);
  return value <= largest && value >= -largest - 1;
}

/// Writes integer (or bool) literals as elements of `dtype`.
void store_integers(DType literal,
                    std::span<const std::int64_t> values,
                    DType dtype,
                    void* elements) {
  bool wide = literal == uint64;
  // Python's bools are integers, but no integer is a bool.
  if ((dtype == bool_ && literal != bool_) || dtype.is_object())
    throw_conversion(integer_text(values.empty() ? 0 : values[0], literal),
                     dtype);
  visit_number(dtype, [&]<class T>(T) {
    T* to = static_cast<T*>(elements);
    for (std::int64_t value : values) {
      if constexpr (std::is_integral_v<T>) {
        if (dtype != bool_ && !fits(value, wide, dtype))
          throw_conversion(integer_text(value, literal), dtype);
        *to++ = static_cast<T>(value);
      } else if constexpr (is_complex_number<T>) {
        *to++ = static_cast<typename T::value_type>(value);
      } else if constexpr (std::is_same_v<T, double>) {
        *to++ = wide ? static_cast<double>(static_cast<std::uint64_t>(value))
                     : static_cast<double>(value);
      } else {
        *to++ = T(wide ? static_cast<float>(static_cast<std::uint64_t>(value))
                       : static_cast<float>(value));
      }
    }
  });
}

/// Writes float literals as elements of `dtype`.
void store_floats(std::span<const double> values, DType dtype, void* elements) {
  if (!dtype.is_floating() && !dtype.is_complex())
    throw_conversion(scalar_text(values.empty() ? 0.0 : values[0]), dtype);
  visit_number(dtype, [&]<class T>(T) {
    T* to = static_cast<T*>(elements);
    for (double value : values) {
      if constexpr (is_complex_number<T>)
        *to++ = static_cast<typename T::value_type>(value);
      else if constexpr (std::is_same_v<T, double>)
        *to++ = value;
      else
        *to++ = T(static_cast<float>(value));
    }
  });
}

/// A scalar of `dtype` on the host; the caller writes the element.
TensorRep* new_scalar(DType dtype) {
  TensorRep* rep = TensorRep::create(dtype, Shape());
  rep->data = rep->inline_data;
  return rep;
}

/// The value of a weak scalar as `dtype`. Its block holds all of it: a double
/// after the float, or an int64.
TensorRep* firm_scalar(const TensorRep& weak, DType dtype) {
  alignas(16) std::byte element[16];
  if (weak.dtype == float32) {
    double value;
    std::memcpy(&value, weak.inline_data + kInlineDigits, sizeof value);
    store_floats({&value, 1}, dtype, element);
  } else {
    std::int64_t value;
    std::memcpy(&value, weak.inline_data, sizeof value);
    store_integers(weak.dtype, {&value, 1}, dtype, element);
  }
  TensorRep* rep = new_scalar(dtype);
  std::memcpy(rep->inline_data, element, dtype.size());
  return rep;
}

Tensor firm_from_literal(const Literal& value, DType dtype) {
  Tensor tensor = Tensor::allocate(dtype, value.shape());
  if (value.dtype() == string) {
    if (dtype != string) throw_conversion(quoted(value.strings()[0]), dtype);
    copy_elements(string,
                  tensor.mutable_data(),
                  value.strings().data(),
                  tensor.num_elements());
  } else if (value.dtype() == float32) {
    // Empty braces are float32 and become anything.
    if (!value.floats().empty())
      store_floats(value.floats(), dtype, tensor.mutable_data());
  } else {
    store_integers(
        value.dtype(), value.integers(), dtype, tensor.mutable_data());
  }
  return tensor;
}

}  // namespace

const double* detail::literal_digits(const Tensor& tensor) {
  if (!tensor.is_weak() || tensor.dtype() != float32) return nullptr;
  if (digits_fit_inline(tensor.num_elements()))
    return reinterpret_cast<const double*>(
        static_cast<const std::byte*>(tensor.raw_data()) + kInlineDigits);
  auto* extra = dynamic_cast<const LiteralDigits*>(tensor.extra());
  return extra ? extra->digits.data() : nullptr;
}

TensorRep* Tensor::weak_float(double value) {
  TensorRep* rep = new_scalar(float32);
  float shown = static_cast<float>(value);
  std::memcpy(rep->inline_data, &shown, sizeof shown);
  std::memcpy(rep->inline_data + kInlineDigits, &value, sizeof value);
  rep->weak = true;
  return rep;
}

TensorRep* Tensor::weak_integer(std::int64_t value, DType dtype) {
  // int32 and bool are the low bytes of the integer, which stays whole.
  static_assert(std::endian::native == std::endian::little);
  TensorRep* rep = new_scalar(dtype);
  std::memcpy(rep->inline_data, &value, sizeof value);
  rep->weak = true;
  return rep;
}

Tensor::Tensor(const Literal& literal, WeakTag) {
  Tensor tensor = firm_from_literal(literal, literal.dtype());
  TensorRep& rep = *tensor.rep_;
  rep.weak = literal.dtype() != string;
  if (literal.dtype() == float32) {
    if (digits_fit_inline(rep.num_elements)) {
      std::memcpy(rep.inline_data + kInlineDigits,
                  literal.floats().data(),
                  literal.floats().size() * sizeof(double));
    } else {
      auto extra = std::make_shared<LiteralDigits>();
      extra->digits = literal.floats();
      rep.extra = std::move(extra);
    }
  }
  std::swap(rep_, tensor.rep_);
}

Tensor Tensor::from_literal(const Literal& value,
                            DType dtype,
                            const Shape& shape) {
  Tensor tensor =
      firm_from_literal(value, dtype == DType{} ? value.dtype() : dtype);
  if (!shape.has_rank() || shape == tensor.shape()) return tensor;
  std::int64_t count = shape.num_elements();
  if (count == tensor.num_elements()) return tensor.with_shape(shape);
  if (tensor.num_elements() != 1)
    throw InvalidArgumentError(
        "constant with unsupported shape: the value has ",
        tensor.num_elements(),
        " elements (shape ",
        tensor.shape(),
        "), but got `shape` ",
        shape,
        " with ",
        count,
        " elements");
  Tensor filled = allocate(tensor.dtype(), shape);
  std::size_t size = tensor.dtype().size();
  auto* to = static_cast<std::byte*>(filled.mutable_data());
  for (std::int64_t i = 0; i < count; ++i)
    copy_elements(tensor.dtype(),
                  to + static_cast<std::size_t>(i) * size,
                  tensor.raw_data(),
                  1);
  return filled;
}

Tensor Tensor::as_dtype(DType dtype) const {
  const TensorRep& source = rep();
  if (!source.weak) {
    if (dtype == source.dtype || dtype == DType{}) return *this;
    if (source.dtype == string && source.num_elements > 0 &&
        source.kind == RepKind::kConcrete)
      throw_conversion(quoted(*static_cast<const std::string*>(source.data)),
                       dtype);
    throw InvalidArgumentError("Tensor conversion requested dtype ",
                               dtype.name(),
                               " for Tensor with dtype ",
                               source.dtype.name());
  }
  if (dtype == DType{}) dtype = source.dtype;
  if (source.shape.rank() == 0) return Tensor(firm_scalar(source, dtype));
  Tensor firm = allocate(dtype, source.shape);
  void* to = firm.mutable_data();
  auto count = static_cast<std::size_t>(source.num_elements);
  if (dtype == source.dtype) {
    std::memcpy(to, source.data, num_bytes());
  } else if (const double* digits = detail::literal_digits(*this)) {
    if (count > 0) store_floats({digits, count}, dtype, to);
  } else {
    visit_number(source.dtype, [&]<class T>(T) {
      if constexpr (std::is_integral_v<T>) {
        std::vector<std::int64_t> wide(count);
        std::copy_n(static_cast<const T*>(source.data), count, wide.begin());
        store_integers(source.dtype, wide, dtype, to);
      }
    });
  }
  return firm;
}

}  // namespace tern

#include "tools/golden/compare.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <vector>

#include "tern/core/error.h"

namespace tern::golden {
namespace {

/// Wide enough for every dtype without rounding.
using Element = std::complex<long double>;
using Elements = std::vector<Element>;

template <class T>
Elements convert(const Tensor& tensor) {
  Elements elements;
  const T* data = tensor.data<T>();
  for (std::int64_t i = 0; i < tensor.num_elements(); ++i) {
    if constexpr (std::is_same_v<T, std::complex<float>> ||
                  std::is_same_v<T, std::complex<double>>)
      elements.emplace_back(data[i].real(), data[i].imag());
    else if constexpr (std::is_arithmetic_v<T>)
      elements.emplace_back(static_cast<long double>(data[i]));
    else
      elements.emplace_back(static_cast<float>(data[i]));
  }
  return elements;
}

Elements elements_of(const Tensor& tensor) {
  DType dtype = tensor.dtype();
  if (dtype == float32) return convert<float>(tensor);
  if (dtype == float64) return convert<double>(tensor);
  if (dtype == float16) return convert<Half>(tensor);
  if (dtype == bfloat16) return convert<BFloat16>(tensor);
  if (dtype == float8_e5m2) return convert<Float8E5M2>(tensor);
  if (dtype == float8_e4m3fn) return convert<Float8E4M3FN>(tensor);
  if (dtype == complex64) return convert<std::complex<float>>(tensor);
  if (dtype == complex128) return convert<std::complex<double>>(tensor);
  if (dtype == int64) return convert<std::int64_t>(tensor);
  if (dtype == uint64) return convert<std::uint64_t>(tensor);
  if (dtype == int32 || dtype == qint32) return convert<std::int32_t>(tensor);
  if (dtype == uint32) return convert<std::uint32_t>(tensor);
  if (dtype == int16 || dtype == qint16) return convert<std::int16_t>(tensor);
  if (dtype == uint16 || dtype == quint16)
    return convert<std::uint16_t>(tensor);
  if (dtype == int8 || dtype == qint8 || dtype == int4)
    return convert<std::int8_t>(tensor);
  return convert<std::uint8_t>(tensor);
}

bool is_nan(const Element& x) {
  return std::isnan(x.real()) || std::isnan(x.imag());
}
bool is_finite(const Element& x) {
  return std::isfinite(x.real()) && std::isfinite(x.imag());
}

bool close(const Element& got,
           const Element& want,
           const Tolerance& tolerance) {
  if (got == want || (is_nan(got) && is_nan(want))) return true;
  if (!is_finite(got) || !is_finite(want)) {
    // Which parts of a complex number become infinite or NaN is anybody's.
    bool complex = got.imag() != 0 || want.imag() != 0;
    return complex && !is_finite(got) && !is_finite(want);
  }
  return std::abs(got - want) <=
         static_cast<long double>(tolerance.atol) +
             static_cast<long double>(tolerance.rtol) * std::abs(want);
}

std::string text(const Element& x) {
  std::ostringstream stream;
  stream.precision(9);
  stream << x.real();
  if (x.imag() != 0) stream << (x.imag() < 0 ? "" : "+") << x.imag() << "j";
  return std::move(stream).str();
}

/// "[1,0,2]": the coordinates of flat element i.
std::string index_text(const Shape& shape, std::int64_t i) {
  std::string coordinates;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    coordinates =
        (axis > 0 ? "," : "") + std::to_string(i % shape[axis]) + coordinates;
    i /= shape[axis];
  }
  return "[" + coordinates + "]";
}

std::string first_difference(const Elements& got,
                             const Elements& want,
                             const Shape& shape,
                             const Tolerance& tolerance) {
  std::string first;
  std::size_t count = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (close(got[i], want[i], tolerance)) continue;
    if (count++ == 0)
      first = "at " + index_text(shape, static_cast<std::int64_t>(i)) +
              ": got " + text(got[i]) + ", want " + text(want[i]);
  }
  if (count == 0) return "";
  return detail::concat(
      first, " (", count, " of ", got.size(), " elements differ)");
}

std::string string_difference(const Tensor& got, const Tensor& want) {
  for (std::int64_t i = 0; i < got.num_elements(); ++i) {
    const std::string& a = got.data<std::string>()[i];
    const std::string& b = want.data<std::string>()[i];
    if (a != b)
      return "at " + index_text(got.shape(), i) + ": got \"" + a +
             "\", want \"" + b + '"';
  }
  return "";
}

std::string type_difference(const Tensor& got, const Tensor& want) {
  if (!got.defined()) return "got nothing";
  if (!(got.dtype() == want.dtype()))
    return detail::concat(
        "dtype: got ", got.dtype().name(), ", want ", want.dtype().name());
  if (!(got.shape() == want.shape()))
    return detail::concat("shape: got ", got.shape(), ", want ", want.shape());
  return "";
}

/// Turns each column of `got` towards the same column of `want`.
void align_columns(Elements& got, const Elements& want, const Shape& shape) {
  auto rows = static_cast<std::size_t>(shape[-2]);
  auto columns = static_cast<std::size_t>(shape[-1]);
  for (std::size_t matrix = 0; matrix < got.size(); matrix += rows * columns) {
    for (std::size_t column = 0; column < columns; ++column) {
      Element product = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        std::size_t i = matrix + row * columns + column;
        product += std::conj(got[i]) * want[i];
      }
      if (std::abs(product) == 0) continue;
      Element phase = product / std::abs(product);
      for (std::size_t row = 0; row < rows; ++row)
        got[matrix + row * columns + column] *= phase;
    }
  }
}

void sort_rows(Elements& elements, const Shape& shape) {
  auto size = shape[-1];
  for (auto row = elements.begin(); row < elements.end(); row += size)
    std::sort(row, row + size, [](const Element& a, const Element& b) {
      return a.real() < b.real();
    });
}

}  // namespace

std::string difference(const Tensor& got,
                       const Tensor& want,
                       const Tolerance& tolerance) {
  if (std::string found = type_difference(got, want); !found.empty())
    return found;
  if (want.dtype() == string) return string_difference(got, want);
  return first_difference(
      elements_of(got), elements_of(want), want.shape(), tolerance);
}

std::string difference_up_to_sign(const Tensor& got,
                                  const Tensor& want,
                                  const Tolerance& tolerance) {
  if (std::string found = type_difference(got, want); !found.empty())
    return found;
  Elements aligned = elements_of(got), expected = elements_of(want);
  if (!aligned.empty()) align_columns(aligned, expected, want.shape());
  return first_difference(aligned, expected, want.shape(), tolerance);
}

std::string difference_as_sets(const Tensor& got,
                               const Tensor& want,
                               const Tolerance& tolerance) {
  if (std::string found = type_difference(got, want); !found.empty())
    return found;
  Elements a = elements_of(got), b = elements_of(want);
  if (!a.empty()) {
    sort_rows(a, want.shape());
    sort_rows(b, want.shape());
  }
  return first_difference(a, b, want.shape(), tolerance);
}

}  // namespace tern::golden

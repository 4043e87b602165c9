#include "core/text/array_words.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <type_traits>

#include "core/text/number_text.h"
#include "core/visit_dtype.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

using Words = std::vector<std::string>;

/// numpy's `precision`: digits after the point, at most.
constexpr int kPrecision = 8;

std::string pad_left(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text
                             : text;
}

Words align_right(Words words) {
  std::size_t width = 0;
  for (const std::string& word : words) width = std::max(width, word.size());
  for (std::string& word : words) word = pad_left(word, width);
  return words;
}

std::string exact(const char* pattern, int digits, double value) {
  char text[400];
  int size = std::snprintf(text, sizeof text, pattern, digits, value);
  return std::string(text, static_cast<std::size_t>(size));
}

/// A number cut at its point and its exponent: "-12", "5", "e-07".
struct Parts {
  std::string whole, fraction, exponent;
};

Parts split(const std::string& text) {
  std::size_t e = std::min(text.find('e'), text.size());
  std::size_t point = std::min(text.find('.'), e);
  std::string fraction =
      point < e ? text.substr(point + 1, e - point - 1) : std::string();
  return {text.substr(0, point), fraction, text.substr(e)};
}

/// The shortest digits, or kPrecision digits after the point when those are
/// more, without zeros at the end.
Parts limited(const std::string& shortest, const char* pattern, double value) {
  Parts parts = split(shortest);
  if (parts.fraction.size() <= kPrecision) return parts;
  parts = split(exact(pattern, kPrecision, value));
  parts.fraction.erase(parts.fraction.find_last_not_of('0') + 1);
  return parts;
}

/// How numpy writes the floats of one array: with exponents or without, in
/// columns that line up at the point.
template <class T>
class FloatColumn {
 public:
  FloatColumn(std::span<const T> values, bool plus_sign)
      : plus_sign_(plus_sign) {
    choose_style(values);
    for (T value : values) fit_finite(value);
    for (T value : values) fit_non_finite(value);
  }

  std::string operator()(T value) const {
    double wide = static_cast<double>(value);
    if (!std::isfinite(wide))
      return pad_left(non_finite(wide), whole_ + fraction_ + exponent_ + 1);
    if (scientific_) {
      std::string text = exact("%.*e", static_cast<int>(fraction_), wide);
      if (fraction_ == 0) text.insert(text.find('e'), ".");
      Parts parts = split(text);
      // Exponents of fewer digits than the longest get zeros.
      parts.exponent.insert(2, exponent_ - parts.exponent.size(), '0');
      return pad_left(signed_whole(parts, wide), whole_) + "." +
             parts.fraction + parts.exponent;
    }
    Parts parts = positional(value);
    parts.fraction.resize(fraction_, ' ');
    return pad_left(signed_whole(parts, wide), whole_) + "." + parts.fraction;
  }

 private:
  void choose_style(std::span<const T> values) {
    double largest = 0, smallest = 0;
    for (T value : values) {
      double magnitude = std::fabs(static_cast<double>(value));
      if (!std::isfinite(magnitude) || magnitude == 0) continue;
      largest = std::max(largest, magnitude);
      smallest = smallest == 0 ? magnitude : std::min(smallest, magnitude);
    }
    if (largest == 0) return;
    // Compared in the array's own precision, as numpy does.
    auto own = [](double x) {
      return static_cast<double>(T(static_cast<Wide>(x)));
    };
    scientific_ = largest >= 1e8 || smallest < own(1e-4) ||
                  own(largest / smallest) > 1000;
  }

  void fit_finite(T value) {
    double wide = static_cast<double>(value);
    if (!std::isfinite(wide)) return;
    Parts parts = scientific_
                      ? limited(shortest_scientific(value), "%.*e", wide)
                      : positional(value);
    whole_ = std::max(whole_, signed_whole(parts, wide).size());
    fraction_ = std::max(fraction_, parts.fraction.size());
    exponent_ = std::max(exponent_, parts.exponent.size());
  }

  void fit_non_finite(T value) {
    double wide = static_cast<double>(value);
    if (std::isfinite(wide)) return;
    std::size_t needed = non_finite(wide).size();
    std::size_t rest = fraction_ + exponent_ + 1;
    if (needed > rest) whole_ = std::max(whole_, needed - rest);
  }

  Parts positional(T value) const {
    double wide = static_cast<double>(value);
    // Before the point all digits are shown, needed or not.
    if (wide == std::trunc(wide)) return split(exact("%.*f", 0, wide));
    return limited(positional_from(shortest_scientific(value)), "%.*f", wide);
  }

  std::string non_finite(double value) const {
    std::string sign = std::signbit(value) && !std::isnan(value) ? "-"
                       : plus_sign_                              ? "+"
                                                                 : "";
    return sign + (std::isnan(value) ? "nan" : "inf");
  }

  std::string signed_whole(const Parts& parts, double value) const {
    return plus_sign_ && !std::signbit(value) ? "+" + parts.whole : parts.whole;
  }

  using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

  bool plus_sign_;
  bool scientific_ = false;
  std::size_t whole_ = 0, fraction_ = 0, exponent_ = 0;
};

template <class T>
Words float_words(std::span<const T> values) {
  FloatColumn<T> column(values, /*plus_sign=*/false);
  Words words;
  for (T value : values) words.push_back(column(value));
  return words;
}

/// Real and imaginary parts are columns of their own.
template <class T>
Words complex_words(std::span<const std::complex<T>> values) {
  std::vector<T> real, imaginary;
  for (std::complex<T> value : values) {
    real.push_back(value.real());
    imaginary.push_back(value.imag());
  }
  FloatColumn<T> real_column(real, /*plus_sign=*/false);
  FloatColumn<T> imaginary_column(imaginary, /*plus_sign=*/true);
  Words words;
  for (std::size_t i = 0; i < real.size(); ++i) {
    std::string word = imaginary_column(imaginary[i]);
    word.insert(word.find_last_not_of(' ') + 1, "j");
    words.push_back(real_column(real[i]) + word);
  }
  return words;
}

/// "2+3j" without the zeros that a lone float would show.
template <class T>
std::string complex_scalar(std::complex<T> value) {
  auto part = [](T x) {
    std::string text = scalar_text(x);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
  };
  std::string imaginary = part(value.imag()) + "j";
  if (value.real() == 0 && !std::signbit(value.real())) return imaginary;
  if (imaginary[0] != '-') imaginary = "+" + imaginary;
  return "(" + part(value.real()) + imaginary + ")";
}

template <class T>
std::string object_word(const T& element) {
  if constexpr (std::is_same_v<T, std::string>)
    return bytes_repr(element);
  else if constexpr (std::is_same_v<T, ResourceHandle>)
    return element.object() ? "<ResourceHandle(" +
                                  std::string(element.object()->kind()) + ")>"
                            : "<ResourceHandle()>";
  else
    return element.value() ? "<" + std::string(element.value()->kind()) + ">"
                           : "<Invalid variant>";
}

template <class T>
Words object_words(const Tensor& tensor, std::span<const std::int64_t> shown) {
  Words words;
  for (std::int64_t i : shown)
    words.push_back(object_word(static_cast<const T*>(tensor.raw_data())[i]));
  return words;
}

/// Formats without a numpy type of their own print as C++ streams do.
template <class T>
std::string stream_word(T value) {
  return exact("%.*g", 6, static_cast<float>(value));
}

template <class T>
constexpr bool is_numpy_float =
    std::is_same_v<T, float> || std::is_same_v<T, double> ||
    std::is_same_v<T, Half>;

template <class T>
Words number_words(std::span<const T> values) {
  if constexpr (is_numpy_float<T>) {
    return float_words<T>(values);
  } else if constexpr (is_complex_number<T>) {
    return complex_words(values);
  } else {
    Words words;
    for (T value : values) {
      if constexpr (std::is_same_v<T, bool>)
        words.push_back(value ? " True" : "False");
      else if constexpr (std::is_integral_v<T>)
        words.push_back(std::to_string(value));
      else
        words.push_back(stream_word(value));
    }
    return std::is_integral_v<T> ? align_right(std::move(words)) : words;
  }
}

}  // namespace

std::vector<std::string> array_words(const Tensor& tensor,
                                     std::span<const std::int64_t> shown) {
  if (tensor.dtype() == string) return object_words<std::string>(tensor, shown);
  if (tensor.dtype() == resource)
    return object_words<ResourceHandle>(tensor, shown);
  if (tensor.dtype() == variant) return object_words<Variant>(tensor, shown);
  return visit_number(tensor.dtype(), [&]<class T>(T) {
    // Not a vector, whose bools have no addresses.
    auto values = std::make_unique<T[]>(shown.size());
    std::ranges::transform(shown, values.get(), [&](std::int64_t i) {
      return static_cast<const T*>(tensor.raw_data())[i];
    });
    return number_words(std::span<const T>(values.get(), shown.size()));
  });
}

std::string scalar_word(const Tensor& tensor) {
  if (tensor.dtype().is_object()) {
    std::int64_t only = 0;
    return array_words(tensor, {&only, 1})[0];
  }
  return visit_number(tensor.dtype(), [&]<class T>(T) -> std::string {
    T value = *static_cast<const T*>(tensor.raw_data());
    if constexpr (is_numpy_float<T>)
      return scalar_text(value);
    else if constexpr (is_complex_number<T>)
      return complex_scalar(value);
    else if constexpr (std::is_same_v<T, bool>)
      return value ? "True" : "False";
    else if constexpr (std::is_integral_v<T>)
      return std::to_string(value);
    else
      return stream_word(value);
  });
}

std::string bytes_repr(const std::string& bytes) {
  bool has_single = bytes.find('\'') != std::string::npos;
  bool has_double = bytes.find('"') != std::string::npos;
  char quote = has_single && !has_double ? '"' : '\'';
  std::string text = std::string("b") + quote;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\')
      text += {'\\', c};
    else if (c == '\n')
      text += "\\n";
    else if (c == '\r')
      text += "\\r";
    else if (c == '\t')
      text += "\\t";
    else if (byte < 0x20 || byte >= 0x7f) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      text += hex;
    } else
      text += c;
  }
  return text + quote;
}

}  // namespace tern

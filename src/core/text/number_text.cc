#include "core/text/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace tern {
namespace {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  // Room for the largest double without exponent.
  char text[400];
  int size = std::snprintf(text, sizeof text, pattern, arguments...);
  return std::string(text, static_cast<std::size_t>(size));
}

template <class T>
std::string shortest(T value) {
  char text[32];
  auto [end, error] = std::to_chars(
      text, text + sizeof text, value, std::chars_format::scientific);
  return std::string(text, end);
}

std::string non_finite(double value) {
  return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

template <class T>
std::string scalar(T value) {
  double wide = value;
  if (!std::isfinite(wide)) return non_finite(wide);
  double magnitude = std::fabs(wide);
  bool positional = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  if (!positional) return shortest_scientific(value);
  std::string text = positional_from(shortest_scientific(value));
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

}  // namespace

std::string print_number(float value) {
  if (!std::isfinite(value)) return non_finite(value);
  std::string text = format("%.6g", static_cast<double>(value));
  if (std::strtof(text.c_str(), nullptr) == value) return text;
  return format("%.9g", static_cast<double>(value));
}

std::string print_number(double value) {
  if (!std::isfinite(value)) return non_finite(value);
  std::string text = format("%.15g", value);
  if (std::strtod(text.c_str(), nullptr) == value) return text;
  return format("%.17g", value);
}

std::string shortest_scientific(double value) { return shortest(value); }

std::string shortest_scientific(float value) { return shortest(value); }

std::string shortest_scientific(Half value) {
  double wide = static_cast<float>(value);
  // Five digits tell all halves apart.
  for (int digits = 0; digits < 4; ++digits) {
    std::string text = format("%.*e", digits, wide);
    if (Half(std::strtof(text.c_str(), nullptr)).bits == value.bits)
      return text;
  }
  return format("%.4e", wide);
}

std::string positional_from(const std::string& scientific) {
  std::size_t e = scientific.find('e');
  int exponent = std::atoi(scientific.c_str() + e + 1);
  std::string sign = scientific[0] == '-' ? "-" : "";
  std::string digits;
  for (char c : scientific.substr(0, e))
    if (c >= '0' && c <= '9') digits += c;
  if (exponent < 0)
    return sign + "0." +
           std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole)
    return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string scalar_text(double value) { return scalar(value); }
std::string scalar_text(float value) { return scalar(value); }
std::string scalar_text(Half value) { return scalar(value); }

}  // namespace tern

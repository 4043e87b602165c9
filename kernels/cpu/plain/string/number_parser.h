#pragma once

#include <charconv>
#include <concepts>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tern {
namespace detail {

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace detail

/// The whole of `text`, white space around it aside, as a number; hexadecimal
/// too.
template <std::floating_point T>
bool parse_number(std::string_view text, T& value) {
  const std::string copy(detail::trimmed(text));
  char* end = nullptr;
  if constexpr (std::same_as<T, float>)
    value = std::strtof(copy.c_str(), &end);
  else
    value = std::strtod(copy.c_str(), &end);
  return !copy.empty() && end == copy.c_str() + copy.size();
}

/// Decimal digits after at most one sign.
template <std::integral T>
bool parse_number(std::string_view text, T& value) {
  text = detail::trimmed(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace tern

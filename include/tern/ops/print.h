#pragma once

#include <concepts>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tern/core/nest.h"
#include "tern/core/print.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"
#include "tern/ops/variable.h"

namespace tern {

/// A value as tf.print shows it: text with tensors in between, whose elements
/// are formatted when the print runs.
class Printable {
 public:
  /// One piece of text, then a tensor or none.
  struct Part {
    std::string text;
    Tensor tensor;
  };

  Printable(std::string text) : parts_{{std::move(text), {}}} {}
  /// Lists as `[a, b]`, names as `{'x': a}`.
  Printable(const Nest& nest) { append(nest); }
  /// Values between `open` and `close`, separated by ", ".
  Printable(std::string open,
            const std::vector<Printable>& items,
            std::string close);

  const std::vector<Part>& parts() const { return parts_; }

 private:
  void append(const Nest& nest);
  void append(std::string text);

  std::vector<Part> parts_;
};

namespace detail {

std::string python_float(double value);
std::string python_float(float value);

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// Inside a list or tuple text stands in quotes, as Python shows it there.
template <class T>
Printable printable(const T& value, bool nested = false) {
  if constexpr (std::same_as<T, bool>) {
    return Printable(std::string(value ? "True" : "False"));
  } else if constexpr (std::floating_point<T>) {
    return Printable(python_float(value));
  } else if constexpr (std::integral<T>) {
    return Printable(std::to_string(value));
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    std::string text{std::string_view(value)};
    return Printable(nested ? "'" + text + "'" : text);
  } else if constexpr (std::same_as<T, Shape> || std::same_as<T, DType>) {
    return Printable(repr(value));
  } else if constexpr (is_tuple<T>) {
    return std::apply(
        [](const auto&... items) {
          return Printable("(",
                           {printable(items, true)...},
                           sizeof...(items) == 1 ? ",)" : ")");
        },
        value);
  } else if constexpr (std::convertible_to<const T&, Nest>) {
    return Printable(Nest(value));
  } else if constexpr (std::convertible_to<const T&, Tensor> &&
                       !requires { std::begin(value); }) {
    return Printable(Nest(Tensor(value)));
  } else {
    std::vector<Printable> items;
    for (const auto& item : value) items.push_back(printable(item, true));
    return Printable("[", items, "]");
  }
}

void print_all(const std::vector<Printable>& values,
               const PrintOptions& options);

}  // namespace detail

/// tf.print: values of any kind, tensors by their elements, separated by a
/// space, to the standard error stream; at once, or in a traced function each
/// time it runs. A last argument `PrintOptions{.sep = ", "}` says otherwise.
/// Throws InvalidArgumentError for an unknown output_stream ("stdout",
/// "stderr", "log(info)", "log(warning)", "log(error)", "file:///path").
template <class... T>
void print(const T&... values) {
  PrintOptions options;
  std::vector<Printable> printables;
  auto add = [&](const auto& value) {
    if constexpr (std::same_as<std::decay_t<decltype(value)>, PrintOptions>)
      options = value;
    else
      printables.push_back(detail::printable(value));
  };
  (add(values), ...);
  detail::print_all(printables, options);
}

}  // namespace tern

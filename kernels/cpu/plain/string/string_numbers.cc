// Numbers as text and text as numbers.

#include <complex>
#include <cstdio>

#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/string/number_parser.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Between % and the conversion letter: flag, width, precision; or TensorFlow's
/// refusal of the attrs.
std::string format_prefix(const KernelContext& context) {
  DType dtype = context.input(0).dtype();
  auto precision = context.attr<std::int64_t>("precision");
  auto width = context.attr<std::int64_t>("width");
  const std::string& fill = context.attr<std::string>("fill");
  bool scientific = context.attr<bool>("scientific");
  bool shortest = context.attr<bool>("shortest");
  bool rounds = dtype.is_floating() || dtype.is_complex() || dtype == string;
  if (!rounds && (scientific || shortest))
    throw InvalidArgumentError(
        "scientific and shortest format not supported for datatype ",
        dtype.name());
  if (!rounds && precision >= 0)
    throw InvalidArgumentError("precision not supported for datatype ",
                               dtype.name());
  if (fill.size() > 1)
    throw InvalidArgumentError("Fill string must be one or fewer characters");
  if (scientific && shortest)
    throw InvalidArgumentError(
        "Cannot select both scientific and shortest notation");
  if (!fill.empty() &&
      std::string_view(" +-0#").find(fill) == std::string_view::npos)
    throw InvalidArgumentError("Fill argument not supported: \"", fill, "\"");
  std::string prefix = "%" + fill;
  if (width > -1) prefix += std::to_string(width);
  if (precision > -1) prefix += "." + std::to_string(precision);
  return prefix;
}

char float_conversion(const KernelContext& context) {
  if (context.attr<bool>("shortest")) return 'g';
  return context.attr<bool>("scientific") ? 'e' : 'f';
}

template <class... T>
std::string printed(const std::string& format, T... values) {
  int size = std::snprintf(nullptr, 0, format.c_str(), values...);
  std::string text(static_cast<std::size_t>(size), '\0');
  std::snprintf(text.data(), text.size() + 1, format.c_str(), values...);
  return text;
}

template <class T>
void as_string(KernelContext& context) {
  std::string format = format_prefix(context);
  std::span<const T> in = context.in<T>(0);
  std::span<std::string> out = context.out<std::string>();
  auto convert = [&](auto function) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = function(in[i]);
  };
  if constexpr (std::is_same_v<T, std::string>) {
    convert([](const T& text) { return text; });
  } else if constexpr (std::is_same_v<T, bool>) {
    convert([](T value) { return value ? "true" : "false"; });
  } else if constexpr (std::is_same_v<T, std::complex<float>> ||
                       std::is_same_v<T, std::complex<double>>) {
    format += float_conversion(context);
    format = "(" + format + "," + format + ")";
    convert([&](T value) {
      return printed(format,
                     static_cast<double>(value.real()),
                     static_cast<double>(value.imag()));
    });
  } else if constexpr (std::is_integral_v<T>) {
    format += std::is_signed_v<T> ? "lld" : "llu";
    using Wide =
        std::conditional_t<std::is_signed_v<T>, long long, unsigned long long>;
    convert([&](T value) { return printed(format, static_cast<Wide>(value)); });
  } else {
    format += float_conversion(context);
    convert([&](T value) {
      return printed(format, static_cast<double>(static_cast<float>(value)));
    });
  }
}

template <>
void as_string<double>(KernelContext& context) {
  std::string format = format_prefix(context) + float_conversion(context);
  std::span<const double> in = context.in<double>(0);
  std::span<std::string> out = context.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = printed(format, in[i]);
}

template <class T>
void to_number(KernelContext& context) {
  std::span<const std::string> in = context.in<std::string>(0);
  std::span<T> out = context.out<T>();
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!parse_number(in[i], out[i]))
      throw InvalidArgumentError(
          "StringToNumberOp could not correctly convert string: ", in[i]);
}

}  // namespace

void register_string_numbers_kernels(KernelRegistry& registry) {
  auto add_as_string = [&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("AsString", {{"T", dtype_of<T>}}, as_string<T>);
  };
  for_each_number_type(add_as_string);
  for_each_type<bool, std::string>(add_as_string);
  for_each_type<float,
                double,
                std::int32_t,
                std::int64_t,
                std::uint32_t,
                std::uint64_t>([&](auto tag) {
    using T = typename decltype(tag)::type;
    registry.add("StringToNumber", {{"out_type", dtype_of<T>}}, to_number<T>);
  });
}

}  // namespace tern

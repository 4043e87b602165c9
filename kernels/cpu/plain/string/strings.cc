// Ops from strings to strings and lengths.

#include <algorithm>
#include <cstdint>

#include "kernels/common/utf8.h"
#include "kernels/cpu/plain/array/index_reader.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void join(KernelContext& context) {
  const std::string& separator = context.attr<std::string>("separator");
  std::span<std::string> out = context.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (int k = 0; k < context.num_inputs(); ++k) {
      std::span<const std::string> in = context.in<std::string>(k);
      bool scalar = context.input(k).shape().rank() == 0;
      if (k > 0) out[i] += separator;
      out[i] += in[scalar ? 0 : i];
    }
  }
}

bool in_characters(const KernelContext& context) {
  return context.attr<std::string>("unit") == "UTF8_CHAR";
}

void length(KernelContext& context) {
  bool characters = in_characters(context);
  std::span<std::int32_t> out = context.out<std::int32_t>();
  std::span<const std::string> in = context.in<std::string>(0);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<std::int32_t>(characters ? utf8_length(in[i])
                                                  : in[i].size());
}

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

template <char (*Ascii)(char), CaseMapping Unicode>
void change_case(KernelContext& context) {
  const std::string& encoding = context.attr<std::string>("encoding");
  if (!encoding.empty() && encoding != "utf-8")
    throw InvalidArgumentError(
        "only utf-8 or '' (no encoding) is supported, received ", encoding);
  std::span<std::string> out = context.out<std::string>();
  std::span<const std::string> in = context.in<std::string>(0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = encoding.empty() ? in[i] : map_utf8(in[i], Unicode);
    if (encoding.empty())
      std::transform(out[i].begin(), out[i].end(), out[i].begin(), Ascii);
  }
}

void strip(KernelContext& context) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  std::span<std::string> out = context.out<std::string>();
  std::span<const std::string> in = context.in<std::string>(0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::size_t begin = in[i].find_first_not_of(kSpace);
    if (begin == std::string::npos) continue;
    out[i] = in[i].substr(begin, in[i].find_last_not_of(kSpace) + 1 - begin);
  }
}

/// Strides, in elements, of a tensor of shape `shape` seen as broadcast to
/// `rank` dimensions.
std::vector<std::int64_t> broadcast_strides(const Shape& shape, int rank) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(rank));
  std::int64_t stride = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    auto at = static_cast<std::size_t>(d + rank - shape.rank());
    strides[at] = shape[d] == 1 ? 0 : stride;
    stride *= shape[d];
  }
  return strides;
}

std::string byte_substring(const std::string& text,
                           std::int64_t pos,
                           std::int64_t length,
                           std::size_t index) {
  auto size = static_cast<std::int64_t>(text.size());
  if (pos > size || pos < -size)
    throw InvalidArgumentError(
        "pos ", pos, " out of range for string b'", text, "' at index ", index);
  if (pos < 0) pos += size;
  // A negative length runs to the end.
  return text.substr(
      static_cast<std::size_t>(pos),
      length < 0 ? std::string::npos : static_cast<std::size_t>(length));
}

std::string character_substring(const std::string& text,
                                std::int64_t pos,
                                std::int64_t length,
                                std::size_t index) {
  auto size = static_cast<std::int64_t>(utf8_length(text));
  if (pos > size || pos < -size)
    throw InvalidArgumentError(
        "pos ", pos, " out of range for string at index ", index);
  if (pos < 0) pos += size;
  if (length <= 0) return {};
  std::size_t begin = utf8_offset(text, 0, static_cast<std::size_t>(pos));
  std::size_t end = utf8_offset(
      text, begin, static_cast<std::size_t>(std::min(length, size - pos)));
  return text.substr(begin, end - begin);
}

void substring(KernelContext& context) {
  bool characters = in_characters(context);
  IndexReader pos(context.input(1)), len(context.input(2));
  std::span<const std::string> in = context.in<std::string>(0);
  std::span<std::string> out = context.out<std::string>();
  const Shape& shape = context.output().shape();
  auto text_strides = broadcast_strides(context.input(0).shape(), shape.rank());
  auto pos_strides = broadcast_strides(context.input(1).shape(), shape.rank());
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::int64_t rest = static_cast<std::int64_t>(i), text = 0, place = 0;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      std::int64_t coordinate = rest % shape[d];
      rest /= shape[d];
      text += coordinate * text_strides[static_cast<std::size_t>(d)];
      place += coordinate * pos_strides[static_cast<std::size_t>(d)];
    }
    auto cut = characters ? character_substring : byte_substring;
    out[i] = cut(in[static_cast<std::size_t>(text)], pos[place], len[place], i);
  }
}

/// The first axis given runs fastest.
void reduce_join(KernelContext& context) {
  const std::string& separator = context.attr<std::string>("separator");
  const Shape& shape = context.input(0).shape();
  int rank = shape.rank();
  std::span<const std::string> in = context.in<std::string>(0);
  std::vector<std::int64_t> strides = broadcast_strides(shape, rank);

  // Where the parts of one joined string are, relative to its first.
  std::vector<std::int64_t> parts{0};
  std::vector<bool> reduced(static_cast<std::size_t>(rank));
  for (std::int64_t axis : context.host_ints(1)) {
    auto d = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    reduced[d] = true;
    std::vector<std::int64_t> further;
    for (std::int64_t k = 0; k < shape[static_cast<int>(d)]; ++k)
      for (std::int64_t part : parts) further.push_back(part + k * strides[d]);
    parts = std::move(further);
  }
  std::vector<std::int64_t> starts{0};
  for (int d = 0; d < rank; ++d) {
    if (reduced[static_cast<std::size_t>(d)]) continue;
    std::vector<std::int64_t> further;
    for (std::int64_t start : starts)
      for (std::int64_t k = 0; k < shape[d]; ++k)
        further.push_back(start + k * strides[static_cast<std::size_t>(d)]);
    starts = std::move(further);
  }

  std::span<std::string> out = context.out<std::string>();
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t k = 0; k < parts.size(); ++k) {
      if (k > 0) out[i] += separator;
      out[i] += in[static_cast<std::size_t>(starts[i] + parts[k])];
    }
}

}  // namespace

void register_strings_kernels(KernelRegistry& registry) {
  registry.add("StringJoin", {}, join);
  registry.add("StringLength", {}, length);
  registry.add("StringLower", {}, change_case<ascii_lower, unicode_lower>);
  registry.add("StringUpper", {}, change_case<ascii_upper, unicode_upper>);
  registry.add("StringStrip", {}, strip);
  registry.add("Substr", {}, substring);
  registry.add("ReduceJoin", {}, reduce_join);
}

}  // namespace tern

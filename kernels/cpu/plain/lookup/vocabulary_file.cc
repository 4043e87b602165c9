#include "kernels/cpu/plain/lookup/vocabulary_file.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "kernels/cpu/plain/string/number_parser.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern {
namespace {

struct Line {
  std::int64_t number;
  const std::string& text;
  const std::string& path;
};

std::string_view column(const Line& line,
                        std::int64_t index,
                        const std::string& delimiter) {
  std::string_view rest = line.text;
  for (std::int64_t k = 0; k < index; ++k) {
    const std::size_t end = rest.find(delimiter);
    if (end == std::string_view::npos)
      throw InvalidArgumentError("Invalid number of columns in ",
                                 line.path,
                                 " line ",
                                 line.number,
                                 " (",
                                 line.text,
                                 ") : expected at least ",
                                 index + 1,
                                 " got ",
                                 k + 1);
    rest.remove_prefix(end + delimiter.size());
  }
  return rest.substr(0, rest.find(delimiter));
}

template <class T>
void put_number(std::string_view text,
                const Line& line,
                std::int64_t i,
                Tensor& to) {
  if (!parse_number(text, to.data<T>()[i]))
    throw InvalidArgumentError("Field ",
                               text,
                               " in line ",
                               line.number,
                               " is not a valid ",
                               to.dtype().name(),
                               ".");
}

void put(const Line& line,
         std::int64_t index,
         const VocabularyFormat& format,
         std::int64_t i,
         Tensor& to) {
  if (index == kLineNumber) {
    to.data<std::int64_t>()[i] = line.number + format.offset;
    return;
  }
  std::string_view text = index == kWholeLine
                              ? std::string_view(line.text)
                              : column(line, index, format.delimiter);
  if (to.dtype() == string)
    to.data<std::string>()[i] = text;
  else if (to.dtype() == int32)
    put_number<std::int32_t>(text, line, i, to);
  else if (to.dtype() == int64)
    put_number<std::int64_t>(text, line, i, to);
  else if (to.dtype() == float32)
    put_number<float>(text, line, i, to);
  else if (to.dtype() == float64)
    put_number<double>(text, line, i, to);
  else
    throw InvalidArgumentError(
        "Data type ", to.dtype().name(), " is not supported in text files.");
}

void check_line_number(std::int64_t index, DType dtype, const char* what) {
  if (index == kLineNumber && !(dtype == int64))
    throw InvalidArgumentError(
        what,
        " index for line number requires table ",
        what == std::string_view("Key") ? "key" : "value",
        " dtype of int64, got ",
        dtype.name());
}

/// For each entry of a part of a new vocabulary, where an old one has it.
void remap_vocabulary(KernelContext& c) {
  const auto offset = c.attr<std::int64_t>("new_vocab_offset");
  const auto count = c.attr<std::int64_t>("num_new_vocab");
  const auto old_size = c.attr<std::int64_t>("old_vocab_size");
  std::vector<std::string> entries = read_lines(c.in<std::string>(0)[0]);
  std::vector<std::string> old = read_lines(c.in<std::string>(1)[0]);
  const auto size = static_cast<std::int64_t>(entries.size());
  if (offset > size || count > size - offset)
    throw InvalidArgumentError(
        "lookup table size must be larger than last new vocab entry's line");
  std::unordered_map<std::string_view, std::int64_t> places;
  for (std::size_t i = 0; i < old.size(); ++i)
    if (old_size < 0 || static_cast<std::int64_t>(i) < old_size)
      places.try_emplace(old[i], static_cast<std::int64_t>(i));
  auto remapping = c.out<std::int64_t>(0);
  std::int32_t present = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    auto it = places.find(entries[static_cast<std::size_t>(offset + i)]);
    remapping[static_cast<std::size_t>(i)] =
        it == places.end() ? -1 : it->second;
    present += it != places.end();
  }
  c.out<std::int32_t>(1)[0] = present;
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = io::read_bytes(path);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

VocabularyColumns read_vocabulary(const std::string& path,
                                  const VocabularyFormat& format,
                                  DType key_dtype,
                                  DType value_dtype) {
  if (format.delimiter.size() != 1)
    throw InvalidArgumentError(
        "delimiter should be only 1 char, got \"", format.delimiter, "\"");
  check_line_number(format.key_index, key_dtype, "Key");
  check_line_number(format.value_index, value_dtype, "Value");
  std::vector<std::string> lines = read_lines(path);
  std::size_t bytes = 0;
  for (const std::string& line : lines) {
    if (line.empty())
      throw InvalidArgumentError("Invalid content in ",
                                 path,
                                 ": empty line found at position ",
                                 bytes,
                                 ".");
    bytes += line.size() + 1;
  }
  auto count = static_cast<std::int64_t>(lines.size());
  if (format.size > count)
    throw InvalidArgumentError("Invalid vocab_size in ",
                               path,
                               ": expected ",
                               format.size,
                               " but got ",
                               count);
  if (format.size >= 0) count = format.size;
  VocabularyColumns columns{Tensor::allocate(key_dtype, {count}),
                            Tensor::allocate(value_dtype, {count})};
  for (std::int64_t i = 0; i < count; ++i) {
    Line line{i, lines[static_cast<std::size_t>(i)], path};
    put(line, format.key_index, format, i, columns.keys);
    put(line, format.value_index, format, i, columns.values);
  }
  return columns;
}

void register_vocabulary_file_kernels(KernelRegistry& registry) {
  registry.add("GenerateVocabRemapping", {}, remap_vocabulary);
}

}  // namespace tern

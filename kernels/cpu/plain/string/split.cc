// Strings cut at separators, n-grams of tokens, strings joined by segment.

#include <algorithm>
#include <string_view>
#include <vector>

#include "kernels/cpu/plain/array/index_reader.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Pieces = std::vector<std::string_view>;

constexpr std::string_view kSpace = " \t\n\v\f\r";

/// Python's str.split(): runs of white space separate, ends do not count.
Pieces split_at_space(std::string_view text, std::int64_t max_splits) {
  Pieces pieces;
  auto skip_space = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  };
  skip_space();
  while (!text.empty()) {
    std::size_t end = std::min(text.find_first_of(kSpace), text.size());
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end);
    skip_space();
    if (max_splits > 0 &&
        static_cast<std::int64_t>(pieces.size()) == max_splits) {
      pieces.push_back(text);
      break;
    }
  }
  return pieces;
}

Pieces split_at(std::string_view text,
                std::string_view separator,
                std::int64_t max_splits) {
  if (max_splits == 0) return {text};
  if (separator.empty()) return split_at_space(text, max_splits);
  Pieces pieces;
  for (std::size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator)) {
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
    if (max_splits > 0 &&
        static_cast<std::int64_t>(pieces.size()) == max_splits)
      break;
  }
  pieces.push_back(text);
  return pieces;
}

/// Each character of `delimiters` separates; without any, each byte is a
/// piece.
Pieces split_at_any(std::string_view text,
                    std::string_view delimiters,
                    bool skip_empty) {
  Pieces pieces;
  if (text.empty()) return pieces;
  if (delimiters.empty()) {
    for (std::size_t i = 0; i < text.size(); ++i)
      pieces.push_back(text.substr(i, 1));
    return pieces;
  }
  while (true) {
    std::size_t end = std::min(text.find_first_of(delimiters), text.size());
    if (end > 0 || !skip_empty) pieces.push_back(text.substr(0, end));
    if (end == text.size()) return pieces;
    text.remove_prefix(end + 1);
  }
}

void set_sparse_pieces(KernelContext& c, const std::vector<Pieces>& rows) {
  std::int64_t count = 0, widest = 0;
  for (const Pieces& row : rows) {
    const auto width = static_cast<std::int64_t>(row.size());
    count += width;
    widest = std::max(widest, width);
  }
  auto* index = c.allocate_output(0, {count, 2}).data<std::int64_t>();
  auto* value = c.allocate_output(1, {count}).data<std::string>();
  auto* shape = c.allocate_output(2, {2}).data<std::int64_t>();
  shape[0] = static_cast<std::int64_t>(rows.size());
  shape[1] = widest;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t k = 0; k < rows[row].size(); ++k) {
      *index++ = static_cast<std::int64_t>(row);
      *index++ = static_cast<std::int64_t>(k);
      *value++ = rows[row][k];
    }
}

const std::string& scalar_separator(KernelContext& c, const char* name) {
  if (c.input(1).shape().rank() != 0)
    throw InvalidArgumentError(name,
                               " must be a scalar, got shape: ",
                               c.input(1).shape().debug_string());
  return c.in<std::string>(1)[0];
}

void split_v1(KernelContext& c) {
  const std::string& delimiters = scalar_separator(c, "delimiter");
  const bool skip_empty = c.attr<bool>("skip_empty");
  std::vector<Pieces> rows;
  for (const std::string& text : c.in<std::string>(0))
    rows.push_back(split_at_any(text, delimiters, skip_empty));
  set_sparse_pieces(c, rows);
}

void split_v2(KernelContext& c) {
  const std::string& separator = scalar_separator(c, "sep");
  const auto max_splits = c.attr<std::int64_t>("maxsplit");
  std::vector<Pieces> rows;
  for (const std::string& text : c.in<std::string>(0))
    rows.push_back(split_at(text, separator, max_splits));
  set_sparse_pieces(c, rows);
}

/// Tokens [begin, end) of one row, with `pad` pads on each side, seen through
/// windows of `width`.
struct PaddedRow {
  std::span<const std::string> tokens;
  std::int64_t pad;

  std::int64_t windows(std::int64_t width) const {
    const auto count = static_cast<std::int64_t>(tokens.size());
    return std::max<std::int64_t>(0, count + 2 * pad - width + 1);
  }
};

std::string window_text(const PaddedRow& row,
                        std::int64_t begin,
                        std::int64_t width,
                        const KernelContext& c) {
  const std::string& separator = c.attr<std::string>("separator");
  const auto count = static_cast<std::int64_t>(row.tokens.size());
  std::string text;
  for (std::int64_t k = begin; k < begin + width; ++k) {
    if (k > begin) text += separator;
    if (k < row.pad)
      text += c.attr<std::string>("left_pad");
    else if (k < row.pad + count)
      text += row.tokens[static_cast<std::size_t>(k - row.pad)];
    else
      text += c.attr<std::string>("right_pad");
  }
  return text;
}

void ngrams(KernelContext& c) {
  auto data = c.in<std::string>(0);
  IndexReader splits(c.input(1));
  const std::int64_t num_splits = c.input(1).num_elements();
  const auto size = static_cast<std::int64_t>(data.size());
  for (std::int64_t i = 0; i < num_splits; ++i) {
    if (i == 0 && splits[0] != 0)
      throw InvalidArgumentError("First split value must be 0, got ",
                                 splits[0]);
    if (i > 0 && (splits[i] < splits[i - 1] || splits[i] > size))
      throw InvalidArgumentError("Invalid split value ",
                                 splits[i],
                                 ", must be in [",
                                 splits[i - 1],
                                 ", ",
                                 size,
                                 "]");
  }
  if (num_splits > 0 && splits[num_splits - 1] != size)
    throw InvalidArgumentError("Last split value must be data size. Expected ",
                               size,
                               ", got ",
                               splits[num_splits - 1]);
  const auto& widths = c.attr<std::vector<std::int64_t>>("ngram_widths");
  const auto pad_width = c.attr<std::int64_t>("pad_width");
  const bool preserve = c.attr<bool>("preserve_short_sequences");
  for (std::int64_t width : widths)
    if (width <= 0)
      throw InvalidArgumentError("ngram_widths must be positive, got ", width);

  std::vector<std::string> found;
  std::vector<std::int64_t> ends{0};
  for (std::int64_t i = 0; i + 1 < num_splits; ++i) {
    auto tokens =
        data.subspan(static_cast<std::size_t>(splits[i]),
                     static_cast<std::size_t>(splits[i + 1] - splits[i]));
    for (std::int64_t width : widths) {
      PaddedRow row{tokens,
                    pad_width < 0 ? width - 1 : std::min(pad_width, width - 1)};
      for (std::int64_t k = 0; k < row.windows(width); ++k)
        found.push_back(window_text(row, k, width, c));
    }
    const bool none = static_cast<std::int64_t>(found.size()) == ends.back();
    if (preserve && none && !tokens.empty()) {
      PaddedRow row{tokens, std::max<std::int64_t>(pad_width, 0)};
      const auto width = static_cast<std::int64_t>(tokens.size()) + 2 * row.pad;
      found.push_back(window_text(row, 0, width, c));
    }
    ends.push_back(static_cast<std::int64_t>(found.size()));
  }
  if (num_splits == 0) ends.clear();
  auto* out = c.allocate_output(0, {found.size()}).data<std::string>();
  std::move(found.begin(), found.end(), out);
  Tensor& out_splits = c.allocate_output(1, {ends.size()});
  if (out_splits.dtype() == int32)
    std::transform(
        ends.begin(),
        ends.end(),
        out_splits.data<std::int32_t>(),
        [](std::int64_t end) { return static_cast<std::int32_t>(end); });
  else
    std::copy(ends.begin(), ends.end(), out_splits.data<std::int64_t>());
}

void segment_join(KernelContext& c) {
  const std::string& separator = c.attr<std::string>("separator");
  auto in = c.in<std::string>(0);
  IndexReader ids(c.input(1));
  const std::int64_t rows = c.input(1).num_elements();
  const std::int64_t segments = c.host_int(2);
  const std::size_t width =
      rows ? in.size() / static_cast<std::size_t>(rows) : 0;
  auto out = c.out<std::string>();
  std::vector<bool> begun(static_cast<std::size_t>(segments));
  for (std::int64_t row = 0; row < rows; ++row) {
    if (ids[row] < 0 || ids[row] >= segments)
      throw InvalidArgumentError(
          "segment_ids are not allowed to exceed num_segments or to have "
          "negative values.");
    const auto segment = static_cast<std::size_t>(ids[row]);
    for (std::size_t k = 0; k < width; ++k) {
      std::string& joined = out[segment * width + k];
      if (begun[segment]) joined += separator;
      joined += in[static_cast<std::size_t>(row) * width + k];
    }
    begun[segment] = true;
  }
}

}  // namespace

void register_split_kernels(KernelRegistry& registry) {
  registry.add("StringSplit", {}, split_v1);
  registry.add("StringSplitV2", {}, split_v2);
  registry.add("StringNGrams", {}, ngrams);
  registry.add("UnsortedSegmentJoin", {}, segment_join);
}

}  // namespace tern

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/nest.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"
#include "tern/ops/ragged_tensor.h"

namespace tern {

/// Strings are bytes; where characters matter, UTF-8.
namespace strings {

struct JoinOptions {
  std::string separator = "";
};

/// unit: "BYTE" or "UTF8_CHAR".
struct LengthOptions {
  std::string unit = "BYTE";
};

/// encoding: "" changes ASCII letters only, "utf-8" all.
struct EncodingOptions {
  std::string encoding = "";
};

/// As printf: %f, or %e (scientific) or %g (shortest).
struct AsStringOptions {
  int precision = -1;
  bool scientific = false;
  bool shortest = false;
  int width = -1;
  std::string fill = "";
};

struct ReduceJoinOptions {
  Ints axis = {};
  bool keepdims = false;
  std::string separator = "";
};

/// maxsplit: at most that many cuts, -1 for all.
struct SplitOptions {
  std::int64_t maxsplit = -1;
};

/// Pads stand before and after each row where left_pad is given; padding_width
/// -1: as many as the n-gram's width allows.
struct NGramOptions {
  std::string separator = " ";
  std::optional<std::string> left_pad = {};
  std::optional<std::string> right_pad = {};
  std::int64_t padding_width = -1;
  bool preserve_short_sequences = false;
};

struct RegexReplaceOptions {
  bool replace_global = true;
};

/// errors: what becomes of malformed text: "replace" (by replacement_char),
/// "ignore" or "strict", which throws InvalidArgumentError.
struct UnicodeOptions {
  std::string errors = "replace";
  int replacement_char = 0xfffd;
  bool replace_control_characters = false;
};

/// Joins strings of several tensors element by element; scalars go with all.
/// Throws InvalidArgumentError for other shapes that differ.
Tensor join(const Tensors& inputs, JoinOptions options = {});
/// Joins the strings of one tensor along axes, by default all of them.
Tensor reduce_join(const Tensor& input, ReduceJoinOptions options = {});
/// int32 lengths, of the input's shape.
Tensor length(const Tensor& input, LengthOptions options = {});
Tensor lower(const Tensor& input, EncodingOptions options = {});
Tensor upper(const Tensor& input, EncodingOptions options = {});
/// Without white space at both ends.
Tensor strip(const Tensor& input);
/// `len` bytes or characters from `pos` on, negative from the end. Throws
/// InvalidArgumentError for a pos outside the string.
Tensor substr(const Tensor& input,
              const Tensor& pos,
              const Tensor& len,
              LengthOptions options = {});
/// float32, float64, int32, int64, uint32 or uint64. Throws
/// InvalidArgumentError for text that is no such number.
Tensor to_number(const Tensor& input, DType dtype = float32);
/// Each number as text.
Tensor as_string(const Tensor& input, AsStringOptions options = {});

/// The pieces between separators: a vector for a scalar, else a row for each
/// string. Without a separator runs of white space separate.
RaggedTensor split(const Tensor& input,
                   const Tensor& sep = "",
                   SplitOptions options = {});
/// All runs of ngram_widths[k] strings of each row, joined.
RaggedTensor ngrams(const RaggedTensor& data,
                    const Ints& ngram_widths,
                    NGramOptions options = {});
/// Strings whose segment id is the same, joined in order.
Tensor unsorted_segment_join(const Tensor& inputs,
                             const Tensor& segment_ids,
                             const Tensor& num_segments,
                             JoinOptions options = {});

/// Whether the whole string matches RE2's regular expression. Throws
/// InvalidArgumentError for a pattern that is none.
Tensor regex_full_match(const Tensor& input, const Tensor& pattern);
/// What matches replaced by `rewrite`, in which \\1 to \\9 are groups.
Tensor regex_replace(const Tensor& input,
                     const Tensor& pattern,
                     const Tensor& rewrite,
                     RegexReplaceOptions options = {});

/// int64 numbers below num_buckets, the same in every process. `fast` is
/// quicker and as good; `strong` cannot be aimed at without the key (two
/// integers).
Tensor to_hash_bucket(const Tensor& input, std::int64_t num_buckets);
Tensor to_hash_bucket_fast(const Tensor& input, std::int64_t num_buckets);
Tensor to_hash_bucket_strong(const Tensor& input,
                             std::int64_t num_buckets,
                             const Ints& key);

/// Code points (int32) of each string: a vector for a scalar, else a row for
/// each string. Encodings are UTF-8 and what the system's iconv knows. Throws
/// InvalidArgumentError for others.
RaggedTensor unicode_decode(const Tensor& input,
                            std::string_view input_encoding,
                            UnicodeOptions options = {});
struct DecodedUnicode {
  RaggedTensor codepoints;
  RaggedTensor offsets;  // int64: the byte where each begins
};
DecodedUnicode unicode_decode_with_offsets(const Tensor& input,
                                           std::string_view input_encoding,
                                           UnicodeOptions options = {});
/// A string of each row of code points. output_encoding: "UTF-8",
/// "UTF-16-BE" or "UTF-32-BE".
Tensor unicode_encode(const RaggedTensor& input,
                      std::string_view output_encoding,
                      UnicodeOptions options = {});
Tensor unicode_transcode(const Tensor& input,
                         std::string_view input_encoding,
                         std::string_view output_encoding,
                         UnicodeOptions options = {});
/// The script of each code point (ICU's numbers: 25 is Latin), -1 for numbers
/// that are no code points.
Tensor unicode_script(const Tensor& input);

/// The template with each "{}" replaced by a value: a scalar string tensor.
Tensor format_values(std::string_view format, const std::vector<Nest>& values);
template <class... T>
Tensor format(std::string_view text, const T&... values) {
  return format_values(text, {Nest::of(values)...});
}

}  // namespace strings

/// 8 bytes (uint8 [rows, 8]) for each row of the first dimension. method:
/// "farmhash64".
Tensor fingerprint(const Tensor& data, std::string_view method = "farmhash64");

namespace io {

/// Base64 in the alphabet that is safe in web addresses, `pad`: with "=" up to
/// a multiple of 4. Throws InvalidArgumentError for other characters.
Tensor encode_base64(const Tensor& input, bool pad = false);
Tensor decode_base64(const Tensor& input);

}  // namespace io
}  // namespace tern

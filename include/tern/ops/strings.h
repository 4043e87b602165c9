#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tern/core/nest.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"

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

/// The template with each "{}" replaced by a value: a scalar string tensor.
Tensor format_values(std::string_view format, const std::vector<Nest>& values);
template <class... T>
Tensor format(std::string_view text, const T&... values) {
  return format_values(text, {Nest::of(values)...});
}

}  // namespace strings
}  // namespace tern

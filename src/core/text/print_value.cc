// tf.print's form of a tensor.

#include <algorithm>
#include <cstdio>

#include "core/text/array_words.h"
#include "core/text/number_text.h"
#include "core/visit_dtype.h"
#include "tern/core/print.h"

namespace tern {
namespace {

/// Bytes in double quotes, C escapes for what is not printable ASCII; UTF-8
/// stays.
std::string quoted(const std::string& bytes) {
  std::string text = "\"";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\'' || c == '\\')
      text += {'\\', c};
    else if (c == '\n')
      text += "\\n";
    else if (c == '\r')
      text += "\\r";
    else if (c == '\t')
      text += "\\t";
    else if (byte < 0x20 || byte == 0x7f) {
      char octal[8];
      std::snprintf(octal, sizeof octal, "\\%03o", byte);
      text += octal;
    } else
      text += c;
  }
  return text + "\"";
}

std::string element_text(const Tensor& tensor, std::int64_t i) {
  DType dtype = tensor.dtype();
  if (dtype == string)
    return quoted(static_cast<const std::string*>(tensor.raw_data())[i]);
  if (dtype.is_object()) return array_words(tensor, {&i, 1})[0];
  return visit_number(dtype, [&]<class T>(T) -> std::string {
    T value = static_cast<const T*>(tensor.raw_data())[i];
    if constexpr (is_complex_number<T>)
      return "?";  // TensorFlow has no form for them either
    else if constexpr (std::is_integral_v<T>)
      return std::to_string(value);
    else if constexpr (std::is_same_v<T, double>)
      return print_number(value);
    else
      return print_number(static_cast<float>(value));
  });
}

class ValueWriter {
 public:
  ValueWriter(const Tensor& tensor, std::int64_t ends)
      : tensor_(tensor), rank_(tensor.shape().rank()), ends_(ends) {}

  /// The block of dimension `axis` whose elements start at `offset` (counted
  /// in blocks of that dimension).
  void write(int axis, std::int64_t offset) {
    if (axis == rank_) {
      text_ += element_text(tensor_, offset);
      return;
    }
    std::int64_t size = tensor_.shape()[axis];
    text_ += "[";
    for (std::int64_t i = 0; i < std::min(ends_, size); ++i) {
      if (i > 0) space(axis);
      write(axis + 1, offset * size + i);
    }
    if (size > 2 * ends_) {
      space(axis);
      text_ += "...";
    }
    for (std::int64_t i = std::max(ends_, size - ends_); i < size; ++i) {
      space(axis);
      write(axis + 1, offset * size + i);
    }
    text_ += "]";
  }

  std::string take() { return std::move(text_); }

 private:
  void space(int axis) {
    if (axis == rank_ - 1) {
      text_ += " ";
      return;
    }
    text_.append(static_cast<std::size_t>(rank_ - axis - 1), '\n');
    text_.append(static_cast<std::size_t>(axis + 1), ' ');
  }

  const Tensor& tensor_;
  const int rank_;
  const std::int64_t ends_;
  std::string text_;
};

}  // namespace

std::string print_value(const Tensor& tensor,
                        int summarize,
                        bool quote_scalar) {
  if (tensor.is_symbolic()) return str(tensor);
  Tensor host = tensor.to(kCpu);
  if (host.dtype() == string && host.shape().rank() == 0 && !quote_scalar)
    return host.bytes();
  std::int64_t ends = summarize < 0 ? host.num_elements() : summarize;
  ValueWriter writer(host, std::min(ends, host.num_elements()));
  writer.write(0, 0);
  return writer.take();
}

}  // namespace tern

#include "tern/core/print.h"

#include <ostream>

#include "core/text/array_layout.h"
#include "core/text/array_words.h"

namespace tern {
namespace {

/// numpy's line width.
constexpr std::size_t kLineWidth = 75;

/// The name of the dtype that numpy stores these elements in.
std::string numpy_dtype_name(DType dtype) {
  std::string name(dtype.name());
  if (dtype.is_object()) return "object";
  if (dtype.is_quantized()) return name.substr(1);
  // Types that numpy does not know itself have their names quoted.
  if (name.starts_with("float8") || name.ends_with("int4") ||
      name.ends_with("int2"))
    return "'" + name + "'";
  return name;
}

/// Python's own types need no dtype in an array's repr.
bool is_implied(DType dtype) {
  return dtype == int64 || dtype == float64 || dtype == bool_ ||
         dtype == complex128;
}

std::string extra_name(const Tensor& tensor) {
  return tensor.extra() ? tensor.extra()->name() : std::string();
}

}  // namespace

std::string array_str(const Tensor& tensor) {
  Tensor host = tensor.to(kCpu);
  if (host.shape().rank() == 0) return scalar_word(host);
  return array_text(host, {.separator = " ", .line_width = kLineWidth});
}

std::string array_repr(const Tensor& tensor) {
  Tensor host = tensor.to(kCpu);
  if (host.shape().rank() == 0) return scalar_word(host);
  const std::string prefix = "array(";
  std::string text =
      prefix + array_text(host,
                          {.separator = ", ",
                           // The closing parenthesis must fit too.
                           .line_width = kLineWidth - 1,
                           .indent = static_cast<int>(prefix.size())});
  bool empty = host.num_elements() == 0;
  if (empty && host.shape().rank() > 1) text += ", shape=" + host.shape().str();
  if (is_implied(host.dtype()) && !empty) return text + ")";
  text += ",";
  std::string dtype = "dtype=" + numpy_dtype_name(host.dtype()) + ")";
  std::size_t last_line = text.size() - (text.rfind('\n') + 1);
  bool fits = last_line + dtype.size() + 1 <= kLineWidth;
  return text + (fits ? " " : "\n" + std::string(prefix.size(), ' ')) + dtype;
}

std::string numpy_text(const Tensor& tensor) {
  std::string text = array_repr(tensor);
  return text.find('\n') == std::string::npos ? text : "\n" + text;
}

std::string str(const Tensor& tensor) {
  if (!tensor.defined()) return "None";
  std::string dtype = "dtype=" + std::string(tensor.dtype().name()) + ")";
  if (tensor.is_symbolic()) {
    std::string shape = tensor.shape().has_rank()
                            ? ", shape=" + tensor.shape().str()
                            : std::string();
    return "Tensor(\"" + extra_name(tensor) + "\"" + shape + ", " + dtype;
  }
  std::string text = tensor.is_meta() ? "<not kept>" : array_str(tensor);
  if (text.find('\n') != std::string::npos) text = "\n" + text;
  return "tf.Tensor(" + text + ", shape=" + tensor.shape().str() + ", " + dtype;
}

std::string repr(const Tensor& tensor) {
  if (!tensor.defined()) return "None";
  std::string dtype(tensor.dtype().name());
  std::string shape = tensor.shape().str();
  if (tensor.is_symbolic())
    return "<tf.Tensor '" + extra_name(tensor) + "' shape=" + shape +
           " dtype=" + dtype + ">";
  std::string value;
  if (tensor.is_meta())
    value = "value=<not kept>";
  else if (tensor.dtype() == resource || tensor.dtype() == variant)
    value = "value=" + array_str(tensor);
  else
    value = "numpy=" + numpy_text(tensor);
  return "<tf.Tensor: shape=" + shape + ", dtype=" + dtype + ", " + value + ">";
}

std::string repr(const Shape& shape) {
  if (!shape.has_rank()) return "TensorShape(None)";
  std::string dims;
  for (std::int64_t size : shape)
    dims +=
        (dims.empty() ? "" : ", ") + (size < 0 ? "None" : std::to_string(size));
  return "TensorShape([" + dims + "])";
}

std::string repr(DType dtype) { return "tf." + std::string(dtype.name()); }

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) {
  return stream << str(tensor);
}

}  // namespace tern

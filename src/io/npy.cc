#include "io/npy.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

#include "io/atomic_file.h"
#include "io/byte_order.h"
#include "io/element_count.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern::io {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the Python dictionary of literals that describes the array.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name)
      : text_(text), name_(name) {}

  Header parse() {
    Header header;
    int seen = 0;
    expect('{');
    while (!accept('}')) {
      std::string key = string();
      expect(':');
      if (key == "descr") {
        if (peek() == '[')
          throw UnimplementedError(name_, ": structured .npy types");
        header.descr = string();
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
      } else if (key == "shape") {
        header.shape = tuple();
      } else {
        fail("unknown key '" + key + "'");
      }
      ++seen;
      if (!accept(',') && peek() != '}') fail("',' or '}' expected");
    }
    if (seen != 3) fail("descr, fortran_order and shape expected");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataLossError(
        name_, ": corrupt .npy header at its byte ", position_, ": ", what);
  }
  char peek() {
    while (position_ < text_.size() &&
           (text_[position_] == ' ' || text_[position_] == '\n'))
      ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "' expected");
  }
  std::string string() {
    char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string expected");
    std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) fail("a string is not closed");
    std::string value(text_.substr(position_ + 1, end - position_ - 1));
    position_ = end + 1;
    return value;
  }
  bool boolean() {
    peek();
    for (bool value : {false, true}) {
      std::string_view word = value ? "True" : "False";
      if (text_.substr(position_).starts_with(word)) {
        position_ += word.size();
        return value;
      }
    }
    fail("True or False expected");
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> values;
    expect('(');
    while (!accept(')')) {
      peek();
      std::int64_t value = 0;
      auto [stop, error] = std::from_chars(
          text_.data() + position_, text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) fail("a size expected");
      position_ = static_cast<std::size_t>(stop - text_.data());
      values.push_back(value);
      if (!accept(',') && peek() != ')') fail("',' or ')' expected");
    }
    return values;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t position_ = 0;
};

/// What a type string such as "<f4" means.
struct Descr {
  bool big_endian = false;
  char kind = 0;          // numpy's: b i u f c V S U
  std::size_t width = 0;  // bytes an element (S: bytes, U: 4-byte characters)
};

Descr parse_descr(const std::string& text, const std::string& name) {
  Descr descr;
  std::size_t size = 0;
  const char* end = text.data() + text.size();
  if (text == "|O")
    throw UnimplementedError(name, ": .npy files of Python objects");
  if (text.size() < 3 || std::strchr("<>|=", text[0]) == nullptr)
    throw DataLossError(name, ": corrupt .npy type '", text, "'");
  auto [stop, error] = std::from_chars(text.data() + 2, end, size);
  bool text_kind = text[1] == 'S' || text[1] == 'U';
  if (error != std::errc() || stop != end || (size == 0 && !text_kind) ||
      size > std::numeric_limits<std::int32_t>::max())
    throw DataLossError(name, ": corrupt .npy type '", text, "'");
  descr.big_endian = text[0] == '>';
  descr.kind = text[1];
  descr.width = descr.kind == 'U' ? 4 * size : size;
  return descr;
}

/// numpy's letter and size for a dtype; 'V' where numpy has no such type.
std::string descr_of(DType dtype) {
  char kind = dtype == bool_                                             ? 'b'
              : dtype.is_complex()                                       ? 'c'
              : dtype.is_unsigned()                                      ? 'u'
              : dtype.is_integer()                                       ? 'i'
              : dtype == float16 || dtype == float32 || dtype == float64 ? 'f'
                                                                         : 'u';
  return (dtype.size() == 1 ? '|' : '<') +
         (kind + std::to_string(dtype.size()));
}

/// The dtype numpy means; DType{} for one that Tern lacks.
DType plain_dtype(const Descr& descr) {
  for (DType dtype : {bool_,
                      int8,
                      int16,
                      int32,
                      int64,
                      uint8,
                      uint16,
                      uint32,
                      uint64,
                      float16,
                      float32,
                      float64,
                      complex64,
                      complex128})
    if (descr_of(dtype).substr(1) == descr.kind + std::to_string(descr.width))
      return dtype;
  return {};
}

void append_utf8(std::string& text, std::uint32_t code) {
  auto tail = [&](int shift) {
    text += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | ((code >> 18) & 7));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string text_element(const char* bytes, const Descr& descr) {
  std::string text;
  if (descr.kind == 'S') {
    text.assign(bytes, descr.width);
  } else {
    for (std::size_t i = 0; i < descr.width; i += 4) {
      std::uint32_t code;
      std::memcpy(&code, bytes + i, 4);
      if (descr.big_endian) swap_bytes(&code, 1, 4);
      append_utf8(text, code);
    }
  }
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

/// Where element `i` in row-major order stands in a column-major array.
class FortranIndex {
 public:
  explicit FortranIndex(const std::vector<std::int64_t>& shape)
      : shape_(shape), index_(shape.size(), 0) {
    std::size_t stride = 1;
    for (std::int64_t size : shape) {
      strides_.push_back(stride);
      stride *= static_cast<std::size_t>(size);
    }
  }
  std::size_t offset() const { return offset_; }
  void advance() {
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
      offset_ += strides_[axis];
      if (++index_[axis] < shape_[axis]) return;
      offset_ -= strides_[axis] * static_cast<std::size_t>(shape_[axis]);
      index_[axis] = 0;
    }
  }

 private:
  const std::vector<std::int64_t>& shape_;
  std::vector<std::int64_t> index_;
  std::vector<std::size_t> strides_;
  std::size_t offset_ = 0;
};

/// The header's text and, in `content`, where the elements begin.
std::string_view split_header(std::string_view bytes,
                              const std::string& name,
                              std::size_t& content) {
  if (bytes.size() < 10 || !bytes.starts_with(kMagic))
    throw DataLossError(
        name, ": not a .npy file: it does not start with \\x93", "NUMPY");
  auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  std::size_t version = byte(6);
  if (version < 1 || version > 3)
    throw DataLossError(name, ": .npy version ", version, " is unknown");
  std::size_t begin = version == 1 ? 10 : 12;
  if (bytes.size() < begin)
    throw DataLossError(
        name, ": truncated .npy header, ended after ", bytes.size(), " bytes");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (bytes.size() - begin < length)
    throw DataLossError(name,
                        ": truncated .npy header: ",
                        length,
                        " bytes expected, ",
                        bytes.size() - begin,
                        " are left");
  content = begin + length;
  return bytes.substr(begin, length);
}

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& name, DType as) {
  std::size_t begin = 0;
  Header header = HeaderParser(split_header(bytes, name, begin), name).parse();
  Descr descr = parse_descr(header.descr, name);
  std::string_view content = bytes.substr(begin);
  std::size_t width = descr.width;
  auto limit = static_cast<std::int64_t>(width == 0 ? content.size()
                                                    : content.size() / width);
  std::int64_t count = element_count(header.shape, limit);
  if (count < 0 || static_cast<std::size_t>(count) * width > content.size())
    throw DataLossError(name,
                        ": the .npy header says ",
                        Shape(header.shape),
                        " of ",
                        width,
                        " bytes an element, but ",
                        content.size(),
                        " bytes follow");

  bool is_text = descr.kind == 'S' || descr.kind == 'U';
  DType dtype = is_text ? string : as == DType{} ? plain_dtype(descr) : as;
  if (dtype == DType{})
    throw UnimplementedError(name, ": .npy type '", header.descr, "'");
  if (!is_text && (dtype.is_object() || dtype.size() != width))
    throw InvalidArgumentError(name,
                               ": .npy type '",
                               header.descr,
                               "' cannot be read as ",
                               dtype.name());

  Tensor tensor = Tensor::allocate(dtype, Shape(header.shape));
  auto* to = static_cast<char*>(tensor.mutable_data());
  FortranIndex fortran(header.shape);
  for (std::int64_t i = 0; i < count && (is_text || header.fortran_order);
       ++i) {
    std::size_t at =
        header.fortran_order ? fortran.offset() : static_cast<std::size_t>(i);
    const char* from = content.data() + at * width;
    if (is_text)
      tensor.data<std::string>()[i] = text_element(from, descr);
    else
      std::memcpy(to + static_cast<std::size_t>(i) * width, from, width);
    fortran.advance();
  }
  if (is_text || count == 0) return tensor;
  if (!header.fortran_order)
    std::memcpy(to, content.data(), tensor.num_bytes());
  if (dtype == bool_) normalize_bools(to, static_cast<std::size_t>(count));
  if (descr.big_endian) {
    std::size_t parts = descr.kind == 'c' ? 2 : 1;
    swap_bytes(to, static_cast<std::size_t>(count) * parts, width / parts);
  }
  return tensor;
}

Tensor read_npy(const std::string& path, DType as) {
  return parse_npy(read_bytes(path), path, as);
}

std::string serialize_npy(const Tensor& tensor) {
  if (tensor.dtype().is_object())
    throw InvalidArgumentError(".npy files cannot hold ",
                               tensor.dtype().name());
  Tensor host = tensor.to(kCpu);
  std::string header = "{'descr': '" + descr_of(tensor.dtype()) +
                       "', 'fortran_order': False, 'shape': (";
  for (int i = 0; i < host.shape().rank(); ++i)
    header += (i == 0 ? "" : ", ") + std::to_string(host.shape()[i]);
  header += host.shape().rank() == 1 ? ",), }" : "), }";
  // The elements begin at a multiple of 64 bytes, after a line end.
  std::size_t prefix = kMagic.size() + 4;
  header.append(63 - (prefix + header.size()) % 64, ' ');
  header += '\n';

  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\x00';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  if (host.num_elements() > 0)
    bytes.append(static_cast<const char*>(host.raw_data()), host.num_bytes());
  return bytes;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  write_bytes(path, serialize_npy(tensor));
}

}  // namespace tern::io

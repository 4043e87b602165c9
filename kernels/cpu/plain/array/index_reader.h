#pragma once

#include <cstdint>
#include <string>

#include "tern/core/error.h"
#include "tern/core/tensor.h"

namespace tern {

/// The integers of a tensor of any integer dtype, one by one.
class IndexReader {
 public:
  explicit IndexReader(const Tensor& tensor)
      : data_(tensor.raw_data()), dtype_(tensor.dtype()) {}
  std::int64_t operator[](std::int64_t i) const {
    switch (dtype_.code) {
      case int32.code:
        return static_cast<const std::int32_t*>(data_)[i];
      case int64.code:
        return static_cast<const std::int64_t*>(data_)[i];
      case int16.code:
        return static_cast<const std::int16_t*>(data_)[i];
      case uint16.code:
        return static_cast<const std::uint16_t*>(data_)[i];
      case int8.code:
        return static_cast<const std::int8_t*>(data_)[i];
      case uint8.code:
        return static_cast<const std::uint8_t*>(data_)[i];
      default:
        throw InternalError(dtype_.name(), " is no index type");
    }
  }

 private:
  const void* data_;
  DType dtype_;
};

/// "[2,0]" for element 2 * d1 + 0 of a shape [d0, d1], nothing for a scalar.
inline std::string index_text(std::int64_t element, const Shape& shape) {
  if (shape.rank() == 0) return {};
  std::string text;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    text =
        std::to_string(element % shape[d]) + (text.empty() ? "" : ",") + text;
    element /= shape[d];
  }
  return "[" + text + "]";
}

/// Indices [..., depth] into the first `depth` dimensions of a shape.
class NdIndex {
 public:
  NdIndex(const Tensor& indices, const Shape& shape)
      : reader_(indices),
        indices_(indices),
        shape_(shape),
        depth_(static_cast<int>(indices.shape()[-1])) {}

  /// The row that entry i names, -1 when it lies outside.
  std::int64_t row(std::int64_t i) const {
    std::int64_t row = 0;
    for (int d = 0; d < depth_; ++d) {
      const std::int64_t index = reader_[i * depth_ + d];
      if (index < 0 || index >= shape_[d]) return -1;
      row = row * shape_[d] + index;
    }
    return row;
  }

  /// `what`: "shape", "param shape".
  [[noreturn]] void throw_bad(std::int64_t i, const char* what) const {
    std::string entry;
    for (int d = 0; d < depth_; ++d)
      entry += (d ? ", " : "") + std::to_string(reader_[i * depth_ + d]);
    const Shape& shape = indices_.shape();
    throw InvalidArgumentError("indices",
                               index_text(i, shape.slice(0, shape.rank() - 1)),
                               " = [",
                               entry,
                               "] does not index into ",
                               what,
                               " ",
                               shape_.debug_string());
  }

 private:
  IndexReader reader_;
  const Tensor& indices_;
  const Shape& shape_;
  int depth_;
};

}  // namespace tern

#pragma once

#include <cstdint>

#include "tern/core/tensor.h"

namespace tern {

/// Pixels are computed with in float whatever the dtype of the image, as
/// TensorFlow does. These read and write n elements of a real dtype from
/// element `offset` on. Throw UnimplementedError for other dtypes.
using ReadFloats = void (*)(const void* from,
                            std::int64_t offset,
                            float* to,
                            std::int64_t n);
using WriteFloats = void (*)(const float* from,
                             void* to,
                             std::int64_t offset,
                             std::int64_t n);
ReadFloats float_reader(DType dtype);
WriteFloats float_writer(DType dtype);

/// The rows of images as floats: those of float32 where they are, others in a
/// buffer of the caller's.
class FloatRows {
 public:
  FloatRows(const Tensor& images, std::int64_t row_size)
      : data_(images.raw_data()),
        read_(float_reader(images.dtype())),
        row_size_(row_size),
        in_place_(images.dtype() == float32) {}

  const float* row(std::int64_t i, float* buffer) const {
    std::int64_t offset = i * row_size_;
    if (in_place_) return static_cast<const float*>(data_) + offset;
    read_(data_, offset, buffer, row_size_);
    return buffer;
  }

 private:
  const void* data_;
  ReadFloats read_;
  std::int64_t row_size_;
  bool in_place_;
};

}  // namespace tern

#pragma once

#include <string>
#include <string_view>

#include "tern/core/tensor.h"

namespace tern::io {

/// A PNG file as [height, width, channels] of `dtype` (uint8 or uint16): 1
/// (gray), 2 (with alpha), 3, 4 (with alpha) channels, or 0: those of the file.
/// Eight bits in the file fill sixteen evenly. Throws InvalidArgumentError for
/// damaged files and sizes of 2^27 or more, or 2^29 pixels, before memory is
/// asked for; UnimplementedError where Tern was built without libpng.
Tensor decode_png(std::string_view file, int channels, DType dtype);

/// The file of an image [height, width, 1 to 4 channels] of uint8 or uint16.
/// compression: 0 (none) to 9, or -1 for zlib's default. Throws
/// InvalidArgumentError for images that are empty or too large.
std::string encode_png(const void* pixels,
                       DType dtype,
                       std::int64_t height,
                       std::int64_t width,
                       int channels,
                       int compression);

}  // namespace tern::io

#pragma once

#include <string_view>

#include "tern/core/tensor.h"

namespace tern::io {

/// An uncompressed BMP file of 8 (gray), 24 or 32 bits a pixel as uint8
/// [height, width, channels]: 3, 4 (with alpha), or 0: as many as the file has.
/// Throws InvalidArgumentError for other files, and unless the file is as
/// large as its header says.
Tensor decode_bmp(std::string_view file, int channels);

}  // namespace tern::io

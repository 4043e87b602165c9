#pragma once

#include "io/image/gif.h"
#include "io/image/jpeg.h"
#include "io/image/png.h"

namespace tern::io::detail {

/// What tern_images, opened on first use, offers: linking the libraries of the
/// formats would cost every program half a millisecond at start.
struct ImageLibrary {
  decltype(io::decode_jpeg)* decode_jpeg;
  decltype(io::jpeg_shape)* jpeg_shape;
  decltype(io::encode_jpeg)* encode_jpeg;
  decltype(io::decode_png)* decode_png;
  decltype(io::encode_png)* encode_png;
  decltype(io::decode_gif)* decode_gif;
};

}  // namespace tern::io::detail

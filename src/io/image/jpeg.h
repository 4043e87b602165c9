#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tern/core/tensor.h"

namespace tern::io {

/// A part of an image, in pixels.
struct PixelWindow {
  std::int64_t y, x, height, width;
};

struct JpegDecoding {
  int channels = 0;  // 1, 3, or 0: those of the file, at most 3
  int ratio = 1;     // 1, 2, 4 or 8 times fewer pixels each way
  bool fancy_upscaling = true;
  /// Whether what is missing of a file is made up for.
  bool try_recover_truncated = false;
  /// The least share of rows that must be there.
  float acceptable_fraction = 1;
  /// Integer arithmetic that is slower and loses less.
  bool accurate_dct = false;
  std::optional<PixelWindow> window;
};

/// A JPEG file as uint8 [height, width, channels]. Throws InvalidArgumentError
/// for damaged files, windows beyond the image and more than 2^29 values,
/// before memory is asked for; UnimplementedError where Tern was built without
/// libjpeg.
Tensor decode_jpeg(std::string_view file, const JpegDecoding& how);

/// {height, width, channels} by the file's header. Throws
/// InvalidArgumentError for what is no JPEG file.
Shape jpeg_shape(std::string_view file);

struct JpegEncoding {
  int quality = 95;
  bool progressive = false;
  bool optimize_size = false;
  bool chroma_downsampling = true;
  bool per_centimeter = false;  // the unit of the densities, else inches
  int x_density = 300;
  int y_density = 300;
  std::string xmp_metadata;
};

/// The file of an image, uint8 [height, width, 1 or 3]. Throws
/// InvalidArgumentError for images that are empty or too large.
std::string encode_jpeg(const std::uint8_t* pixels,
                        std::int64_t height,
                        std::int64_t width,
                        int channels,
                        const JpegEncoding& how);

}  // namespace tern::io

#pragma once

#include "io/image/image_library.h"

/// What libtern_images offers to libtern: the functions of io/image/*.h for the
/// formats that have libraries.
namespace tern::images {

using io::JpegDecoding, io::JpegEncoding, io::PixelWindow;

Tensor decode_jpeg(std::string_view file, const JpegDecoding& how);
Shape jpeg_shape(std::string_view file);
std::string encode_jpeg(const std::uint8_t* pixels,
                        std::int64_t height,
                        std::int64_t width,
                        int channels,
                        const JpegEncoding& how);
Tensor decode_png(std::string_view file, int channels, DType dtype);
std::string encode_png(const void* pixels,
                       DType dtype,
                       std::int64_t height,
                       std::int64_t width,
                       int channels,
                       int compression);
Tensor decode_gif(std::string_view file, bool all_frames);

}  // namespace tern::images

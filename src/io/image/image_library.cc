#include "io/image/image_library.h"

#include "io/run_time_library.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

const detail::ImageLibrary& library() {
  static const auto* const opened = [] {
    RunTimeLibrary found =
        open_run_time_library("libtern_images.so", "tern_images_library");
    if (!found.table)
      throw UnimplementedError(
          "JPEG, PNG and GIF images need libtern_images.so: ",
          found.error,
          ". Build Tern with TERN_WITH_JPEG, TERN_WITH_PNG or TERN_WITH_GIF=ON "
          "(Debian: libjpeg-dev, libpng-dev, libgif-dev)");
    return static_cast<const detail::ImageLibrary*>(found.table);
  }();
  return *opened;
}

}  // namespace

Tensor decode_jpeg(std::string_view file, const JpegDecoding& how) {
  return library().decode_jpeg(file, how);
}

Shape jpeg_shape(std::string_view file) { return library().jpeg_shape(file); }

std::string encode_jpeg(const std::uint8_t* pixels,
                        std::int64_t height,
                        std::int64_t width,
                        int channels,
                        const JpegEncoding& how) {
  return library().encode_jpeg(pixels, height, width, channels, how);
}

Tensor decode_png(std::string_view file, int channels, DType dtype) {
  return library().decode_png(file, channels, dtype);
}

std::string encode_png(const void* pixels,
                       DType dtype,
                       std::int64_t height,
                       std::int64_t width,
                       int channels,
                       int compression) {
  return library().encode_png(
      pixels, dtype, height, width, channels, compression);
}

Tensor decode_gif(std::string_view file, bool all_frames) {
  return library().decode_gif(file, all_frames);
}

}  // namespace tern::io

// Encode ops: images [..., height, width, channels] as files.

#include <string>

#include "io/image/jpeg.h"
#include "io/image/png.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::string encode_jpeg(const KernelContext& c, const io::JpegEncoding& how) {
  const Shape& shape = c.input(0).shape();
  return io::encode_jpeg(c.in<std::uint8_t>(0).data(),
                         shape[0],
                         shape[1],
                         static_cast<int>(shape[2]),
                         how);
}

void encode_jpeg_kernel(KernelContext& c) {
  io::JpegEncoding how;
  how.quality = static_cast<int>(c.attr<std::int64_t>("quality"));
  how.progressive = c.attr<bool>("progressive");
  how.optimize_size = c.attr<bool>("optimize_size");
  how.chroma_downsampling = c.attr<bool>("chroma_downsampling");
  how.per_centimeter = c.attr<std::string>("density_unit") == "cm";
  how.x_density = static_cast<int>(c.attr<std::int64_t>("x_density"));
  how.y_density = static_cast<int>(c.attr<std::int64_t>("y_density"));
  how.xmp_metadata = c.attr<std::string>("xmp_metadata");
  c.out<std::string>()[0] = encode_jpeg(c, how);
}

/// Inputs: images, quality.
void encode_jpeg_of_quality(KernelContext& c) {
  std::int64_t quality = c.host_int(1);
  if (quality < 0 || quality > 100)
    throw InvalidArgumentError("quality must be in [0,100], got ", quality);
  io::JpegEncoding how;
  how.quality = static_cast<int>(quality);
  c.out<std::string>()[0] = encode_jpeg(c, how);
}

void encode_png_kernel(KernelContext& c) {
  const Tensor& images = c.input(0);
  const Shape& shape = images.shape();
  const int rank = shape.rank();
  auto compression = static_cast<int>(c.attr<std::int64_t>("compression"));
  std::span<std::string> files = c.out<std::string>();
  if (files.empty()) return;
  std::size_t bytes = images.num_bytes() / files.size();
  const char* pixels = static_cast<const char*>(images.raw_data());
  for (std::string& file : files) {
    file = io::encode_png(pixels,
                          images.dtype(),
                          shape[rank - 3],
                          shape[rank - 2],
                          static_cast<int>(shape[rank - 1]),
                          compression);
    pixels += bytes;
  }
}

}  // namespace

void register_encode_image_kernels(KernelRegistry& registry) {
  registry.add("EncodeJpeg", {}, encode_jpeg_kernel);
  registry.add("EncodeJpegVariableQuality", {}, encode_jpeg_of_quality);
  for (DType dtype : {uint8, uint16})
    registry.add("EncodePng", {{"T", dtype}}, encode_png_kernel);
}

}  // namespace tern

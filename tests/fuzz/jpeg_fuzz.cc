// Bytes as a JPEG file: the first says how it is to be decoded.

#include <cstdint>
#include <string_view>

#include "io/image/jpeg.h"
#include "tern/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size < 1) return 0;
  std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  tern::io::JpegDecoding how;
  how.channels = data[0] & 1 ? (data[0] & 2 ? 1 : 3) : 0;
  how.ratio = 1 << (data[0] >> 2 & 3);
  how.try_recover_truncated = (data[0] & 16) != 0;
  how.fancy_upscaling = (data[0] & 32) != 0;
  how.accurate_dct = (data[0] & 64) != 0;
  if (data[0] & 128) how.window = {1, 2, 3, 4};
  try {
    tern::Shape shape = tern::io::jpeg_shape(file);
    // Larger ones take long, and nothing else.
    if (shape.num_elements() <= 1 << 20) tern::io::decode_jpeg(file, how);
  } catch (const tern::Error&) {
  }
  return 0;
}

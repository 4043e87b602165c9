// Bytes as a PNG file: the first says how it is to be decoded. What was decoded
// is encoded and comes out the same.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "io/image/png.h"
#include "tern/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using namespace tern;
  if (size < 1) return 0;
  std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Width and height of the header, at bytes 16 to 23: larger ones take long.
  auto side = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < file.size(); ++i)
      value = value << 8 | static_cast<unsigned char>(file[i]);
    return std::uint64_t{value};
  };
  if (side(16) * side(20) > 1 << 18) return 0;
  DType dtype = data[0] & 8 ? uint16 : uint8;
  try {
    Tensor image = io::decode_png(file, data[0] % 5, dtype);
    const Shape& shape = image.shape();
    int channels = static_cast<int>(shape[2]);
    std::string again = io::encode_png(
        image.raw_data(), dtype, shape[0], shape[1], channels, 1);
    // Two channels cannot be asked for by name, but are those of the file.
    Tensor same = io::decode_png(again, 0, dtype);
    if (std::memcmp(same.raw_data(), image.raw_data(), image.num_bytes()) != 0)
      std::abort();
  } catch (const Error&) {
  }
  return 0;
}

#include "io/image/bmp.h"

#include <cstdlib>
#include <limits>

#include "tern/core/error.h"

namespace tern::io {
namespace {

/// What of the header is read, and where it stands.
struct Header {
  explicit Header(std::string_view file)
      : pixels(read<std::int32_t>(file, 10)),
        width(read<std::int32_t>(file, 18)),
        height(read<std::int32_t>(file, 22)),
        bits(read<std::int16_t>(file, 28)) {}

  template <class T>
  static T read(std::string_view file, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(file[at + i]);
    return static_cast<T>(value);
  }

  std::int64_t pixels, width, height, bits;
};

void check(const Header& header, int file_channels, std::int64_t size) {
  if (file_channels != 1 && file_channels != 3 && file_channels != 4)
    throw InvalidArgumentError(
        "Number of channels inherent in the image must be 1, 3 or 4, was ",
        file_channels);
  if (header.width <= 0)
    throw InvalidArgumentError("Width must be positive, was ", header.width);
  if (header.height == 0) throw InvalidArgumentError("Height must be nonzero");
  if (header.pixels < 0)
    throw InvalidArgumentError("header size must be nonnegative, was ",
                               header.pixels);
  if (header.width * std::abs(header.height) >=
      std::numeric_limits<std::int32_t>::max() / 8)
    throw InvalidArgumentError(
        "Total possible pixel bytes must be less than 2^30");
  std::int64_t row_size = (file_channels * header.width + 3) / 4 * 4;
  std::int64_t wanted = header.pixels + row_size * std::abs(header.height);
  if (size != wanted)
    throw InvalidArgumentError(
        "Input size should match (header_size + row_size * abs_height) but "
        "they differ by ",
        size - wanted);
}

}  // namespace

Tensor decode_bmp(std::string_view file, int channels) {
  if (file.size() < 32)
    throw InvalidArgumentError(
        "Incomplete bmp content, requires at least 32 bytes to find the header "
        "size, width, height, and bpp, got ",
        file.size(),
        " bytes");
  Header header(file);
  auto file_channels = static_cast<int>(header.bits / 8);
  check(header, file_channels, static_cast<std::int64_t>(file.size()));
  if (channels == 0) channels = file_channels;
  const std::int64_t height = std::abs(header.height), width = header.width;
  const std::int64_t row_size = (file_channels * width + 3) / 4 * 4;
  Tensor image = Tensor::allocate(uint8, {height, width, channels});
  auto* to = image.data<std::uint8_t>();
  for (std::int64_t y = 0; y < height; ++y) {
    // From the last row to the first, unless the height is negative.
    std::int64_t row = header.height < 0 ? y : height - 1 - y;
    const auto* from = reinterpret_cast<const std::uint8_t*>(file.data()) +
                       header.pixels + row * row_size;
    for (std::int64_t x = 0; x < width; ++x, from += file_channels) {
      const bool is_gray = file_channels == 1;
      if (channels == 1) {
        *to++ = from[0];
        continue;
      }
      for (int k = 0; k < 3; ++k) *to++ = is_gray ? from[0] : from[2 - k];
      if (channels == 4) *to++ = file_channels == 4 ? from[3] : 0xff;
    }
  }
  return image;
}

}  // namespace tern::io

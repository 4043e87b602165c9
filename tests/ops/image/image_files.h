#pragma once

#include <cstdint>
#include <string>

namespace tern {

/// Bytes of a little-endian number, however many.
inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8)
    text += static_cast<char>(value & 0xff);
  return text;
}

/// A frame of 2 x 2 pixels of colours 0 1 / 1 0, by hand: LZW codes of 3 bits,
/// 4 (clear) 0 1 4 1 0 5 (end).
inline std::string gif_frame(int left = 0, int top = 0) {
  return "," + little_endian(left, 2) + little_endian(top, 2) +
         little_endian(2, 2) + little_endian(2, 2) + std::string("\0\2", 2) +
         std::string("\3\x44\x18\x14\0", 5);
}

/// A GIF of these frames with the colours {10, 20, 30} and {200, 100, 50}.
inline std::string gif_file(const std::string& frames) {
  return "GIF89a" + little_endian(3, 2) + little_endian(3, 2) +
         std::string("\x80\0\0", 3) + "\x0a\x14\x1e\xc8\x64\x32" + frames + ";";
}

/// A BMP of that many bits a pixel, as its pixels stand in the file.
inline std::string bmp_file(int width,
                            int height,
                            int bits,
                            const std::string& pixels) {
  return "BM" + little_endian(0, 8) + little_endian(54, 4) +
         little_endian(40, 4) + little_endian(width, 4) +
         little_endian(height, 4) + little_endian(1, 2) +
         little_endian(bits, 2) + little_endian(0, 24) + pixels;
}

}  // namespace tern

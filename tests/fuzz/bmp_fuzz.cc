// Bytes as a BMP file.

#include <cstdint>
#include <string_view>

#include "io/image/bmp.h"
#include "tern/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view file(reinterpret_cast<const char*>(data), size);
  for (int channels : {0, 3, 4}) try {
      tern::io::decode_bmp(file, channels);
    } catch (const tern::Error&) {
    }
  return 0;
}

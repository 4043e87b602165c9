// Bytes as a GIF file.

#include <cstdint>
#include <string_view>

#include "io/image/gif.h"
#include "tern/core/allocator.h"
#include "tern/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  // Small files may have many large frames, which take long.
  static const bool limited = [] {
    tern::cpu_allocator().set_limit(16 << 20);
    return true;
  }();
  static_cast<void>(limited);
  std::string_view file(reinterpret_cast<const char*>(data), size);
  for (bool all_frames : {true, false}) try {
      tern::io::decode_gif(file, all_frames);
    } catch (const tern::Error&) {
    }
  return 0;
}

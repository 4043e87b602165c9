// Bytes as the JSON form of an Example; what it becomes is one.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tern/core/allocator.h"
#include "tern/core/error.h"
#include "tern/ops/parsing.h"

namespace {

using namespace tern;

/// What small inputs may ask for; more is an error soon.
constexpr std::int64_t kMaxMemory = 256 << 20;

/// Runs it; an error is an answer, too.
template <class F>
void attempt(F function) {
  try {
    function();
  } catch (const Error&) {
  }
}

void use(std::string_view bytes) {
  attempt([&] {
    Tensor binary = io::decode_json_example(bytes);
    // What Tern writes, it reads.
    try {
      io::parse_single_example(binary, {{"a", io::VarLenFeature{float32}}});
    } catch (const InvalidArgumentError& error) {
      if (std::string_view(error.what()).find("Could not parse") !=
          std::string_view::npos)
        std::abort();
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const bool limited = [] {
    cpu_allocator().set_limit(kMaxMemory);
    return true;
  }();
  static_cast<void>(limited);
  use({reinterpret_cast<const char*>(data), size});
  return 0;
}

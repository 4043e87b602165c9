// Bytes as a record of comma-separated fields; the first chooses how.

#include <cstdint>
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
  if (bytes.empty()) return;
  const unsigned how = static_cast<unsigned char>(bytes[0]);
  const Tensor record(bytes.substr(1));
  io::DecodeCsvOptions options;
  options.use_quote_delim = how & 1;
  options.field_delim = how & 2 ? ";" : ",";
  if (how & 4) options.select_cols = {0, 2};
  for (int columns = 1; columns < 4; ++columns) {
    Tensors defaults;
    for (int k = 0; k < columns; ++k)
      defaults.push_back(k == 0   ? Tensor{""}
                         : k == 1 ? Tensor{0.5}
                                  : Tensor{7});
    attempt([&] { io::decode_csv(record, defaults, options); });
  }
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

// Bytes as an Example and as a SequenceExample, alone and in a batch.

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
  const Tensor one(bytes);
  const Tensor batch(std::vector<std::string>(2, std::string(bytes)));
  const io::FeatureSpecs features = {
      {"a", io::VarLenFeature{float32}},
      {"b", io::FixedLenFeature{{2}, int64, Tensor{1, 2}}},
      {"c", io::FixedLenSequenceFeature{{2}, string, true}},
      {"d", io::RaggedFeature{float32, "a"}}};
  attempt([&] { io::parse_single_example(one, features); });
  attempt([&] { io::parse_example(batch, features); });
  const io::FeatureSpecs lists = {
      {"v", io::FixedLenSequenceFeature{{2}, float32, true}},
      {"w", io::VarLenFeature{int64}},
      {"x", io::RaggedFeature{float32, "v"}}};
  const io::FeatureSpecs context = {{"a", io::VarLenFeature{float32}}};
  attempt([&] { io::parse_sequence_example(batch, context, lists); });
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

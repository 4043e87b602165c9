#pragma once

#include <array>
#include <cstdint>

namespace tern {

/// The Mersenne twister MT19937 (Matsumoto and Nishimura, 1998) seeded as
/// Python's `random.Random(seed)`, which numbers TensorFlow's eager random ops.
class PythonRandom {
 public:
  explicit PythonRandom(std::int64_t seed);
  /// `randint(low, high)`; the bounds may be at most 2^32 - 1 apart.
  std::int64_t randint(std::int64_t low, std::int64_t high);
  /// `randint(0, 2**31 - 1)`.
  std::int64_t randint31() { return randint(0, 0x7fffffff); }

 private:
  static constexpr int kSize = 624;

  std::uint32_t next();
  void refill();

  std::array<std::uint32_t, kSize> state_;
  int position_ = kSize;
};

}  // namespace tern

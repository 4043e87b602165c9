#pragma once

#include <array>
#include <cstdint>

namespace tern {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
/// 3", 2011): a counter-based generator whose streams equal TensorFlow's.
class Philox {
 public:
  using Block = std::array<std::uint32_t, 4>;

  Philox() = default;
  /// TensorFlow's stateful ops: key = seed, upper counter half = seed2.
  explicit Philox(std::uint64_t seed, std::uint64_t seed2 = 0)
      : key_{low(seed), high(seed)}, counter_{0, 0, low(seed2), high(seed2)} {}
  Philox(Block counter, std::array<std::uint32_t, 2> key)
      : key_(key), counter_(counter) {}

  /// The next four words.
  Block operator()() {
    Block words = block(counter_, key_);
    skip(1);
    return words;
  }
  /// Advances by `blocks` calls.
  void skip(std::uint64_t blocks) {
    std::uint64_t lower = join(counter_[0], counter_[1]);
    std::uint64_t sum = lower + blocks;
    counter_[0] = low(sum);
    counter_[1] = high(sum);
    if (sum < lower && ++counter_[2] == 0) ++counter_[3];
  }

  const Block& counter() const { return counter_; }
  const std::array<std::uint32_t, 2>& key() const { return key_; }

  static Block block(Block counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
      std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
      std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
      counter = {high(b) ^ counter[1] ^ key[0],
                 low(b),
                 high(a) ^ counter[3] ^ key[1],
                 low(a)};
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    return counter;
  }

 private:
  static std::uint32_t low(std::uint64_t x) {
    return static_cast<std::uint32_t>(x);
  }
  static std::uint32_t high(std::uint64_t x) {
    return static_cast<std::uint32_t>(x >> 32);
  }
  static std::uint64_t join(std::uint32_t lower, std::uint32_t upper) {
    return std::uint64_t{upper} << 32 | lower;
  }

  std::array<std::uint32_t, 2> key_{};
  Block counter_{};
};

}  // namespace tern

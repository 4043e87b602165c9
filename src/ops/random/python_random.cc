#include "ops/random/python_random.h"

#include <algorithm>
#include <bit>

namespace tern {

PythonRandom::PythonRandom(std::int64_t seed) {
  std::uint64_t magnitude = seed < 0 ? -static_cast<std::uint64_t>(seed)
                                     : static_cast<std::uint64_t>(seed);
  std::uint32_t key[2] = {static_cast<std::uint32_t>(magnitude),
                          static_cast<std::uint32_t>(magnitude >> 32)};
  std::uint32_t key_length = key[1] != 0 ? 2 : 1;

  auto mixed = [this](int i, std::uint32_t multiplier) {
    std::uint32_t before = state_[static_cast<std::size_t>(i - 1)];
    return (before ^ (before >> 30)) * multiplier;
  };
  auto at = [this](int i) -> std::uint32_t& {
    return state_[static_cast<std::size_t>(i)];
  };
  at(0) = 19650218u;
  for (int i = 1; i < kSize; ++i)
    at(i) = mixed(i, 1812433253u) + static_cast<std::uint32_t>(i);

  // init_by_array of the reference implementation: the key is stirred in
  // once over the state, then the state once more over itself.
  int i = 1;
  auto advance = [&] {
    if (++i < kSize) return;
    at(0) = at(kSize - 1);
    i = 1;
  };
  std::uint32_t j = 0;
  for (int k = kSize; k > 0; --k) {
    at(i) = (at(i) ^ mixed(i, 1664525u)) + key[j] + j;
    j = (j + 1) % key_length;
    advance();
  }
  for (int k = kSize - 1; k > 0; --k) {
    at(i) = (at(i) ^ mixed(i, 1566083941u)) - static_cast<std::uint32_t>(i);
    advance();
  }
  at(0) = 0x80000000u;
}

void PythonRandom::refill() {
  auto twist = [](std::uint32_t upper, std::uint32_t lower) {
    std::uint32_t joined = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (joined >> 1) ^ ((lower & 1u) ? 0x9908b0dfu : 0u);
  };
  constexpr std::size_t kShift = 397;
  for (std::size_t i = 0; i < kSize; ++i)
    state_[i] = state_[(i + kShift) % kSize] ^
                twist(state_[i], state_[(i + 1) % kSize]);
  position_ = 0;
}

std::uint32_t PythonRandom::next() {
  if (position_ == kSize) refill();
  std::uint32_t y = state_[static_cast<std::size_t>(position_++)];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

std::int64_t PythonRandom::randint(std::int64_t low, std::int64_t high) {
  // Python draws as many bits as the number of values has until the result
  // is one of them.
  auto count = static_cast<std::uint64_t>(high - low) + 1;
  int bits = std::min(static_cast<int>(std::bit_width(count)), 32);
  std::uint32_t value;
  do value = next() >> (32 - bits);
  while (value >= count);
  return low + value;
}

}  // namespace tern

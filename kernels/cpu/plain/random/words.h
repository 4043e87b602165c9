#pragma once

#include "kernels/common/uniform_numbers.h"
#include "tern/core/philox.h"

namespace tern {

/// A generator's words one by one, and numbers made of two of them.
class Words {
 public:
  explicit Words(const Philox& generator) : generator_(generator) {}

  std::uint32_t word() {
    if (used_ == 4) {
      block_ = generator_();
      used_ = 0;
    }
    return block_[used_++];
  }
  float uniform_float() { return kernels::unit_float(word()); }
  double uniform() {
    const std::uint32_t upper = word();
    return kernels::unit_double(upper, word());
  }
  std::uint64_t word64() {
    const std::uint64_t lower = word();
    return std::uint64_t{word()} << 32 | lower;
  }
  /// Evenly below n; draws again where the last range would be cut short.
  std::uint32_t below32(std::uint32_t n) {
    if ((n & (n - 1)) == 0) return word() & (n - 1);
    const std::uint32_t rest = ~std::uint32_t{0} % n + 1;
    for (;;)
      if (const std::uint32_t x = word(); x >= rest) return x % n;
  }
  std::uint64_t below(std::uint64_t n) {
    if ((n & (n - 1)) == 0) return word64() & (n - 1);
    const std::uint64_t rest = ~std::uint64_t{0} % n + 1;
    for (;;)
      if (const std::uint64_t x = word64(); x >= rest) return x % n;
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  std::size_t used_ = 4;
};

}  // namespace tern

#include "ops/random/random_generator.h"

#include "tern/core/error.h"

namespace tern {
namespace {

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

/// Words of a counter; TensorFlow takes an unknown algorithm's number itself.
std::int64_t counter_size(std::int64_t alg) {
  if (alg == kPhiloxAlgorithm || alg == kAutoSelectAlgorithm) return 2;
  constexpr std::int64_t kThreeFry = 2;
  return alg == kThreeFry ? 1 : alg;
}

}  // namespace

void check_generator(const Shape& key, const Shape& counter, std::int64_t alg) {
  if (!key.is_compatible_with({1}))
    throw InvalidArgumentError("key must have shape [1], not ",
                               key.debug_string(),
                               ". (Note that batched keys are not supported "
                               "yet.)");
  std::int64_t words = counter_size(alg);
  if (counter.has_rank() &&
      !(counter.rank() == 1 && (counter[0] < 0 || counter[0] >= words)))
    throw InvalidArgumentError(
        "counter must be a vector with length at least ",
        words,
        "; got shape: ",
        counter.debug_string(),
        ". (Note that batched counters are not supported yet.)");
  if (alg != kPhiloxAlgorithm && alg != kAutoSelectAlgorithm)
    throw InvalidArgumentError("Unsupported algorithm id: ", alg);
}

Philox generator_of(const Tensor& key, const Tensor& counter) {
  std::uint64_t k = key.values<std::uint64_t>()[0];
  std::span<const std::uint64_t> c = counter.values<std::uint64_t>();
  return Philox({low(c[0]), high(c[0]), low(c[1]), high(c[1])},
                {low(k), high(k)});
}

Philox generator_of_seeds(std::uint64_t seed0, std::uint64_t seed1) {
  Philox::Block mix =
      Philox::block({low(seed0), high(seed0), low(seed1), high(seed1)},
                    {0x3ec8f720u, 0x02461e29u});
  return Philox({0, 0, mix[2], mix[3]}, {mix[0], mix[1]});
}

}  // namespace tern

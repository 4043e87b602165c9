#pragma once

#include <mutex>

#include "ops/kernel.h"
#include "tern/core/philox.h"

namespace tern {

/// The counter that a stateful random op keeps between its runs.
class RandomState {
 public:
  explicit RandomState(const Philox& generator) : generator_(generator) {}
  RandomState(RandomState&& other) : generator_(other.generator_) {}

  /// The generator for a run, which may use up to `blocks` counts.
  Philox reserve(std::uint64_t blocks) {
    std::scoped_lock lock(mutex_);
    Philox reserved = generator_;
    generator_.skip(blocks);
    return reserved;
  }

 private:
  std::mutex mutex_;
  Philox generator_;
};

/// Where the counter of a call starts: at its attrs seed and seed2, anywhere if
/// both are 0.
Philox initial_generator(const KernelContext& context);

/// The state of a call, from its attrs seed and seed2 at first; both 0 start
/// it anywhere.
RandomState& random_state(KernelContext& context);

/// The generator that the two integers of `seed` stand for. Throws
/// InvalidArgumentError unless there are two.
Philox seeded_generator(const Tensor& seed);

}  // namespace tern

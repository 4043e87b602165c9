#pragma once

#include <cstdint>

#include "ops/kernel.h"
#include "tern/core/philox.h"

namespace tern {

/// The generator in the state variable behind input 0: int64, two for the
/// counter and one for the key. The variable moves on by `numbers` numbers, 256
/// counts each. Throws InvalidArgumentError in TensorFlow's words for another
/// kind of state, or of algorithm.
Philox read_and_skip(const KernelContext& context,
                     std::int64_t algorithm,
                     std::uint64_t numbers);

}  // namespace tern

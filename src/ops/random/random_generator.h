#pragma once

#include <cstdint>

#include "tern/core/philox.h"
#include "tern/core/tensor.h"

namespace tern {

/// TensorFlow's numbers of the generator algorithms; the device's own choice
/// is Philox on the CPU.
inline constexpr std::int64_t kPhiloxAlgorithm = 1;
inline constexpr std::int64_t kAutoSelectAlgorithm = 3;

/// key and counter of the stateless V2 ops: shapes [1] and at least [2].
/// Throws InvalidArgumentError in TensorFlow's words, also for an algorithm
/// that is not Philox.
void check_generator(const Shape& key, const Shape& counter, std::int64_t alg);

/// The generator that key (uint64 [1]) and counter (uint64 [2]) stand for.
Philox generator_of(const Tensor& key, const Tensor& counter);

/// The generator of the two seeds of a stateless op, scrambled so that weak
/// seeds do as well as strong ones.
Philox generator_of_seeds(std::uint64_t seed0, std::uint64_t seed1);

}  // namespace tern

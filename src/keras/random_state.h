#pragma once

#include <cstdint>

namespace tern::keras {

/// The seed of an initializer or of a dropout layer that was given none: as
/// Keras 3 draws it, `random.randint(1, 10**9)` of Python's generator, which
/// utils::set_random_seed seeds.
std::int64_t next_default_seed();

}  // namespace tern::keras

#pragma once

#include <cstddef>
#include <vector>

namespace tern {

/// Memory that is needed from step `first` up to and including step `last`.
struct ArenaBlock {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::size_t offset = 0;  // found by plan_arena
};

/// Places the blocks so that no two that are needed at the same time overlap,
/// each on a 64-byte boundary: largest first, at the lowest offset that is free
/// for its whole life. Returns the size of the arena.
std::size_t plan_arena(std::vector<ArenaBlock>& blocks);

/// The largest sum of blocks needed in one step: no arena is smaller.
std::size_t arena_lower_bound(const std::vector<ArenaBlock>& blocks);

}  // namespace tern

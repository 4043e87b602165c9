#include "graph/program/arena.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace tern {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool live_together(const ArenaBlock& a, const ArenaBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The lowest offset at which `block` fits between those of `placed` (ordered
/// by offset) that live at the same time.
std::size_t lowest_gap(const ArenaBlock& block,
                       const std::vector<const ArenaBlock*>& placed) {
  std::size_t offset = 0;
  for (const ArenaBlock* other : placed) {
    if (!live_together(block, *other)) continue;
    if (offset + block.bytes <= other->offset) break;
    offset = std::max(offset, other->offset + aligned(other->bytes));
  }
  return offset;
}

}  // namespace

std::size_t plan_arena(std::vector<ArenaBlock>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return blocks[a].bytes > blocks[b].bytes;
  });
  std::vector<const ArenaBlock*> placed;
  std::size_t size = 0;
  for (std::size_t i : order) {
    ArenaBlock& block = blocks[i];
    block.offset = lowest_gap(block, placed);
    size = std::max(size, block.offset + aligned(block.bytes));
    auto after = std::upper_bound(
        placed.begin(), placed.end(), &block, [](const auto* a, const auto* b) {
          return a->offset < b->offset;
        });
    placed.insert(after, &block);
  }
  return size;
}

std::size_t arena_lower_bound(const std::vector<ArenaBlock>& blocks) {
  std::map<int, std::ptrdiff_t> change;  // in live bytes, by step
  for (const ArenaBlock& block : blocks) {
    auto bytes = static_cast<std::ptrdiff_t>(aligned(block.bytes));
    change[block.first] += bytes;
    change[block.last + 1] -= bytes;
  }
  std::ptrdiff_t live = 0, most = 0;
  for (const auto& [step, bytes] : change) most = std::max(most, live += bytes);
  return static_cast<std::size_t>(most);
}

}  // namespace tern

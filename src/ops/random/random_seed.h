#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace tern {

/// What decides the seeds of the random ops of one graph or traced function.
struct GraphSeeds {
  std::optional<std::int64_t> graph_seed;
  /// Ops so far that were made without a seed of their own.
  std::int64_t ops_without_seed = 0;
};

/// Numbers the random ops traced on this thread by `seeds` for the life of the
/// scope. Calls that run at once keep to the eager rule.
class SeedScope {
 public:
  explicit SeedScope(GraphSeeds* seeds);
  ~SeedScope();
  SeedScope(const SeedScope&) = delete;

 private:
  GraphSeeds* previous_;
};

/// The seed of the last random::set_seed, if any: a new graph's seed.
std::optional<std::int64_t> global_seed();

/// Attrs seed and seed2 of the next random op, by TensorFlow's rule: from the
/// global (or graph) seed and the op's own, or its place in the order of ops.
/// (0, 0) leaves the choice to the kernel.
std::pair<std::int64_t, std::int64_t> next_seed_pair(
    std::optional<std::int64_t> op_seed);

}  // namespace tern

#include "ops/random/random_seed.h"

#include <mutex>

#include "ops/apply.h"
#include "ops/random/python_random.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

constexpr std::int64_t kMaxInt32 = 0x7fffffff;
/// The graph seed of an op with a seed of its own where there is no other.
constexpr std::int64_t kDefaultGraphSeed = 87654321;

struct EagerSeeds {
  std::mutex mutex;
  std::optional<std::int64_t> seed;
  PythonRandom numbers{0};
};

EagerSeeds& eager_seeds() {
  static EagerSeeds* seeds = new EagerSeeds;
  return *seeds;
}

thread_local GraphSeeds* current_graph_seeds = nullptr;

/// Python's % takes the sign of the divisor.
std::int64_t truncated(std::int64_t seed) {
  std::int64_t rest = seed % kMaxInt32;
  return rest < 0 ? rest + kMaxInt32 : rest;
}

}  // namespace

SeedScope::SeedScope(GraphSeeds* seeds) : previous_(current_graph_seeds) {
  current_graph_seeds = seeds;
}

SeedScope::~SeedScope() { current_graph_seeds = previous_; }

std::optional<std::int64_t> global_seed() {
  EagerSeeds& eager = eager_seeds();
  std::scoped_lock lock(eager.mutex);
  return eager.seed;
}

std::pair<std::int64_t, std::int64_t> next_seed_pair(
    std::optional<std::int64_t> op_seed) {
  std::optional<std::int64_t> outer;
  if (current_graph_seeds && current_interpreter()) {
    outer = current_graph_seeds->graph_seed;
    if (outer && !op_seed) op_seed = current_graph_seeds->ops_without_seed++;
  } else {
    EagerSeeds& eager = eager_seeds();
    std::scoped_lock lock(eager.mutex);
    outer = eager.seed;
    if (outer && !op_seed) op_seed = eager.numbers.randint31();
  }
  if (!outer && !op_seed) return {0, 0};
  std::pair<std::int64_t, std::int64_t> seeds{
      outer ? truncated(*outer) : kDefaultGraphSeed, truncated(*op_seed)};
  // To the kernel (0, 0) means "any seed", which is not what was asked for.
  if (seeds.first == 0 && seeds.second == 0) seeds.second = kMaxInt32;
  return seeds;
}

namespace random {

void set_seed(std::optional<std::int64_t> seed) {
  EagerSeeds& eager = eager_seeds();
  {
    std::scoped_lock lock(eager.mutex);
    eager.seed = seed;
    eager.numbers = PythonRandom(seed.value_or(0));
  }
  clear_eager_kernel_state();
}

}  // namespace random
}  // namespace tern

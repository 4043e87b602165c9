#include "keras/random_state.h"

#include <mutex>
#include <random>

#include "ops/random/python_random.h"
#include "tern/keras/initializers.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

struct State {
  std::mutex mutex;
  PythonRandom generator{std::random_device{}()};
};

State& state() {
  static State state;
  return state;
}

}  // namespace

std::int64_t next_default_seed() {
  State& random = state();
  std::lock_guard lock(random.mutex);
  return random.generator.randint(1, 1'000'000'000);
}

void utils::set_random_seed(std::int64_t seed) {
  State& random = state();
  {
    std::lock_guard lock(random.mutex);
    random.generator = PythonRandom(seed);
  }
  random::set_seed(seed);
}

}  // namespace tern::keras

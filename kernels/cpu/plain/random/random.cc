// Random ops: where their generators come from.

#include <cstring>
#include <numeric>
#include <random>

#include "kernels/cpu/plain/random/random_fill.h"
#include "kernels/cpu/plain/random/random_state.h"
#include "ops/kernel.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::uint64_t nondeterministic_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

/// The generator for this run; the next run starts 256 counts an element
/// further, whatever this one uses.
Philox reserve_for(KernelContext& context, std::uint64_t elements) {
  return random_state(context).reserve(elements * 256);
}

Philox reserve_for_output(KernelContext& context) {
  return reserve_for(
      context, static_cast<std::uint64_t>(context.output().num_elements()));
}

template <RandomFill Fill>
void stateful(KernelContext& context) {
  Fill(reserve_for_output(context), context.output());
}

void stateful_integers(KernelContext& context) {
  fill_integers(reserve_for_output(context),
                context.input(1),
                context.input(2),
                context.output());
}

/// Inputs shape, key, counter, alg.
Philox keyed_generator(const KernelContext& context) {
  const Tensor& key = context.input(1);
  const Tensor& counter = context.input(2);
  check_generator(key.shape(), counter.shape(), context.host_int(3));
  return generator_of(key, counter);
}

template <RandomFill Fill>
void keyed(KernelContext& context) {
  Fill(keyed_generator(context), context.output());
}

void keyed_integers(KernelContext& context) {
  fill_integers(keyed_generator(context),
                context.input(4),
                context.input(5),
                context.output());
}

template <RandomFill Fill>
void seeded(KernelContext& context) {
  Fill(seeded_generator(context.input(1)), context.output());
}

void seeded_integers(KernelContext& context) {
  fill_integers(seeded_generator(context.input(1)),
                context.input(2),
                context.input(3),
                context.output());
}

void put_generator(const Philox& generator, KernelContext& context) {
  auto join = [](std::uint32_t low, std::uint32_t high) {
    return std::uint64_t{high} << 32 | low;
  };
  const auto& key = generator.key();
  const auto& counter = generator.counter();
  context.out<std::uint64_t>(0)[0] = join(key[0], key[1]);
  context.out<std::uint64_t>(1)[0] = join(counter[0], counter[1]);
  context.out<std::uint64_t>(1)[1] = join(counter[2], counter[3]);
}

void get_key_counter(KernelContext& context) {
  put_generator(seeded_generator(context.input(0)), context);
  if (context.num_outputs() == 3)
    context.out<std::int32_t>(2)[0] =
        static_cast<std::int32_t>(kPhiloxAlgorithm);
}

void get_algorithm(KernelContext& context) {
  context.out<std::int32_t>()[0] = static_cast<std::int32_t>(kPhiloxAlgorithm);
}

/// As a stateful op that fills the shape would.
void reserve_generator(KernelContext& context) {
  std::uint64_t elements = 1;
  for (std::int64_t size : context.host_ints(0))
    elements *= static_cast<std::uint64_t>(size);
  put_generator(reserve_for(context, elements), context);
}

/// Fisher and Yates from the front, one word a row.
std::vector<std::int64_t> permutation(RandomState& state, std::int64_t rows) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  Philox generator =
      state.reserve(static_cast<std::uint64_t>(rows - 1 + 3) / 4);
  Philox::Block block{};
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    if (i % 4 == 0) block = generator();
    std::size_t left = order.size() - i;
    std::swap(order[i], order[i + block[i % 4] % left]);
  }
  return order;
}

void shuffle(KernelContext& context) {
  const Tensor& value = context.input(0);
  Tensor& output = context.output();
  std::int64_t rows = value.shape().rank() > 0 ? value.shape()[0] : 1;
  if (rows <= 1 || value.num_elements() <= 1) {
    copy_elements(value.dtype(),
                  output.mutable_data(),
                  value.raw_data(),
                  value.num_elements());
    return;
  }
  std::vector<std::int64_t> order = permutation(random_state(context), rows);
  std::int64_t row_size = value.num_elements() / rows;
  std::size_t bytes = static_cast<std::size_t>(row_size) * value.dtype().size();
  char* to = static_cast<char*>(output.mutable_data());
  const char* from = static_cast<const char*>(value.raw_data());
  for (std::int64_t row : order) {
    const char* source = from + static_cast<std::size_t>(row) * bytes;
    if (value.dtype().is_object())
      copy_elements(value.dtype(), to, source, row_size);
    else
      std::memcpy(to, source, bytes);
    to += bytes;
  }
}

}  // namespace

Philox initial_generator(const KernelContext& context) {
  auto seed = static_cast<std::uint64_t>(context.attr<std::int64_t>("seed"));
  auto seed2 = static_cast<std::uint64_t>(context.attr<std::int64_t>("seed2"));
  if (seed == 0 && seed2 == 0) {
    seed = nondeterministic_seed();
    seed2 = nondeterministic_seed();
  }
  return Philox(seed, seed2);
}

RandomState& random_state(KernelContext& context) {
  return context.state<RandomState>(
      [&] { return RandomState(initial_generator(context)); });
}

Philox seeded_generator(const Tensor& seed) {
  auto make = [](auto seeds) {
    return generator_of_seeds(static_cast<std::uint64_t>(seeds[0]),
                              static_cast<std::uint64_t>(seeds[1]));
  };
  if (seed.num_elements() != 2)
    throw InvalidArgumentError("seed must have shape [2], not ",
                               seed.shape().debug_string());
  if (seed.dtype() == int32) return make(seed.values<std::int32_t>());
  if (seed.dtype() == uint32) return make(seed.values<std::uint32_t>());
  if (seed.dtype() == uint64) return make(seed.values<std::uint64_t>());
  return make(seed.values<std::int64_t>());
}

void register_random_kernels(KernelRegistry& registry) {
  for (DType dtype : {float16, bfloat16, float32, float64}) {
    auto add = [&](std::string_view op, KernelFunction kernel) {
      registry.add(op, {{"dtype", dtype}}, kernel);
    };
    add("RandomUniform", stateful<fill_uniform>);
    add("RandomStandardNormal", stateful<fill_normal>);
    add("TruncatedNormal", stateful<fill_truncated_normal>);
    add("StatelessRandomUniformV2", keyed<fill_uniform>);
    add("StatelessRandomNormalV2", keyed<fill_normal>);
    add("StatelessTruncatedNormalV2", keyed<fill_truncated_normal>);
    add("StatelessRandomUniform", seeded<fill_uniform>);
    add("StatelessRandomNormal", seeded<fill_normal>);
    add("StatelessTruncatedNormal", seeded<fill_truncated_normal>);
  }
  for (DType dtype : {int32, int64, uint32, uint64}) {
    registry.add("StatelessRandomUniformFullIntV2",
                 {{"dtype", dtype}},
                 keyed<fill_bits>);
    registry.add(
        "StatelessRandomUniformFullInt", {{"dtype", dtype}}, seeded<fill_bits>);
  }
  for (DType dtype : {int32, int64}) {
    registry.add("RandomUniformInt", {{"Tout", dtype}}, stateful_integers);
    registry.add(
        "StatelessRandomUniformIntV2", {{"dtype", dtype}}, keyed_integers);
    registry.add(
        "StatelessRandomUniformInt", {{"dtype", dtype}}, seeded_integers);
  }
  registry.add("StatelessRandomGetKeyCounter", {}, get_key_counter);
  registry.add("StatelessRandomGetKeyCounterAlg", {}, get_key_counter);
  registry.add("StatelessRandomGetAlg", {}, get_algorithm);
  registry.add("RandomShuffle", {}, shuffle);
  registry.add("_TernRandomGenerator", {}, reserve_generator);
}

}  // namespace tern

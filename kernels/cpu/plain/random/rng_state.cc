// Random ops whose generator is the value of a variable.

#include "kernels/cpu/plain/random/rng_state.h"

#include <algorithm>
#include <random>

#include "kernels/common/variable_access.h"
#include "kernels/cpu/plain/random/random_fill.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr std::int64_t kStateSize = 3;
constexpr std::uint64_t kCountsPerNumber = 256;

std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return std::uint64_t{high} << 32 | low;
}
std::uint32_t low(std::int64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::int64_t x) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(x) >> 32);
}

/// Throws unless the state begins (after `first` entries) with a counter and a
/// key.
void check_state(const Tensor& state, std::int64_t first) {
  if (!(state.dtype() == int64))
    throw InvalidArgumentError(
        "dtype of RNG state variable must be int64, not ",
        state.dtype().name());
  if (state.shape().rank() != 1)
    throw InvalidArgumentError(
        "RNG state must have one and only one dimension, not ",
        state.shape().rank());
  if (state.num_elements() < first + kStateSize)
    throw InvalidArgumentError(
        "For the Philox algorithm, the size of state must be at least ",
        first + kStateSize,
        "; got ",
        state.num_elements());
}

Philox read_state(const std::int64_t* state) {
  return Philox({low(state[0]), high(state[0]), low(state[1]), high(state[1])},
                {low(state[2]), high(state[2])});
}

Philox read_and_skip_from(const KernelContext& context,
                          std::int64_t first,
                          std::int64_t algorithm,
                          std::uint64_t numbers) {
  VariableCell& cell = variable_cell(context);
  std::scoped_lock lock(cell.mutex);
  check_initialized(cell);
  if (first == 1) {
    if (!(cell.value.dtype() == int64) || cell.value.num_elements() < 1)
      throw InvalidArgumentError("Size of tensor must be at least 1");
    algorithm = cell.value.values<std::int64_t>()[0];
  }
  if (algorithm != kPhiloxAlgorithm && algorithm != kAutoSelectAlgorithm)
    throw InvalidArgumentError("Unsupported algorithm id: ", algorithm);
  check_state(cell.value, first);
  const Philox generator =
      read_state(cell.value.values<std::int64_t>().data() + first);
  Philox next = generator;
  next.skip(numbers * kCountsPerNumber);
  std::int64_t* state = writable_value(cell).data<std::int64_t>() + first;
  state[0] =
      static_cast<std::int64_t>(join(next.counter()[0], next.counter()[1]));
  state[1] =
      static_cast<std::int64_t>(join(next.counter()[2], next.counter()[3]));
  return generator;
}

std::uint64_t count_of(const Tensor& output) {
  return static_cast<std::uint64_t>(output.num_elements());
}

template <RandomFill Fill>
void stateful(KernelContext& c) {
  Fill(read_and_skip(c, c.host_int(1), count_of(c.output())), c.output());
}

/// The older op has the algorithm in front of the state.
void standard_normal_v1(KernelContext& c) {
  fill_normal(read_and_skip_from(c, 1, 0, count_of(c.output())), c.output());
}

void stateful_integers(KernelContext& c) {
  const Philox generator =
      read_and_skip(c, c.host_int(1), count_of(c.output()));
  fill_integers(generator, c.input(3), c.input(4), c.output());
}

void skip(KernelContext& c) {
  read_and_skip(
      c,
      c.host_int(1),
      static_cast<std::uint64_t>(c.input(2).values<std::int64_t>()[0]));
}

void read_and_skip_state(KernelContext& c) {
  const Philox before =
      read_and_skip(c, c.host_int(1), c.input(2).values<std::uint64_t>()[0]);
  const auto value = c.out<std::int64_t>();
  value[0] =
      static_cast<std::int64_t>(join(before.counter()[0], before.counter()[1]));
  value[1] =
      static_cast<std::int64_t>(join(before.counter()[2], before.counter()[3]));
  value[2] = static_cast<std::int64_t>(join(before.key()[0], before.key()[1]));
}

void nondeterministic_ints(KernelContext& c) {
  Tensor& output = c.output();
  std::random_device device;
  auto* words = static_cast<std::uint32_t*>(output.mutable_data());
  std::generate_n(words, output.num_bytes() / sizeof(*words), std::ref(device));
}

}  // namespace

Philox read_and_skip(const KernelContext& context,
                     std::int64_t algorithm,
                     std::uint64_t numbers) {
  return read_and_skip_from(context, 0, algorithm, numbers);
}

void register_rng_state_kernels(KernelRegistry& registry) {
  for (DType dtype : {float16, bfloat16, float32, float64}) {
    auto add = [&](std::string_view op, KernelFunction kernel) {
      registry.add(op, {{"dtype", dtype}}, kernel);
    };
    add("StatefulUniform", stateful<fill_uniform>);
    add("StatefulStandardNormalV2", stateful<fill_normal>);
    add("StatefulTruncatedNormal", stateful<fill_truncated_normal>);
    add("StatefulStandardNormal", standard_normal_v1);
  }
  for (DType dtype : {int32, int64, uint32, uint64}) {
    registry.add(
        "StatefulUniformFullInt", {{"dtype", dtype}}, stateful<fill_bits>);
    registry.add(
        "NonDeterministicInts", {{"dtype", dtype}}, nondeterministic_ints);
  }
  for (DType dtype : {int32, int64})
    registry.add("StatefulUniformInt", {{"dtype", dtype}}, stateful_integers);
  registry.add("RngSkip", {}, skip);
  registry.add("RngReadAndSkip", {}, read_and_skip_state);
}

}  // namespace tern

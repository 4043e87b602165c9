// Ops that the graph's optimizer makes.

#include "ops/harness/samples.h"
#include "ops/math/block_program.h"

namespace tern {

using namespace harness;

namespace {

Tensor int_list(const std::vector<std::int32_t>& numbers) {
  return Tensor(std::span<const std::int32_t>(numbers));
}

/// relu(x * y + z) and, from the same register, its negative: of inputs 0, 1,
/// 2 into outputs 3, 4.
Sample::NamedAttrs two_results(DType type) {
  auto step = [&](int op, int target, std::vector<int> operands) {
    return block_step(op, type, type, target, operands);
  };
  BlockStep product =
      step(find_block_pair("Mul", "AddV2", false), 5, {0, 1, 2});
  BlockStep relu = step(find_block_op("Relu"), 3, {5});
  BlockStep negative = step(find_block_op("Neg"), 4, {3});
  std::vector<std::string> names = {"add", "relu", "neg"};
  return {{"Tin", std::vector<DType>(3, type)},
          {"Tout", std::vector<DType>(2, type)},
          {"steps", steps_tensor(std::vector{product, relu, negative})},
          {"nodes", Tensor(std::span<const std::string>(names))},
          {"sources", int_list({3, 0, 1, 2, 3, 0, 1, 2})}};
}

void add_fused_elementwise_samples(Samples& samples) {
  samples.of("_TernFusedElementwise")
      .add({random({2, 3}), random({3}), scalar(0.5)},
           two_results(float32),
           kFixedTypes)
      .add({random({40, 7}), random({40, 1}), random({40, 7})},
           two_results(float32),
           kFixedTypes)
      .add({in_float64(random({2, 300})),
            in_float64(random({300})),
            in_float64(scalar(0.5))},
           two_results(float64),
           kFixedTypes)
      .add({random({0, 3}), random({3}), scalar(1)},
           two_results(float32),
           kFixedTypes);
}

/// As above, but the negative is reduced.
Sample::NamedAttrs reduced(DType type,
                           std::string reduction,
                           std::vector<std::int64_t> axes,
                           bool keep_dims) {
  auto step = [&](int op, int target, std::vector<int> operands) {
    return block_step(op, type, type, target, operands);
  };
  BlockStep product =
      step(find_block_pair("Mul", "AddV2", false), 5, {0, 1, 2});
  BlockStep relu = step(find_block_op("Relu"), 3, {5});
  BlockStep negative = step(find_block_op("Neg"), 4, {3});
  std::vector<std::string> names = {"add", "relu", "neg"};
  return {{"Tin", std::vector<DType>(3, type)},
          {"Tout", std::vector<DType>(2, type)},
          {"steps", steps_tensor(std::vector{product, relu, negative})},
          {"nodes", Tensor(std::span<const std::string>(names))},
          {"sources", int_list({3, 0, 1, 2, 3, 0, 1, 2})},
          {"reduction", std::move(reduction)},
          {"value", std::int64_t{4}},
          {"axes", std::move(axes)},
          {"keep_dims", keep_dims}};
}

void add_fused_reduction_samples(Samples& samples) {
  samples.of("_TernFusedReduction")
      .add({random({2, 3}), random({3}), scalar(0.5)},
           reduced(float32, "Sum", {1}, false),
           kFixedTypes)
      .add({random({40, 7}), random({40, 1}), random({40, 7})},
           reduced(float32, "Mean", {0}, true),
           kFixedTypes)
      .add({in_float64(random({2, 300})),
            in_float64(random({300})),
            in_float64(scalar(0.5))},
           reduced(float64, "Max", {0, 1}, false),
           kFixedTypes)
      .add({random({0, 3}), random({3}), scalar(1)},
           reduced(float32, "L2Loss", {0, 1}, false),
           kFixedTypes);
}

void add_random_generator_samples(Samples& samples) {
  samples.of("_TernRandomGenerator")
      .add({ints({2, 3})},
           {{"seed", std::int64_t{3}}, {"seed2", std::int64_t{5}}},
           kRandomResult);
}

void add_fused_matmul_samples(Samples& samples) {
  OpSamples& op = samples.of("_TernFusedMatMul");
  op.add({random({2, 3}), random({3, 4}, -1, 2), random({4})})
      .add({random({3, 2}), random({4, 3}, -1, 2), random({4})},
           {{"transpose_a", true},
            {"transpose_b", true},
            {"activation", "Relu"}})
      .add({random({2, 0}), random({0, 3}), random({3})})
      .add({random({0, 2}), random({2, 3}), random({3})})
      .add({random({17, 33}, 0, 0.1), random({33, 300}, 0, 1), random({300})},
           {{"activation", "Sigmoid"}});
}

}  // namespace

void add_fused_samples(Samples& samples) {
  add_fused_matmul_samples(samples);
  add_fused_elementwise_samples(samples);
  add_fused_reduction_samples(samples);
  add_random_generator_samples(samples);
}

}  // namespace tern

#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

void add_matmul_samples(Samples& samples) {
  samples.of("MatMul")
      .add({random({2, 3}), random({3, 4}, -1, 2)})
      .add({random({3, 2}), random({4, 3}, -1, 2)},
           {{"transpose_a", true}, {"transpose_b", true}})
      .add({random({0, 3}), random({3, 2})})
      .add({random({2, 0}), random({0, 2})})
      .add({random({17, 33}, 0, 1), random({33, 19}, 0, 1)},
           kNoFiniteDifferences);
  auto batches = [](OpSamples& op, Sample::NamedAttrs attrs, unsigned flags) {
    auto with = [&](Sample::NamedAttrs more) {
      more.insert(more.end(), attrs.begin(), attrs.end());
      return more;
    };
    op.add({random({2, 2, 3}), random({2, 3, 2}, -1, 2)}, attrs, flags)
        .add({random({2, 3, 2}), random({2, 2, 3}, -1, 2)},
             with({{"adj_x", true}, {"adj_y", true}}),
             flags)
        .add({random({0, 2, 3}), random({0, 3, 2})}, attrs, flags);
  };
  batches(samples.of("BatchMatMul"), {}, 0);
  batches(samples.of("BatchMatMulV2"), {}, 0);
  samples.of("BatchMatMulV2")
      .add({random({2, 2, 3}), random({3, 2}, -1, 2)})
      .add({random({2, 1, 2, 2}), random({1, 3, 2, 2}, -1, 2)});
  for (DType type : {float32, float64})
    batches(samples.of("BatchMatMulV3"),
            {{"Ta", type}, {"Tb", type}, {"Tout", type}},
            kFixedTypes);
  for (const char* op : {"BiasAdd", "BiasAddV1"})
    samples.of(op)
        .add({random({2, 3}), random({3}, 2, 3)})
        .add({random({2, 2, 2, 3}), random({3}, 2, 3)})
        .add({random({0, 3}), random({3})});
  samples.of("BiasAdd").add({random({2, 3, 2, 2}), random({3}, 2, 3)},
                            {{"data_format", "NCHW"}});
  samples.of("BiasAddGrad")
      .add(random({2, 3}))
      .add(random({2, 3, 2, 2}), {{"data_format", "NCHW"}})
      .add(random({0, 3}));
}

void add_softmax_samples(Samples& samples) {
  for (const char* op : {"Softmax", "LogSoftmax"})
    samples.of(op)
        .add(random({2, 3}))
        .add(random({2, 2, 3}))
        .add(random({0, 3}))
        .add(random({3, 67}), kNoFiniteDifferences);
  // The second output, the gradient by the logits, is taken as constant in
  // the labels, whose rows add up to 1.
  Input labels =
      values({0.2, 0.3, 0.5, 1, 0, 0}, std::vector<std::int64_t>{2, 3});
  samples.of("SoftmaxCrossEntropyWithLogits")
      .add({random({2, 3}), held_constant(labels)})
      .add({random({2, 3}), labels}, kOnlyFirstOutput | kOnlyFirstOrder)
      .add({random({0, 3}), random({0, 3})});
  samples.of("SparseSoftmaxCrossEntropyWithLogits")
      .add({random({3, 4}), ints({2, 0, 3})})
      .add({random({0, 4}), ints({})});
}

/// TensorFlow has no derivatives by the moments, given or computed. The
/// gradient ops take those of the batch as constants, although they depend on
/// x; second derivatives of the forward ops see that they do.
void add_batch_norm_samples(Samples& samples) {
  auto moments = [](bool given) {
    return given ? std::vector<Input>{held_constant(random({3})),
                                      held_constant(random({3}, 1, 2))}
                 : std::vector<Input>{random({0}), random({0})};
  };
  auto attrs = [](bool training) {
    return Sample::NamedAttrs{{"is_training", training}, {"epsilon", 0.01f}};
  };
  for (bool training : {true, false}) {
    for (const char* op :
         {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}) {
      std::vector<Input> inputs = {
          random({2, 2, 2, 3}), random({3}, 1, 2), random({3})};
      for (const Input& input : moments(!training)) inputs.push_back(input);
      samples.of(op).add(
          inputs, attrs(training), kFixedTypes | kOnlyFirstOutput);
    }
    for (const char* op : {"FusedBatchNormGrad",
                           "FusedBatchNormGradV2",
                           "FusedBatchNormGradV3"}) {
      std::vector<Input> inputs = {
          random({2, 2, 2, 3}), random({2, 2, 2, 3}, 0, 3), random({3}, 1, 2)};
      for (const Input& input : moments(true)) inputs.push_back(input);
      if (op == std::string_view("FusedBatchNormGradV3"))
        inputs.push_back(held_constant(random({3})));
      samples.of(op).add(inputs,
                         attrs(training),
                         kFixedTypes | (training ? kNoFiniteDifferences : 0u));
    }
  }
}

}  // namespace

void add_nn_samples(Samples& samples) {
  add_matmul_samples(samples);
  add_softmax_samples(samples);
  add_batch_norm_samples(samples);
}

}  // namespace tern

#include "ops/harness/samples.h"
#include "tern/ops/array.h"
#include "tern/ops/variable.h"

namespace tern {

using namespace harness;

namespace {

/// A generator's state in a variable.
Input generator() {
  return made([] {
    return Variable(constant(std::vector<std::int64_t>{3, 0, 7})).handle();
  });
}
Input int64_scalar(std::int64_t value) {
  return made([value] { return Tensor::from_literal(value, int64); });
}
void add_distributions(Samples& samples) {
  Input seed = ints({1, 2}), none = ints({0, 2});
  Sample::NamedAttrs seeds = {{"seed", 1}, {"seed2", 2}};
  unsigned random_result = kRandomResult | kNoFiniteDifferences;
  samples.of("RandomGamma")
      .add({ints({3}), values({0.5, 1, 4})}, seeds, random_result)
      .add({ints({0}), values({0.5})}, random_result);
  for (const char* op : {"RandomPoisson", "RandomPoissonV2"})
    samples.of(op)
        .add({ints({3}), values({0.5, 20})}, seeds, random_result)
        .add({ints({0}), values({0.5})}, random_result);
  // A sample jumps where another draw is accepted: no finite differences.
  samples.of("StatelessRandomGammaV2")
      .add({ints({3, 2}), seed, values({0.5, 4})}, kNoFiniteDifferences)
      .add({none, seed, values({0.5, 4})}, kNoFiniteDifferences);
  samples.of("StatelessRandomGammaV3")
      .add({ints({3, 2}), ints({7}), ints({3, 4}), axis(1), values({1, 4})},
           kNoFiniteDifferences);
  samples.of("StatelessRandomPoisson")
      .add({ints({3, 2}), seed, values({1, 40})})
      .add({none, seed, values({1, 40})});
  samples.of("StatelessRandomBinomial")
      .add({ints({3, 2}), seed, values({5, 40}), values({0, 1})})
      .add({none, seed, values({5, 40}), values({0, 1})});
  samples.of("StatefulRandomBinomial")
      .add({generator(),
            int64_scalar(1),
            ints({3, 2}),
            values({5, 40}),
            values({0, 1})},
           {{"T", float32}, {"dtype", int32}},
           kFixedTypes | kHasEffects);
  std::vector<Input> bounds = {scalar(1), scalar(2), scalar(-1), scalar(4)};
  std::vector<Input> stateful = {ints({2, 3})};
  stateful.insert(stateful.end(), bounds.begin(), bounds.end());
  samples.of("ParameterizedTruncatedNormal")
      .add(stateful, seeds, kRandomResult)
      .add({ints({2, 3}),
            values({0, 1}),
            scalar(2),
            values({-1, 2}),
            values({1, 9})},
           kRandomResult);
  std::vector<Input> stateless = {ints({2, 3}), seed};
  stateless.insert(stateless.end(), bounds.begin(), bounds.end());
  samples.of("StatelessParameterizedTruncatedNormal")
      .add(stateless, kNoFiniteDifferences)
      .add({ints({3, 2}),
            seed,
            values({0, 1}),
            scalar(1),
            values({-1, 2}),
            scalar(5)},
           kNoFiniteDifferences);
}

void add_classes(Samples& samples) {
  Input logits = random({2, 4}), seed = ints({1, 2});
  samples.of("Multinomial")
      .add({logits, axis(5)}, {{"seed", 1}, {"seed2", 2}}, kRandomResult)
      .add({logits, axis(0)}, kRandomResult);
  samples.of("StatelessMultinomial")
      .add({logits, axis(5), seed})
      .add({values({-kInf, 0, kNaN, 1}, std::vector<std::int64_t>{1, 4}),
            axis(3),
            seed});
  Input classes = made([] {
    return Tensor(std::vector<std::int64_t>{1, 3}, Shape{1, 2});
  });
  Sample::NamedAttrs attrs = {{"num_true", 2}, {"num_sampled", 4}};
  auto with = [&](Sample::NamedAttrs more) {
    more.insert(more.end(), attrs.begin(), attrs.end());
    return more;
  };
  for (const char* op : {"UniformCandidateSampler",
                         "LogUniformCandidateSampler",
                         "LearnedUnigramCandidateSampler",
                         "ThreadUnsafeUnigramCandidateSampler"})
    samples.of(op)
        .add(classes, with({{"unique", true}, {"range_max", 9}}), kRandomResult)
        .add(classes,
             with({{"unique", false}, {"range_max", 5}}),
             kRandomResult);
  samples.of("FixedUnigramCandidateSampler")
      .add(classes,
           with({{"unique", true},
                 {"range_max", 5},
                 {"unigrams", std::vector<float>{1, 5, 2, 0.5, 3}}}),
           kRandomResult);
  samples.of("AllCandidateSampler")
      .add(classes, with({{"unique", true}}), kRandomResult);
  samples.of("ComputeAccidentalHits")
      .add({classes, made([] {
              return Tensor(std::vector<std::int64_t>{3, 0, 3});
            })},
           {{"num_true", 2}});
  samples.of("StatelessShuffle")
      .add({random({5, 2}), ints({7}), ints({3, 4}), axis(1)})
      .add({random({0}), ints({7}), ints({3, 4}), axis(1)});
  samples.of("RandomIndexShuffle")
      .add({ints({0, 1, 2}), ints({1, 2, 3}), axis(9)})
      .add({axis(5), ints({1, 2, 3}), axis(70000)}, {{"rounds", 6}});
}

void add_generators(Samples& samples) {
  unsigned flags = kHasEffects | kFixedTypes;
  Input alg = int64_scalar(1), shape = ints({2, 3});
  for (const char* op : {"StatefulUniform",
                         "StatefulStandardNormalV2",
                         "StatefulTruncatedNormal",
                         "StatefulUniformFullInt"})
    samples.of(op).add({generator(), alg, shape}, flags);
  samples.of("StatefulStandardNormal")
      .add({made([] {
              return Variable(constant(std::vector<std::int64_t>{1, 3, 0, 7}))
                  .handle();
            }),
            shape},
           flags);
  samples.of("StatefulUniformInt")
      .add({generator(), alg, shape, int64_scalar(1), int64_scalar(9)}, flags);
  samples.of("RngSkip").add({generator(), alg, int64_scalar(5)}, flags);
  samples.of("RngReadAndSkip")
      .add({generator(), axis(1), made([] {
              return Tensor::from_literal(5, uint64);
            })},
           flags);
  samples.of("NonDeterministicInts")
      .add(ints({2, 3}), kRandomResult)
      .add(ints({0}), {{"dtype", uint32}}, kRandomResult);
}

}  // namespace

void add_random_samples(Samples& samples) {
  for (const char* op :
       {"RandomUniform", "RandomStandardNormal", "TruncatedNormal"})
    samples.of(op)
        .add(ints({2, 3}), {{"seed", 1}, {"seed2", 2}}, kRandomResult)
        .add(ints({0, 3}), {}, kRandomResult)
        .add(ints({}), {}, kRandomResult);
  samples.of("RandomUniformInt")
      .add({ints({2, 3}), axis(1), axis(9)}, kRandomResult);
  samples.of("Timestamp").add(std::vector<Input>{}, kRandomResult);
  samples.of("RandomShuffle")
      .add(random({4, 2}), kRandomResult)
      .add(random({0, 2}), kRandomResult);

  Input seed = ints({1, 2});
  for (const char* op : {"StatelessRandomUniform",
                         "StatelessRandomNormal",
                         "StatelessTruncatedNormal",
                         "StatelessRandomUniformFullInt"})
    samples.of(op).add({ints({2, 3}), seed}).add({ints({0}), seed});
  samples.of("StatelessRandomUniformInt")
      .add({ints({2, 3}), seed, axis(1), axis(9)});
  samples.of("StatelessRandomGetAlg").add(std::vector<Input>{});
  samples.of("StatelessRandomGetKeyCounter").add(seed);
  samples.of("StatelessRandomGetKeyCounterAlg").add(seed);
  Input key = ints({7}), counter = ints({3, 4}), philox = axis(1);
  for (const char* op : {"StatelessRandomUniformV2",
                         "StatelessRandomNormalV2",
                         "StatelessTruncatedNormalV2",
                         "StatelessRandomUniformFullIntV2"})
    samples.of(op)
        .add({ints({2, 3}), key, counter, philox})
        .add({ints({67}), key, counter, philox})
        .add({ints({0}), key, counter, philox});
  samples.of("StatelessRandomUniformIntV2")
      .add({ints({2, 3}), key, counter, philox, axis(1), axis(9)});
  add_distributions(samples);
  add_classes(samples);
  add_generators(samples);
}

}  // namespace tern

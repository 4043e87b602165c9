// Searching, counting and moving elements round.
#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

void add_moves(Samples& samples) {
  samples.of("Roll")
      .add({random({2, 3}), ints({1}), ints({1})})
      .add({random({2, 3, 2}), ints({1, -4}), ints({0, 1})})
      .add({random({4}), axis(-7), axis(0)})
      .add({random({4}), ints({}), ints({})})
      .add({random({0, 2}), axis(1), axis(-1)});
  for (const char* op : {"InplaceUpdate", "InplaceAdd", "InplaceSub"})
    samples.of(op)
        .add({random({3, 2}, 5, 8), ints({2, 0}), random({2, 2}, 1, 3)})
        .add({random({3}, 5, 8), ints({}), random({0})});
  samples.of("Empty")
      .add(ints({2, 3}), {{"dtype", float32}}, kRandomResult)
      .add(ints({0}), {{"dtype", int64}}, kRandomResult);
  for (const char* op : {"Copy", "CopyHost", "DebugIdentity", "CheckPinned"})
    samples.of(op).add(random({2, 3})).add(random({0}));
  samples.of("DebugGradientIdentity").add(random({2, 3}));
}

}  // namespace

void add_searching_samples(Samples& samples) {
  for (const char* op : {"LowerBound", "UpperBound"})
    samples.of(op)
        .add({values({1, 2, 2, 3, 0, 4, 4, 9}, Dims{2, 4}),
              values({0, 2, 9, 4, 1, 10}, Dims{2, 3})})
        .add({values({}, Dims{1, 0}), values({1, 2}, Dims{1, 2})})
        .add({random({0, 3}), random({0, 2})}, {{"out_type", int64}});
  Input predictions = values({1, 5, 5, 2, 0, 1, 2, 3}, Dims{2, 4});
  samples.of("InTopK")
      .add({predictions, ints({1, 0})}, {{"k", 2}})
      .add({random({0, 3}), ints({})}, {{"k", 2}});
  samples.of("InTopKV2")
      .add({predictions, ints({2, 7}), axis(1)})
      .add({random({0, 3}), ints({}), axis(1)});
  samples.of("UnravelIndex")
      .add({ints({0, 5, 11}), ints({3, 4})})
      .add({ints({7}, Dims{}), ints({2, 2, 2})})
      .add({ints({}), ints({3})});
  samples.of("Bucketize")
      .add(random({2, 3}, 0, 9), {{"boundaries", std::vector<float>{1, 3, 7}}})
      .add(random({0}), {{"boundaries", std::vector<float>{}}});
  samples.of("ApproxTopK")
      .add(random({2, 5}), {{"k", 3}})
      .add(random({4}), {{"k", 2}, {"is_max_k", false}})
      .add(random({2, 3}), {{"k", 0}});
  // The gradient is constant only as long as segments stay the same.
  samples.of("IsotonicRegression")
      .add(values({3, 1, 2, 0.5, 7, 8, 1, 2}, Dims{2, 4}), kFixedTypes)
      .add(values({3, 1, 2}),
           {{"output_dtype", float64}, {"T", float64}},
           kFixedTypes)
      .add(random({0, 3}));
  samples.of("CumulativeLogsumexp")
      .add({random({2, 3}), axis(1)})
      .add({random({2, 3}), axis(0)}, {{"reverse", true}})
      .add({random({3, 2}), axis(-1)},
           {{"exclusive", true}},
           kNoFiniteDifferences)
      .add({random({0, 2}), axis(0)})
      .add({values({-kInf, 2, kInf, 3, kNaN}), axis(0)}, kNoFiniteDifferences);
  samples.of("EuclideanNorm")
      .add({random({2, 3}, 1, 3), axis(1)}, kOnlyRealDerivatives)
      .add({random({2, 3}, 1, 3), axis(0)},
           {{"keep_dims", true}},
           kOnlyRealDerivatives)
      .add({random({2, 3}, 1, 3), ints({0, 1})}, kOnlyRealDerivatives)
      .add({random({0, 3}), axis(0)}, kNoFiniteDifferences);
  samples.of("Cross")
      .add({random({2, 3}), random({2, 3}, -1, 3)})
      .add({random({3}), random({3}, -1, 3)})
      .add({random({0, 3}), random({0, 3})});
  samples.of("ClipByValue")
      .add({random({2, 3}), scalar(-1), scalar(0.7)}, kOnlyRealDerivatives)
      .add({random({3}), values({-1, -0.5, 0}), values({1, 1, 0.5})},
           kOnlyRealDerivatives)
      .add({values({-kInf, kNaN, kInf}), scalar(-1), scalar(1)},
           kNoFiniteDifferences)
      .add({random({0}), scalar(-1), scalar(1)}, kOnlyRealDerivatives);
  add_moves(samples);
}

}  // namespace tern

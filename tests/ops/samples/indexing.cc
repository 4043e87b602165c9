#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

void add_gather_samples(Samples& samples) {
  samples.of("Gather")
      .add({random({3, 2}), ints({2, 0, 2})})
      .add({random({3}), axis(1)});
  samples.of("GatherV2")
      .add({random({3, 2}), ints({2, 0, 2}), axis(0)})
      .add({random({2, 3}), ints({2, 0}), axis(-1)})
      .add({random({2, 3}), axis(1), axis(0)})
      .add({random({2, 3}), ints({2, 0, 1, 1}, Dims{2, 2}), axis(1)},
           {{"batch_dims", 1}})
      .add({random({3, 2}), ints({}), axis(0)});
  samples.of("GatherNd")
      .add({random({2, 3}), ints({1, 2, 0, 0}, Dims{2, 2})})
      .add({random({2, 3}), ints({1, 1}, Dims{2, 1})})
      .add({random({2, 3}), ints({}, Dims{0, 2})});
}

void add_scatter_samples(Samples& samples) {
  samples.of("ScatterNd")
      .add({ints({1, 3}, Dims{2, 1}), random({2, 2}), ints({4, 2})})
      .add({ints({1, 1}, Dims{2, 1}), random({2}), ints({3})})
      .add({ints({}, Dims{0, 1}), random({0}), ints({3})});
  for (const char* op : {"ScatterNdNonAliasingAdd",
                         "TensorScatterAdd",
                         "TensorScatterMax",
                         "TensorScatterMin",
                         "TensorScatterSub",
                         "TensorScatterUpdate"})
    samples.of(op)
        .add({random({4, 2}),
              ints({1, 3}, Dims{2, 1}),
              random({2, 2}, -1.5, 2.5)})
        .add(
            {random({2, 2}), ints({1, 0, 0, 1}, Dims{2, 2}), random({2}, 3, 4)})
        .add({random({3}), ints({}, Dims{0, 1}), random({0})});
}

void add_segment_samples(Samples& samples) {
  for (const char* op : {"SegmentMax",
                         "SegmentMean",
                         "SegmentMin",
                         "SegmentProd",
                         "SegmentSum"}) {
    unsigned flags =
        op == std::string_view("SegmentProd") ? kOnlyRealDerivatives : 0u;
    samples.of(op)
        .add({random({4, 2}, 1, 3), ints({0, 0, 2, 2})}, flags)
        .add({random({3}, 1, 3), ints({0, 1, 1})}, flags)
        .add({random({0, 2}), ints({})});
  }
  samples.of("DynamicPartition")
      .add({random({4, 2}), ints({1, 0, 1, 1})}, {{"num_partitions", 3}})
      .add({random({2, 2}), ints({1, 0, 0, 1}, Dims{2, 2})},
           {{"num_partitions", 2}})
      .add({random({0, 2}), ints({})}, {{"num_partitions", 1}});
  for (const char* op : {"DynamicStitch", "ParallelDynamicStitch"})
    samples.of(op)
        .add({ints({2, 0}), ints({1}), random({2, 3}), random({1, 3})},
             {{"N", 2}})
        .add({axis(1), ints({0, 2}), random({}), random({2})}, {{"N", 2}})
        .add({ints({}), random({0, 2})}, {{"N", 1}});
  samples.of("ListDiff")
      .add({values({3, 1, 2, 1}), values({1, 5})})
      .add({values({}), values({1})});
  samples.of("ReverseSequence")
      .add({random({2, 3, 2}), ints({3, 2})}, {{"seq_dim", 1}})
      .add({random({3, 2}), ints({0, 3})}, {{"seq_dim", 0}, {"batch_dim", 1}})
      .add({random({0, 2}), ints({})}, {{"seq_dim", 1}});
  for (const char* op : {"UnsortedSegmentMax",
                         "UnsortedSegmentMin",
                         "UnsortedSegmentProd",
                         "UnsortedSegmentSum"}) {
    unsigned flags = op == std::string_view("UnsortedSegmentProd")
                         ? kOnlyRealDerivatives
                         : 0u;
    samples.of(op)
        .add({random({4}, 0.5, 2), ints({0, 2, 0, 1}), axis(3)}, flags)
        .add({random({2, 2}, 0.5, 2), ints({0, 1, 1, 0}, Dims{2, 2}), axis(2)},
             flags)
        // The extremes of nothing are too large for differences.
        .add({random({3, 2}, 0.5, 2), ints({1, -1, 1}), axis(2)},
             kNoFiniteDifferences)
        .add({random({0, 2}), ints({}), axis(2)}, kNoFiniteDifferences);
  }
}

void add_search_samples(Samples& samples) {
  samples.of("Where")
      .add(values({1, 0, 0, 1}, Dims{2, 2}))
      .add(values({0, 0}))
      .add(values({}, Dims{0, 2}));
  for (const char* op : {"Unique", "UniqueWithCounts"})
    samples.of(op).add(values({3, 1, 3, 2, 1})).add(values({}));
  for (const char* op : {"UniqueV2", "UniqueWithCountsV2"})
    samples.of(op)
        .add({values({3, 1, 3, 2, 1}), ints({})})
        .add({values({1, 2, 3, 4, 1, 2}, Dims{3, 2}), ints({0})});
  samples.of("TopK")
      .add(random({2, 4}), {{"k", 2}})
      .add(random({3}), {{"k", 0}});
  samples.of("TopKV2")
      .add({random({2, 4}), axis(2)})
      .add({random({3}), axis(3)}, {{"sorted", false}})
      .add({values({2, 2, 1, 2}), axis(2)}, kNoFiniteDifferences)
      .add({random({0, 3}), axis(1)});
}

}  // namespace

void add_indexing_samples(Samples& samples) {
  add_gather_samples(samples);
  add_scatter_samples(samples);
  add_segment_samples(samples);
  add_search_samples(samples);
}

}  // namespace tern

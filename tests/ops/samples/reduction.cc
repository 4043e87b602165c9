#include <string_view>

#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

void add_reduction(OpSamples& op,
                   double low = -2,
                   double high = 2,
                   unsigned flags = 0) {
  Sample::NamedAttrs kept = {{"keep_dims", true}};
  op.add({random({2, 3}, low, high), axis(0)}, flags)
      .add({random({2, 3}, low, high), axis(-1)}, kept, flags)
      .add({random({2, 2, 3}, low, high), ints({0, 2})}, flags)
      .add({random({2, 3}, low, high), ints({0, 1})}, kept, flags)
      .add({random({2, 3}, low, high), ints({})})
      .add({random({}, low, high), ints({})})
      .add({random({3, 0}), axis(0)})
      .add({random({5, 37}, low, high), axis(1)}, kNoFiniteDifferences)
      .add({random({37, 5}, low, high), axis(0)}, kNoFiniteDifferences);
}

}  // namespace

void add_reduction_samples(Samples& samples) {
  samples.of("NthElement")
      .add({random({2, 4}), axis(1)})
      .add({random({3}), axis(0)}, {{"reverse", true}})
      .add({random({0, 3}), axis(2)});
  samples.of("Bincount")
      .add({ints({1, 1, 3, 7}), axis(4), random({4})}, kNoFiniteDifferences)
      .add({ints({1, 1}), axis(2), random({0})}, kNoFiniteDifferences);
  samples.of("HistogramFixedWidth")
      .add({values({-1, 0, 1.5, 2, 5, 15}), values({0, 5}), axis(5)})
      .add({values({}), values({0, 1}), axis(2)});
  for (const char* op : {"Sum", "Mean", "Max", "Min", "All", "Any"})
    add_reduction(samples.of(op));
  // Its second derivative is built from that of Cumprod.
  add_reduction(samples.of("Prod"), 0.5, 1.5, kOnlyRealDerivatives);
  for (const char* op : {"Sum", "Mean", "Prod", "All", "Any"})
    samples.of(op).add({random({0, 3}), axis(0)}, kNoFiniteDifferences);
  for (const char* op : {"ArgMax", "ArgMin"})
    samples.of(op)
        .add({random({2, 3}), axis(1)})
        .add({random({2, 3}), axis(-2)})
        .add({random({2, 0}), axis(0)})
        .add({values({1, 3, 3, kNaN, 2}), axis(0)});
  for (const char* op : {"Cumsum", "Cumprod"}) {
    unsigned flags =
        op == std::string_view("Cumprod") ? kOnlyRealDerivatives : 0u;
    samples.of(op)
        .add({random({2, 3}, 0.5, 1.5), axis(1)}, flags)
        .add({random({2, 3}, 0.5, 1.5), axis(0)}, {{"exclusive", true}}, flags)
        .add({random({2, 3}, 0.5, 1.5), axis(-1)}, {{"reverse", true}}, flags)
        .add({random({3}, 0.5, 1.5), axis(0)},
             {{"exclusive", true}, {"reverse", true}},
             flags)
        .add({random({0, 3}), axis(1)});
  }
  samples.of("L2Loss").add(random({2, 3})).add(random({0})).add(scalar(3));
  samples.of("AddN")
      .add({random({2, 3}), random({2, 3}, 1, 2), random({2, 3}, 3, 5)})
      .add({random({})})
      .add({random({0, 2}), random({0, 2})});
}

}  // namespace tern

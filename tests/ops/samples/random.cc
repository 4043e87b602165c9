#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

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
}

}  // namespace tern

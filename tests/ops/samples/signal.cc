// Fourier transforms and sound.
#include "ops/harness/samples.h"
#include "tern/ops/audio.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

void add_transforms(Samples& samples) {
  for (const char* op : {"FFT", "IFFT"}) {
    const std::string name = op;
    samples.of(name)
        .add(random({2, 3}))
        .add(random({4}))
        .add(random({1}))
        .add(random({0, 3}))
        .add(random({2, 41}), kNoFiniteDifferences)
        .add(random({60}), kNoFiniteDifferences);
    samples.of(name + "2D").add(random({2, 2, 3})).add(random({0, 2, 2}));
    samples.of(name + "3D").add(random({2, 1, 3})).add(random({1, 0, 2, 2}));
    samples.of(name + "ND")
        .add({random({2, 3, 2}), ints({2, 2}), ints({0, 1})})
        .add({random({3, 2}), ints({2}), ints({-2})});
    for (const char* dims : {"", "2D", "3D"})
      samples.of("Batch" + name + dims).add(random({1, 2, 2, 3}));
  }
  for (auto [real, complex] :
       {std::pair(float32, complex64), std::pair(float64, complex128)}) {
    Sample::NamedAttrs types = {{"Treal", real}, {"Tcomplex", complex}};
    auto forward = [&](const char* op, Dims dims, std::vector<std::int64_t> n) {
      samples.of(op).add({random(std::move(dims)), ints(std::move(n))}, types);
    };
    forward("RFFT", {2, 4}, {4});
    forward("RFFT", {2, 5}, {5});
    forward("RFFT", {5}, {4});
    forward("RFFT", {0, 4}, {4});
    forward("RFFT2D", {2, 3, 4}, {3, 4});
    forward("RFFT2D", {3, 3}, {2, 3});
    forward("RFFT3D", {2, 3, 2}, {2, 3, 2});
    forward("IRFFT", {2, 3}, {4});
    forward("IRFFT", {3}, {5});
    forward("IRFFT", {4}, {4});
    forward("IRFFT2D", {3, 2}, {3, 2});
    forward("IRFFT3D", {2, 3, 2}, {2, 3, 3});
    samples.of("RFFTND").add({random({4, 2, 3}), ints({2, 4}), ints({1, 0})},
                             types);
    samples.of("IRFFTND").add({random({3, 2, 3}), ints({2, 4}), ints({1, 0})},
                              types);
  }
}

void add_sound(Samples& samples) {
  samples.of("EncodeWav").add({random({4, 2}, -1, 1.2), axis(8000)});
  samples.of("DecodeWav")
      .add(made([] {
        return audio::encode_wav({{0.5, -0.5}, {0.25, 2.0}}, 8000);
      }))
      .add(made([] {
             return audio::encode_wav({{0.5}, {0.25}}, 8000);
           }),
           {{"desired_channels", 3}, {"desired_samples", 4}});
  samples.of("AudioSpectrogram")
      .add(random({20, 2}), {{"window_size", 6}, {"stride", 4}})
      .add(random({3, 1}),
           {{"window_size", 4}, {"stride", 1}, {"magnitude_squared", true}});
  samples.of("Mfcc").add({random({1, 3, 65}, 0, 2), axis(8000)});
}

}  // namespace

void add_signal_samples(Samples& samples) {
  add_transforms(samples);
  add_sound(samples);
}

}  // namespace tern

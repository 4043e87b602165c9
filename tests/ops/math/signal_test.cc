#include "tern/ops/signal.h"

#include <catch2/catch.hpp>
#include <complex>
#include <numbers>
#include <vector>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/audio.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

using Complex = std::complex<double>;

/// Numbers without a pattern.
std::vector<Complex> some(int n) {
  std::vector<Complex> x;
  for (int i = 0; i < n; ++i)
    x.emplace_back(std::sin(1.0 + i * i), std::cos(0.3 * i * i));
  return x;
}

Tensor tensor_of(const std::vector<Complex>& x) {
  std::vector<double> re, im;
  for (const Complex& z : x) {
    re.push_back(z.real());
    im.push_back(z.imag());
  }
  return complex(Tensor(re), Tensor(im));
}

double distance(const Tensor& x, const Tensor& y) {
  return reduce_max(abs(cast(x, complex128) - cast(y, complex128)))
      .item<double>();
}

}  // namespace

TEST_CASE("A Fourier transform of any length is its sum") {
  // Powers of two, mixed factors, a large prime, a product with one.
  for (int n : {1, 2, 3, 4, 8, 12, 30, 49, 64, 97, 101, 2 * 53, 360}) {
    std::vector<Complex> x = some(n);
    std::vector<Complex> sums(x.size());
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j)
        sums[static_cast<std::size_t>(k)] +=
            x[static_cast<std::size_t>(j)] *
            std::polar(1.0, -2 * std::numbers::pi * j * k / n);
    Tensor transform = signal::fft(tensor_of(x));
    INFO(n);
    CHECK(distance(transform, tensor_of(sums)) < 1e-11 * n);
    CHECK(distance(signal::ifft(transform), tensor_of(x)) < 1e-13 * n);
  }
}

TEST_CASE("Transforms over two and three dimensions are those over each") {
  Tensor x = reshape(tensor_of(some(60)), {3, 4, 5});
  Tensor rows = signal::fft(x);
  Tensor both = transpose(signal::fft(transpose(rows, {.perm = {0, 2, 1}})),
                          {.perm = {0, 2, 1}});
  CHECK(distance(signal::fft2d(x), both) < 1e-12);
  Tensor all = transpose(signal::fft(transpose(both, {.perm = {2, 1, 0}})),
                         {.perm = {2, 1, 0}});
  CHECK(distance(signal::fft3d(x), all) < 1e-12);
}

TEST_CASE("A real transform is half of the complex one, cut or filled up") {
  Tensor x = constant({1.0, 2.0, 0.5, -1.0, 3.0}, float64);
  Tensor whole = signal::fft(cast(x, complex128));
  CHECK(distance(signal::rfft(x), whole[Slice{.stop = 3}]) < 1e-14);
  Tensor filled = concat({x, zeros({3}, float64)}, 0);
  CHECK(distance(signal::rfft(x, {.fft_length = {8}}), signal::rfft(filled)) <
        1e-14);
  CHECK(distance(signal::irfft(signal::rfft(x), {.fft_length = {5}}), x) <
        1e-14);
}

TEST_CASE("Overlapping frames add up to the signal again") {
  Tensor x = sin(cast(range(50), float32));
  Tensor spectra = signal::stft(x, 16, 4, {.pad_end = true});
  CHECK(spectra.shape() == Shape({13, 9}));
  Tensor again = signal::inverse_stft(
      spectra, 16, 4, {.window_fn = signal::inverse_stft_window_fn(4)});
  // At the ends some frames are missing.
  CHECK(distance(again[Slice{12, 50}], x[Slice{12, 50}]) < 1e-5);
}

TEST_CASE("Cosine transforms undo one another") {
  Tensor x = constant({1.0, -2.0, 0.5, 3.0}, float64, {1, 4});
  for (int type : {2, 3, 4})
    CHECK(distance(signal::idct(signal::dct(x, {.type = type, .norm = "ortho"}),
                                {.type = type, .norm = "ortho"}),
                   x) < 1e-14);
  // The second type: 2 sum x_j cos(pi (j + 1/2) k / n), at k = 0
  CHECK(signal::dct(x)[{0, 0}].item<double>() == Approx(2 * 2.5));
}

TEST_CASE("The gradient of a transform is its adjoint") {
  Tensor x = constant({1.0, 2.0, 3.0, 4.0}, float64);
  GradientTape tape;
  tape.watch(x);
  Tensor y = signal::rfft(x);
  // Parseval: the sum of |X|² over all terms is n times that of x².
  Tensor weights = constant({1.0, 2.0, 1.0}, float64);
  Tensor power = reduce_sum(square(abs(y)) * weights);
  CHECK(distance(tape.gradient(power, x), 8 * x) < 1e-12);
}

TEST_CASE("A sound comes out of its file as it went in, 16 bits of it") {
  Tensor sound = Tensor{{0.5, -0.25}, {0.0, -1.0}, {2.0, 0.125}};
  Tensor file = audio::encode_wav(sound, 8000);
  auto [decoded, rate] = audio::decode_wav(file);
  CHECK(rate.item<std::int32_t>() == 8000);
  CHECK(decoded.shape() == Shape({3, 2}));
  CHECK(decoded[{2, 0}].item<float>() == 32767.0f / 32768);
  CHECK(decoded[{1, 1}].item<float>() == -1);
  CHECK_THROWS_AS(audio::decode_wav("RIFFxxxxWAVEfmt "), InvalidArgumentError);
}

TEST_CASE("A generator's numbers go on from its state") {
  auto one = random::Generator::from_seed(7),
       two = random::Generator::from_seed(7);
  Tensor first = one.normal({3}), second = one.normal({3});
  CHECK(reduce_all(first == two.normal({3})).item<bool>());
  CHECK_FALSE(reduce_any(first == second).item<bool>());
  CHECK(reduce_all(second == two.normal({3})).item<bool>());
  CHECK(one.make_seeds(2).shape() == Shape({2, 2}));
  CHECK(one.split(3).size() == 3);
}

TEST_CASE("Random distributions have their means") {
  random::set_seed(5);
  auto mean = [](const Tensor& x) {
    return reduce_mean(cast(x, float64)).item<double>();
  };
  CHECK(mean(random::gamma({20000}, 3.0)) == Approx(3).epsilon(0.03));
  CHECK(mean(random::gamma({20000}, 0.5, {.beta = 2.0})) ==
        Approx(0.25).epsilon(0.05));
  CHECK(mean(random::poisson({20000}, 2.5)) == Approx(2.5).epsilon(0.03));
  CHECK(mean(random::poisson({20000}, 40.0)) == Approx(40).epsilon(0.01));
  CHECK(mean(random::stateless_binomial({20000}, {1, 2}, 30.0, 0.7)) ==
        Approx(21).epsilon(0.01));
  // Two classes, odds of 1 to 3.
  Tensor logits = log(constant({1.0, 3.0}, float32, {1, 2}));
  CHECK(mean(random::categorical(logits, 20000)) == Approx(0.75).epsilon(0.03));
  random::set_seed(std::nullopt);
}

}  // namespace tern

// Spectrograms, and mel-frequency cepstral coefficients of them.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "kernels/cpu/plain/signal/fourier.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr double kPi = std::numbers::pi;

/// Transforms of frames under Hann's window, filled up with zeros to a power
/// of two.
void audio_spectrogram(KernelContext& c) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output();
  if (output.num_elements() == 0) return;
  const auto window_size = c.attr<std::int64_t>("window_size");
  const auto stride = c.attr<std::int64_t>("stride");
  const bool squared = c.attr<bool>("magnitude_squared");
  const std::int64_t channels = input.shape()[1];
  const std::int64_t frames = output.shape()[1], bins = output.shape()[2];
  const std::int64_t n = 2 * (bins - 1);
  const auto plan = kernels::FourierTransform<double>::of(n);
  std::vector<double> window;
  for (std::int64_t i = 0; i < window_size; ++i)
    window.push_back(0.5 - 0.5 * std::cos(2 * kPi * static_cast<double>(i) /
                                          static_cast<double>(window_size)));
  const float* x = c.in<float>(0).data();
  float* y = c.out<float>().data();
  parallel_for(
      channels * frames,
      std::max<std::int64_t>(1, 8192 / n),
      [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> re(static_cast<std::size_t>(n)), im(re.size());
        std::vector<double> scratch(
            static_cast<std::size_t>(plan->scratch_size()));
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t channel = i / frames, frame = i % frames;
          std::fill(re.begin(), re.end(), 0.0);
          std::fill(im.begin(), im.end(), 0.0);
          for (std::size_t k = 0; k < window.size(); ++k)
            re[k] = window[k] *
                    static_cast<double>(
                        x[(frame * stride + static_cast<std::int64_t>(k)) *
                              channels +
                          channel]);
          plan->run(re.data(), im.data(), scratch.data(), 1);
          for (std::int64_t k = 0; k < bins; ++k) {
            const auto at = static_cast<std::size_t>(k);
            const double power = re[at] * re[at] + im[at] * im[at];
            y[i * bins + k] =
                static_cast<float>(squared ? power : std::sqrt(power));
          }
        }
      });
}

double mel_of(double hertz) { return 1127 * std::log1p(hertz / 700); }

/// Triangles of equal width on the mel scale that overlap by half.
class MelFilters {
 public:
  MelFilters(std::int64_t bins,
             double sample_rate,
             std::int64_t filters,
             double lower,
             double upper)
      : filters_(filters) {
    const double low = mel_of(lower);
    const double spacing =
        (mel_of(upper) - low) / static_cast<double>(filters + 1);
    std::vector<double> centers;
    for (std::int64_t i = 0; i <= filters; ++i)
      centers.push_back(low + spacing * static_cast<double>(i + 1));
    const double hertz_per_bin =
        0.5 * sample_rate / static_cast<double>(bins - 1);
    const auto most = static_cast<double>(bins);
    first_ =
        static_cast<std::int64_t>(std::min(1.5 + lower / hertz_per_bin, most));
    last_ = std::min(
        static_cast<std::int64_t>(std::min(upper / hertz_per_bin, most)),
        bins - 1);
    std::int64_t filter = 0;
    for (std::int64_t i = first_; i <= last_; ++i) {
      const double mel = mel_of(static_cast<double>(i) * hertz_per_bin);
      while (filter < filters &&
             centers[static_cast<std::size_t>(filter)] < mel)
        ++filter;
      const std::int64_t below = filter - 1;
      const double left =
          below >= 0 ? centers[static_cast<std::size_t>(below)] : low;
      const double right = centers[static_cast<std::size_t>(below + 1)];
      bins_.push_back({below, (right - mel) / (right - left)});
    }
  }

  /// Of the square roots of a spectrogram's frame.
  void apply(const float* spectrogram, std::vector<double>& result) const {
    result.assign(static_cast<std::size_t>(filters_), 0);
    for (std::size_t i = 0; i < bins_.size(); ++i) {
      const double value = std::sqrt(static_cast<double>(
          spectrogram[first_ + static_cast<std::int64_t>(i)]));
      const double part = value * bins_[i].weight;
      const std::int64_t below = bins_[i].below;
      if (below >= 0) result[static_cast<std::size_t>(below)] += part;
      if (below + 1 < filters_)
        result[static_cast<std::size_t>(below + 1)] += value - part;
    }
  }

 private:
  /// A bin goes to the filter below it with `weight`, to the one above with
  /// the rest.
  struct Bin {
    std::int64_t below;
    double weight;
  };
  std::int64_t filters_, first_ = 0, last_ = 0;
  std::vector<Bin> bins_;
};

void mfcc(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  const std::int64_t bins = shape[2];
  const std::int32_t rate = c.in<std::int32_t>(1)[0];
  const double upper = c.attr<float>("upper_frequency_limit");
  const double lower = c.attr<float>("lower_frequency_limit");
  const auto filters = c.attr<std::int64_t>("filterbank_channel_count");
  const auto count = c.attr<std::int64_t>("dct_coefficient_count");
  if (bins < 2 || rate <= 0 || !(lower >= 0) || !(lower < upper) ||
      !std::isfinite(upper))
    throw InvalidArgumentError("Mfcc initialization failed for channel count ",
                               bins,
                               ", sample rate ",
                               rate,
                               " lower_frequency_limit: ",
                               lower,
                               " and upper_frequency_limit: ",
                               upper);
  const MelFilters mel(bins, rate, filters, lower, upper);
  std::vector<double> cosines;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j < filters; ++j)
      cosines.push_back(
          std::sqrt(2.0 / static_cast<double>(filters)) *
          std::cos(static_cast<double>(i) * kPi / static_cast<double>(filters) *
                   (static_cast<double>(j) + 0.5)));
  const float* x = c.in<float>(0).data();
  float* y = c.out<float>().data();
  constexpr double kFloor = 1e-12;
  parallel_for(
      shape[0] * shape[1], 16, [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> energies;
        for (std::int64_t row = begin; row < end; ++row) {
          mel.apply(x + row * bins, energies);
          for (double& e : energies) e = std::log(std::max(e, kFloor));
          for (std::int64_t i = 0; i < count; ++i) {
            double sum = 0;
            for (std::size_t j = 0; j < energies.size(); ++j)
              sum += cosines[static_cast<std::size_t>(i * filters) + j] *
                     energies[j];
            y[row * count + i] = static_cast<float>(sum);
          }
        }
      });
}

}  // namespace

void register_mfcc_kernels(KernelRegistry& registry) {
  registry.add("AudioSpectrogram", {}, audio_spectrogram);
  registry.add("Mfcc", {}, mfcc);
}

}  // namespace tern

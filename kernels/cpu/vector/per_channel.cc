// Kernels with parameters a channel: BiasAdd of the dtypes that networks
// compute in, and FusedBatchNorm (statistics in float whatever x is).

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/common/bias.h"
#include "kernels/common/channel_layout.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kGrain = 1 << 14;
/// Sums that run side by side over a plane of one channel.
constexpr std::int64_t kLanes = 32;

/// Calls f(element, channel) for all elements, in parallel.
template <class F>
void for_each_element(const ChannelLayout& layout, F f) {
  std::int64_t channels = layout.channels, inner = layout.inner;
  if (layout.outer * inner * channels == 0) return;
  if (inner == 1) {
    parallel_for(layout.outer,
                 std::max<std::int64_t>(1, kGrain / channels),
                 [=](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t row = begin; row < end; ++row)
#pragma GCC ivdep
                     for (std::int64_t c = 0; c < channels; ++c)
                       f(row * channels + c, c);
                 });
    return;
  }
  parallel_for(layout.outer * channels,
               std::max<std::int64_t>(1, kGrain / inner),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t plane = begin; plane < end; ++plane) {
                   std::int64_t channel = plane % channels;
#pragma GCC ivdep
                   for (std::int64_t j = 0; j < inner; ++j)
                     f(plane * inner + j, channel);
                 }
               });
}

/// Two sums a channel.
struct ChannelSums {
  std::vector<double> first, second;
  explicit ChannelSums(std::int64_t channels)
      : first(static_cast<std::size_t>(channels)),
        second(static_cast<std::size_t>(channels)) {}
};

/// Sums over rows of channels: each block of rows has sums of its own, added
/// up in order, so that the result does not depend on the threads.
template <class F>
ChannelSums sum_rows(const ChannelLayout& layout, F f) {
  std::int64_t channels = layout.channels;
  std::int64_t rows = std::max<std::int64_t>(1, kGrain / channels);
  std::int64_t blocks = (layout.outer + rows - 1) / rows;
  std::vector<float> partial(static_cast<std::size_t>(blocks * channels * 2));
  float* partials = partial.data();
  parallel_for(blocks, 1, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      float* first = partials + block * channels * 2;
      float* second = first + channels;
      std::int64_t last = std::min(layout.outer, (block + 1) * rows);
      for (std::int64_t row = block * rows; row < last; ++row)
#pragma GCC ivdep
        for (std::int64_t c = 0; c < channels; ++c)
          f(row * channels + c, c, first[c], second[c]);
    }
  });
  ChannelSums sums(channels);
  for (std::int64_t block = 0; block < blocks; ++block)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* first = partials + block * channels * 2 + c;
      sums.first[static_cast<std::size_t>(c)] += first[0];
      sums.second[static_cast<std::size_t>(c)] += first[channels];
    }
  return sums;
}

/// Sums over planes of one channel each.
template <class F>
ChannelSums sum_planes(const ChannelLayout& layout, F f) {
  ChannelSums sums(layout.channels);
  double* totals[] = {sums.first.data(), sums.second.data()};
  std::int64_t inner = layout.inner, channels = layout.channels;
  std::int64_t grain =
      std::max<std::int64_t>(1, kGrain / (layout.outer * inner));
  parallel_for(channels, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      for (std::int64_t outer = 0; outer < layout.outer; ++outer) {
        std::int64_t start = (outer * channels + c) * inner;
        float first[kLanes] = {}, second[kLanes] = {};
        std::int64_t j = 0;
        for (; j + kLanes <= inner; j += kLanes)
          for (std::int64_t lane = 0; lane < kLanes; ++lane)
            f(start + j + lane, c, first[lane], second[lane]);
        for (; j < inner; ++j) f(start + j, c, first[0], second[0]);
        for (std::int64_t lane = 0; lane < kLanes; ++lane) {
          totals[0][c] += first[lane];
          totals[1][c] += second[lane];
        }
      }
    }
  });
  return sums;
}

/// f(element, channel, sum, sum) adds one element to its channel's two sums.
template <class F>
ChannelSums sum_channels(const ChannelLayout& layout, F f) {
  if (layout.outer * layout.inner * layout.channels == 0)
    return ChannelSums(layout.channels);
  return layout.inner == 1 ? sum_rows(layout, f) : sum_planes(layout, f);
}

/// Mean and biased variance of each channel.
template <class T>
void batch_moments(const ChannelLayout& layout,
                   const T* x,
                   float* mean,
                   float* variance) {
  double count = static_cast<double>(layout.outer * layout.inner);
  ChannelSums sums = sum_channels(
      layout, [=](std::int64_t i, std::int64_t, float& sum, float&) {
        sum += static_cast<float>(x[i]);
      });
  for (std::int64_t c = 0; c < layout.channels; ++c)
    mean[c] =
        static_cast<float>(sums.first[static_cast<std::size_t>(c)] / count);
  // Around the mean as it is stored: its rounding enters the second sum.
  sums = sum_channels(
      layout, [=](std::int64_t i, std::int64_t c, float& sum, float& squares) {
        float centered = static_cast<float>(x[i]) - mean[c];
        sum += centered;
        squares += centered * centered;
      });
  for (std::int64_t c = 0; c < layout.channels; ++c) {
    double off = sums.first[static_cast<std::size_t>(c)] / count;
    double square = sums.second[static_cast<std::size_t>(c)] / count;
    variance[c] = static_cast<float>(std::max(square - off * off, 0.0));
  }
}

enum Input { kX, kScale, kOffset, kMean, kVariance };
enum Output { kY, kBatchMean, kBatchVariance, kReserve1, kReserve2, kReserve3 };

/// y = (x - mean) · factor + offset.
template <class T>
void normalize(KernelContext& context,
               const ChannelLayout& layout,
               const float* mean,
               const float* variance) {
  float epsilon = context.attr<float>("epsilon");
  const float* scale = context.in<float>(kScale).data();
  const float* offset = context.in<float>(kOffset).data();
  std::vector<float> factors(static_cast<std::size_t>(layout.channels));
  for (std::int64_t c = 0; c < layout.channels; ++c)
    factors[static_cast<std::size_t>(c)] =
        scale[c] / std::sqrt(variance[c] + epsilon);
  const float* factor = factors.data();
  const T* x = context.in<T>(kX).data();
  T* y = context.out<T>(kY).data();
  for_each_element(layout, [=](std::int64_t i, std::int64_t c) {
    y[i] = static_cast<T>((static_cast<float>(x[i]) - mean[c]) * factor[c] +
                          offset[c]);
  });
}

template <class T>
void batch_norm(KernelContext& context) {
  const ChannelLayout layout(context, context.input(kX).shape());
  std::int64_t channels = layout.channels;
  float* batch_mean = context.out<float>(kBatchMean).data();
  float* batch_variance = context.out<float>(kBatchVariance).data();
  float* saved_mean = context.out<float>(kReserve1).data();
  float* saved_variance = context.out<float>(kReserve2).data();
  if (context.num_outputs() > kReserve3)
    *context.out<float>(kReserve3).data() = 0;

  if (context.input(kX).num_elements() == 0) {
    for (float* moments : {batch_mean, batch_variance})
      std::fill_n(moments, channels, std::numeric_limits<float>::quiet_NaN());
    for (float* moments : {saved_mean, saved_variance})
      std::fill_n(moments, channels, 0.0f);
    return;
  }

  const float* old_mean = context.in<float>(kMean).data();
  const float* old_variance = context.in<float>(kVariance).data();
  if (!context.attr<bool>("is_training")) {
    for (float* copy : {batch_mean, saved_mean})
      std::copy_n(old_mean, channels, copy);
    for (float* copy : {batch_variance, saved_variance})
      std::copy_n(old_variance, channels, copy);
    normalize<T>(context, layout, old_mean, old_variance);
    return;
  }
  batch_moments(layout, context.in<T>(kX).data(), saved_mean, saved_variance);
  normalize<T>(context, layout, saved_mean, saved_variance);
  // What moving averages take is the unbiased estimate.
  float count = static_cast<float>(layout.outer * layout.inner);
  float unbiased = count / std::max(count - 1, 1.0f);
  float weight = context.attr<float>("exponential_avg_factor");
  for (std::int64_t c = 0; c < channels; ++c) {
    batch_mean[c] = saved_mean[c];
    batch_variance[c] = saved_variance[c] * unbiased;
    if (weight == 1) continue;
    batch_mean[c] = weight * batch_mean[c] + (1 - weight) * old_mean[c];
    batch_variance[c] =
        weight * batch_variance[c] + (1 - weight) * old_variance[c];
  }
}

/// With r = 1/sqrt(variance + epsilon), m the mean over a channel and x
/// centered: dscale = r·Σ dy·x, doffset = Σ dy, and
/// dx = scale·r·dy, in training less what the moments pass on:
/// dx = scale·r·(dy - m(dy) - x·r²·m(dy·x)).
template <class T>
void batch_norm_grad(KernelContext& context) {
  const ChannelLayout layout(context, context.input(1).shape());
  const T* dy = context.in<T>(0).data();
  const T* x = context.in<T>(1).data();
  const float* scale = context.in<float>(2).data();
  const float* mean = context.in<float>(3).data();
  const float* variance = context.in<float>(4).data();
  T* dx = context.out<T>(0).data();
  float* dscale = context.out<float>(1).data();
  float* doffset = context.out<float>(2).data();
  float epsilon = context.attr<float>("epsilon");
  bool training = context.attr<bool>("is_training");

  ChannelSums sums = sum_channels(
      layout, [=](std::int64_t i, std::int64_t c, float& sum, float& product) {
        float d = static_cast<float>(dy[i]);
        sum += d;
        product += d * (static_cast<float>(x[i]) - mean[c]);
      });
  std::size_t channels = static_cast<std::size_t>(layout.channels);
  std::vector<float> factors(channels), shifts(channels), slopes(channels);
  double count = static_cast<double>(layout.outer * layout.inner);
  for (std::size_t c = 0; c < channels; ++c) {
    float r = 1 / std::sqrt(variance[c] + epsilon);
    dscale[c] = static_cast<float>(sums.second[c] * r);
    doffset[c] = static_cast<float>(sums.first[c]);
    factors[c] = scale[c] * r;
    if (!training) continue;
    shifts[c] = static_cast<float>(sums.first[c] / count);
    slopes[c] = static_cast<float>(sums.second[c] / count * r * r);
  }
  const float* factor = factors.data();
  const float* shift = shifts.data();
  const float* slope = slopes.data();
  for_each_element(layout, [=](std::int64_t i, std::int64_t c) {
    float centered = static_cast<float>(x[i]) - mean[c];
    dx[i] = static_cast<T>(factor[c] * (static_cast<float>(dy[i]) - shift[c] -
                                        centered * slope[c]));
  });
}

template <class T>
void add_batch_norm(KernelRegistry& registry) {
  for (const char* op : {"FusedBatchNormV2", "FusedBatchNormV3"})
    registry.add(op, {{"T", dtype_of<T>}, {"U", float32}}, batch_norm<T>);
  for (const char* op : {"FusedBatchNormGradV2", "FusedBatchNormGradV3"})
    registry.add(op, {{"T", dtype_of<T>}, {"U", float32}}, batch_norm_grad<T>);
}

}  // namespace

void register_per_channel_kernels(KernelRegistry& registry) {
  bias::add_kernels<float, double>(registry);
  registry.add("FusedBatchNorm", {{"T", float32}}, batch_norm<float>);
  registry.add("FusedBatchNormGrad", {{"T", float32}}, batch_norm_grad<float>);
  add_batch_norm<float>(registry);
  add_batch_norm<Half>(registry);
  add_batch_norm<BFloat16>(registry);
}

}  // namespace tern

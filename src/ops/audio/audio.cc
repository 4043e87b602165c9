// audio.cc: sound files, spectrograms and mel cepstra.

#include "tern/ops/audio.h"

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::int64_t power_of_two_from(std::int64_t n) {
  std::int64_t power = 1;
  while (power < n) power *= 2;
  return power;
}

void infer_decode_wav(InferContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() != 0)
    throw InvalidArgumentError("contents must be scalar, got shape ",
                               c.input(0).debug_string());
  auto wanted = [&](const char* name) {
    const auto value = c.attr<std::int64_t>(name);
    if (value < -1)
      throw InvalidArgumentError(
          name, " must be non-negative or -1, got ", value);
    return value;
  };
  const std::int64_t channels = wanted("desired_channels");
  c.set_output(0, {wanted("desired_samples"), channels});
  c.set_output(1, Shape());
}

void infer_encode_wav(InferContext& c) {
  if (c.input(0).has_rank() && c.input(0).rank() != 2)
    throw InvalidArgumentError("audio must be 2-dimensional",
                               c.input(0).debug_string());
  if (c.input(1).has_rank() && c.input(1).rank() != 0)
    throw InvalidArgumentError("sample_rate must be scalar, got shape ",
                               c.input(1).debug_string());
  c.set_output(0, Shape());
}

/// [samples, channels] to [channels, frames, frequencies].
void infer_spectrogram(InferContext& c) {
  const Shape& input = c.input(0);
  if (input.has_rank() && input.rank() != 2)
    throw InvalidArgumentError("input must be 2-dimensional",
                               input.debug_string());
  const auto window = c.attr<std::int64_t>("window_size");
  const auto stride = c.attr<std::int64_t>("stride");
  constexpr std::int64_t kLongest = std::int64_t{1} << 30;
  if (window < 2 || window > kLongest)
    throw InvalidArgumentError("window size must be >= 2, got ", window);
  if (stride < 1)
    throw InvalidArgumentError("stride must be strictly positive, got ",
                               stride);
  if (!input.has_rank()) return c.set_output(0, Shape::unknown_dims(3));
  std::int64_t frames = -1;
  if (input[0] >= 0)
    frames = input[0] < window ? 0 : 1 + (input[0] - window) / stride;
  c.set_output(0, {input[1], frames, 1 + power_of_two_from(window) / 2});
}

void infer_mfcc(InferContext& c) {
  const Shape& input = c.input(0);
  if (input.has_rank() && input.rank() != 3)
    throw InvalidArgumentError("spectrogram must be 3-dimensional",
                               input.debug_string());
  if (c.input(1).has_rank() && c.input(1).num_elements() != 1)
    throw InvalidArgumentError(
        "Input sample_rate should be a scalar tensor, "
        "got ",
        c.input(1).debug_string(),
        " instead.");
  const auto coefficients = c.attr<std::int64_t>("dct_coefficient_count");
  const auto channels = c.attr<std::int64_t>("filterbank_channel_count");
  constexpr std::int64_t kMostChannels = 1 << 16;
  if (coefficients <= 0 || channels > kMostChannels || coefficients > channels)
    throw InvalidArgumentError(
        "dct_coefficient_count must be positive and at most "
        "filterbank_channel_count, which is limited to ",
        kMostChannels,
        "; got ",
        coefficients,
        " and ",
        channels);
  if (!input.has_rank()) return c.set_output(0, Shape::unknown_dims(3));
  c.set_output(0, {input[0], input[1], coefficients});
}

}  // namespace

void register_audio_ops(OpRegistry& registry) {
  registry.add("DecodeWav")
      .input("contents: string")
      .output("audio: float")
      .output("sample_rate: int32")
      .attr("desired_channels: int = -1")
      .attr("desired_samples: int = -1")
      .infer(infer_decode_wav)
      .all_set_by_kernel();
  registry.add("EncodeWav")
      .input("audio: float")
      .input("sample_rate: int32")
      .output("contents: string")
      .infer(infer_encode_wav);
  registry.add("AudioSpectrogram")
      .input("input: float")
      .output("spectrogram: float")
      .attr("window_size: int")
      .attr("stride: int")
      .attr("magnitude_squared: bool = false")
      .infer(infer_spectrogram);
  registry.add("Mfcc")
      .input("spectrogram: float")
      .input("sample_rate: int32")
      .output("output: float")
      .attr("upper_frequency_limit: float = 4000")
      .attr("lower_frequency_limit: float = 20")
      .attr("filterbank_channel_count: int = 40")
      .attr("dct_coefficient_count: int = 13")
      .infer(infer_mfcc);
}

namespace audio {

DecodedWav decode_wav(const Tensor& contents, const DecodeWavOptions& options) {
  Tensors outputs =
      raw<"DecodeWav">.outputs({contents},
                               {{"desired_channels", options.desired_channels},
                                {"desired_samples", options.desired_samples}});
  return {outputs[0], outputs[1]};
}

Tensor encode_wav(const Tensor& audio, const Tensor& sample_rate) {
  return raw<"EncodeWav">(audio, sample_rate);
}

}  // namespace audio
}  // namespace tern

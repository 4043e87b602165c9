#pragma once

#include "tern/core/tensor.h"

/// Sound files: RIFF WAVE with 16-bit samples.
namespace tern::audio {

struct DecodedWav {
  Tensor audio;        ///< float32 [samples, channels], in [-1, 1)
  Tensor sample_rate;  ///< int32 scalar, samples a second
};
struct DecodeWavOptions {
  int desired_channels = -1;  ///< more than there are: copies of the last one
  int desired_samples = -1;   ///< more than there are: zeros
};
/// The sound in the bytes of a file. Throws InvalidArgumentError for anything
/// but PCM of 16 bits.
DecodedWav decode_wav(const Tensor& contents,
                      const DecodeWavOptions& options = {});

/// The bytes of a file with that sound, [samples, channels], cut to [-1, 1].
Tensor encode_wav(const Tensor& audio, const Tensor& sample_rate);

}  // namespace tern::audio

// Sound files: RIFF WAVE, PCM of 16 bits.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Reads a file's bytes from the front, little-endian.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}

  bool is_at_end() const { return data_.empty(); }
  std::size_t left() const { return data_.size(); }
  std::string_view text(std::size_t size) {
    if (data_.size() < size)
      throw InvalidArgumentError("Data too short when trying to read string");
    std::string_view result = data_.substr(0, size);
    data_.remove_prefix(size);
    return result;
  }
  void expect(std::string_view wanted) {
    std::string_view found = text(wanted.size());
    if (found != wanted)
      throw InvalidArgumentError(
          "Header mismatch: Expected ", wanted, " but found ", found);
  }
  template <class T>
  T value() {
    if (data_.size() < sizeof(T))
      throw InvalidArgumentError("Data too short when trying to read value");
    T result = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      result = static_cast<T>(
          result | static_cast<T>(static_cast<unsigned char>(data_[i]))
                       << (8 * i));
    data_.remove_prefix(sizeof(T));
    return result;
  }
  void skip(std::size_t size) {
    if (data_.size() < size)
      throw InvalidArgumentError(
          "Data too short when trying to skip ", size, " bytes");
    data_.remove_prefix(size);
  }

 private:
  std::string_view data_;
};

struct Wav {
  std::uint32_t sample_rate = 0;
  std::int64_t channels = 0, samples = 0;
  std::string_view data;
};

void read_format(Bytes& bytes, Wav& wav) {
  bytes.expect("fmt ");
  const auto size = bytes.value<std::uint32_t>();
  if (size != 16 && size != 18)
    throw InvalidArgumentError(
        "Bad format chunk size for WAV: Expected 16 or 18, but got", size);
  const auto format = bytes.value<std::uint16_t>();
  if (format != 1)
    throw InvalidArgumentError(
        "Bad audio format for WAV: Expected 1 (PCM), but got", format);
  wav.channels = bytes.value<std::uint16_t>();
  if (wav.channels < 1)
    throw InvalidArgumentError(
        "Bad number of channels for WAV: Expected at least 1, but got ",
        wav.channels);
  wav.sample_rate = bytes.value<std::uint32_t>();
  const auto bytes_per_second = bytes.value<std::uint32_t>();
  const auto bytes_per_sample = bytes.value<std::uint16_t>();
  const auto bits = bytes.value<std::uint16_t>();
  if (bits != 16)
    throw InvalidArgumentError("Can only read 16-bit WAV files, but received ",
                               bits);
  const std::int64_t expected = 2 * wav.channels;
  if (expected != bytes_per_sample)
    throw InvalidArgumentError("Bad bytes per sample in WAV header: Expected ",
                               expected,
                               " but got ",
                               bytes_per_sample);
  const std::int64_t rate = expected * wav.sample_rate;
  if (rate != bytes_per_second)
    throw InvalidArgumentError("Bad bytes per second in WAV header: Expected ",
                               rate,
                               " but got ",
                               bytes_per_second,
                               " (sample_rate=",
                               wav.sample_rate,
                               ", bytes_per_sample=",
                               bytes_per_sample,
                               ")");
  if (size == 18) bytes.value<std::uint16_t>();
}

Wav read_wav(std::string_view contents) {
  Bytes bytes(contents);
  Wav wav;
  bytes.expect("RIFF");
  bytes.value<std::uint32_t>();
  bytes.expect("WAVE");
  read_format(bytes, wav);
  bool has_data = false;
  while (!bytes.is_at_end()) {
    const std::string_view id = bytes.text(4);
    const auto size = bytes.value<std::uint32_t>();
    if (size >
        static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max()))
      throw InvalidArgumentError("WAV data chunk '",
                                 id,
                                 "' is too large: ",
                                 size,
                                 " bytes, but the limit is ",
                                 std::numeric_limits<std::int32_t>::max());
    if (id != "data") {
      bytes.skip(size);
      continue;
    }
    if (has_data)
      throw InvalidArgumentError("More than one data chunk found in WAV");
    has_data = true;
    wav.samples = size / (2 * wav.channels);
    const auto used = static_cast<std::size_t>(2 * wav.channels * wav.samples);
    if (bytes.left() < used)
      throw InvalidArgumentError("Data too short when trying to read value");
    wav.data = bytes.text(used);
  }
  if (!has_data) throw InvalidArgumentError("No data chunk found in WAV");
  return wav;
}

void decode_wav(KernelContext& c) {
  const Wav wav = read_wav(*c.input(0).data<std::string>());
  const auto wanted_channels = c.attr<std::int64_t>("desired_channels");
  const auto wanted_samples = c.attr<std::int64_t>("desired_samples");
  const std::int64_t channels =
      wanted_channels < 0 ? wav.channels : wanted_channels;
  const std::int64_t samples =
      wanted_samples < 0 ? wav.samples : wanted_samples;
  float* audio = c.allocate_output(0, {samples, channels}).data<float>();
  for (std::int64_t i = 0; i < samples; ++i)
    for (std::int64_t channel = 0; channel < channels; ++channel) {
      float value = 0;
      if (i < wav.samples) {
        const auto at = static_cast<std::size_t>(
            2 * (i * wav.channels + std::min(channel, wav.channels - 1)));
        const auto low = static_cast<unsigned char>(wav.data[at]);
        const auto high = static_cast<unsigned char>(wav.data[at + 1]);
        value = static_cast<float>(static_cast<std::int16_t>(low | high << 8)) /
                32768.0f;
      }
      audio[i * channels + channel] = value;
    }
  c.allocate_output(1, Shape()).data<std::int32_t>()[0] =
      static_cast<std::int32_t>(wav.sample_rate);
}

template <class T>
void append(std::string& to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    to += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

void encode_wav(KernelContext& c) {
  const Tensor& audio = c.input(0);
  const std::int64_t samples = audio.shape()[0], channels = audio.shape()[1];
  const std::int32_t rate = c.in<std::int32_t>(1)[0];
  constexpr std::int64_t kHeader = 44;
  if (channels < 1 || channels > std::numeric_limits<std::uint16_t>::max() / 2)
    throw InvalidArgumentError(
        "num_channels must be positive and fit 16 bits, got ", channels);
  if (rate <= 0)
    throw InvalidArgumentError("sample_rate must be positive, got ", rate);
  if (samples <= 0)
    throw InvalidArgumentError("num_frames must be positive, got ", samples);
  const std::int64_t size = 2 * channels * samples;
  const std::int64_t bytes_per_second = 2 * channels * rate;
  if (size + kHeader > std::numeric_limits<std::uint32_t>::max() ||
      bytes_per_second > std::numeric_limits<std::uint32_t>::max())
    throw InvalidArgumentError(
        "Provided channels and frames cannot be encoded as a WAV.");
  std::string wav = "RIFF";
  wav.reserve(static_cast<std::size_t>(size + kHeader));
  append(wav, static_cast<std::uint32_t>(size + kHeader - 8));
  wav += "WAVEfmt ";
  append(wav, std::uint32_t{16});
  append(wav, std::uint16_t{1});  // PCM
  append(wav, static_cast<std::uint16_t>(channels));
  append(wav, rate);
  append(wav, static_cast<std::uint32_t>(bytes_per_second));
  append(wav, static_cast<std::uint16_t>(2 * channels));
  append(wav, std::uint16_t{16});  // bits
  wav += "data";
  append(wav, static_cast<std::uint32_t>(size));
  for (const float sample : c.in<float>(0)) {
    const float scaled = std::round(sample * 32768.0f);
    append(wav,
           static_cast<std::int16_t>(
               std::isnan(scaled) ? 0 : std::clamp(scaled, -32768.f, 32767.f)));
  }
  *c.out<std::string>().data() = std::move(wav);
}

}  // namespace

void register_wav_kernels(KernelRegistry& registry) {
  registry.add("DecodeWav", {}, decode_wav);
  registry.add("EncodeWav", {}, encode_wav);
}

}  // namespace tern

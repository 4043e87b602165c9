// spectral.cc: short-time and cosine transforms, mel frequencies.

#include <cmath>
#include <numbers>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/signal.h"

namespace tern::signal {
namespace {

constexpr double kPi = std::numbers::pi;

int power_of_two_from(int n) {
  int power = 1;
  while (power < n) power *= 2;
  return power;
}

/// x[..., first:last]
Tensor columns(const Tensor& x,
               std::optional<std::int64_t> first,
               std::optional<std::int64_t> last) {
  return x[{ellipsis, Slice{first, last}}];
}

Tensor turned_round(const Tensor& x) { return reverse(x, -1); }

/// exp(sign i π k / 2n) for k < n, in the complex dtype of `dtype`.
Tensor quarter_turns(const Tensor& n, DType dtype, double sign) {
  Tensor angle = cast(range(n), dtype) * (sign * kPi * 0.5) / cast(n, dtype);
  return complex(cos(angle), sin(angle));
}

Tensor last_size(const Tensor& x) { return shape(x)[-1]; }

/// [first, rest, rest, …] of n elements.
Tensor first_and_rest(const Tensor& n,
                      const Tensor& first,
                      const Tensor& rest) {
  return where(range(n) == 0, first, rest);
}

/// The first n elements of the last dimension, zeros where it is shorter.
Tensor with_length(const Tensor& x, int n) {
  Tensor cut = columns(x, {}, n);
  const int rank = x.shape().rank();
  Tensor missing = n - last_size(cut);
  Tensor place = one_hot(Tensor(2 * rank - 1), 2 * rank, {.dtype = int32});
  return pad(cut, reshape(place * missing, {rank, 2}));
}

double mel_of(double hertz) { return 1127 * std::log1p(hertz / 700); }
Tensor mel_of(const Tensor& hertz) { return 1127 * log(1 + hertz / 700); }

Tensor dct1(const Tensor& x) {
  Tensor mirrored = x[{ellipsis, Slice{-2, 0, -1}}];
  return math::real(rfft(concat({x, mirrored}, -1)));
}

Tensor dct2(const Tensor& x, bool is_ortho) {
  const DType dtype = x.dtype();
  Tensor n = last_size(x);
  Tensor terms = rfft(concat({x, zeros_like(x)}, -1));
  terms =
      raw<"Slice">(terms,
                   zeros_like(shape(terms)),
                   concat({shape(x)[Slice{.stop = -1}], expand_dims(n, 0)}, 0));
  Tensor y = 2 * math::real(terms * quarter_turns(n, dtype, -1));
  if (!is_ortho) return y;
  Tensor first = 0.5 * math::rsqrt(cast(n, dtype));
  return y * first_and_rest(n, first, first * std::numbers::sqrt2);
}

Tensor dct3(const Tensor& x, bool is_ortho) {
  const DType dtype = x.dtype();
  Tensor n = last_size(x);
  Tensor size = cast(n, dtype);
  Tensor scaled =
      is_ortho ? x * first_and_rest(n, sqrt(size), sqrt(size) * std::sqrt(0.5))
               : x * size;
  Tensor terms =
      2 * quarter_turns(n, dtype, 1) * complex(scaled, zeros_like(scaled));
  // Of 2n samples the first n; the term of the highest frequency is zero.
  Tensor none = zeros_like(terms[{ellipsis, Slice{.stop = 1}}]);
  Tensor samples = irfft(concat({terms, none}, -1));
  return raw<"Slice">(samples, zeros_like(shape(samples)), shape(x));
}

Tensor dct4(const Tensor& x, bool is_ortho) {
  Tensor y = dct2(concat({x, zeros_like(x)}, -1),
                  false)[{ellipsis, Slice{.start = 1, .step = 2}}];
  if (!is_ortho) return y;
  return y * std::sqrt(0.5) * math::rsqrt(cast(last_size(x), x.dtype()));
}

bool check_norm(const std::string& norm) {
  if (!norm.empty() && norm != "ortho")
    throw InvalidArgumentError("Unknown normalization. Got: ", norm);
  return norm == "ortho";
}

}  // namespace

Tensor stft(const Tensor& signals,
            int frame_length,
            int frame_step,
            const StftOptions& options) {
  const int n = options.fft_length.value_or(power_of_two_from(frame_length));
  Tensor frames =
      frame(signals, frame_length, frame_step, {.pad_end = options.pad_end});
  if (options.window_fn)
    frames = frames * options.window_fn(frame_length, signals.dtype());
  return rfft(frames, {.fft_length = {n}});
}

Tensor inverse_stft(const Tensor& stfts,
                    int frame_length,
                    int frame_step,
                    const InverseStftOptions& options) {
  const int n = options.fft_length.value_or(power_of_two_from(frame_length));
  Tensor frames = irfft(stfts, {.fft_length = {n}});
  frames = with_length(frames, frame_length);
  if (options.window_fn)
    frames = frames * options.window_fn(frame_length, frames.dtype());
  return overlap_and_add(frames, frame_step);
}

WindowFunction inverse_stft_window_fn(int frame_step,
                                      WindowFunction forward_window_fn) {
  return [=](int frame_length, DType dtype) {
    Tensor window = forward_window_fn(frame_length, dtype);
    const int overlaps = (frame_length + frame_step - 1) / frame_step;
    Tensor squares = with_length(square(window), overlaps * frame_step);
    Tensor sums =
        reduce_sum(reshape(squares, {overlaps, frame_step}), {.axis = 0});
    return window / columns(tile(sums, Tensor{overlaps}), {}, frame_length);
  };
}

Tensor dct(const Tensor& input, const DctOptions& options) {
  const bool is_ortho = check_norm(options.norm);
  if (options.axis != -1)
    throw UnimplementedError("axis must be -1. Got: ", options.axis);
  if (options.n && *options.n < 1)
    throw InvalidArgumentError("n should be a positive integer or None, got ",
                               *options.n);
  Tensor x = options.n ? with_length(input, *options.n) : input;
  switch (options.type) {
    case 1:
      if (is_ortho)
        throw InvalidArgumentError(
            "Normalization is not supported for the Type-I DCT.");
      if (x.shape().has_rank() && x.shape()[-1] >= 0 && x.shape()[-1] < 2)
        throw InvalidArgumentError(
            "Type-I DCT requires the dimension to be greater than one.");
      return dct1(x);
    case 2:
      return dct2(x, is_ortho);
    case 3:
      return dct3(x, is_ortho);
    case 4:
      return dct4(x, is_ortho);
    default:
      throw InvalidArgumentError(
          "Types I, II, III and IV (I)DCT are supported, got ", options.type);
  }
}

Tensor idct(const Tensor& input, const DctOptions& options) {
  DctOptions inverse = options;
  if (options.type == 2 || options.type == 3) inverse.type = 5 - options.type;
  return dct(input, inverse);
}

Tensor mdct(const Tensor& signals,
            int frame_length,
            const MdctOptions& options) {
  if (frame_length <= 0 || frame_length % 4 != 0)
    throw InvalidArgumentError("frame_length must be a multiple of 4, got ",
                               frame_length);
  Tensor frames = frame(
      signals, frame_length, frame_length / 2, {.pad_end = options.pad_end});
  if (options.window_fn)
    frames = frames * options.window_fn(frame_length, signals.dtype());
  Tensors part = split(frames, 4, {.axis = -1});
  Tensor folded = concat(
      {-turned_round(part[2]) - part[3], part[0] - turned_round(part[1])}, -1);
  return dct(folded, {.type = 4, .norm = options.norm});
}

Tensor inverse_mdct(const Tensor& mdcts, const InverseMdctOptions& options) {
  const bool is_ortho = check_norm(options.norm);
  const std::int64_t half = mdcts.shape().has_rank() ? mdcts.shape()[-1] : -1;
  if (half < 0)
    throw InvalidArgumentError(
        "inverse_mdct: the last dimension must be known, got shape ",
        mdcts.shape());
  Tensor y = dct(mdcts, {.type = 4, .norm = options.norm});
  if (!is_ortho) y = y * (0.5 / static_cast<double>(half));
  Tensors part = split(y, 2, {.axis = -1});
  Tensor frames = concat(
      {part[1], -turned_round(part[1]), -turned_round(part[0]), -part[0]}, -1);
  if (options.window_fn)
    frames =
        frames * options.window_fn(static_cast<int>(2 * half), mdcts.dtype());
  return overlap_and_add(frames, static_cast<int>(half));
}

Tensor linear_to_mel_weight_matrix(const MelOptions& options) {
  const DType dtype = options.dtype;
  if (options.num_mel_bins <= 0)
    throw InvalidArgumentError("num_mel_bins must be positive. Got: ",
                               options.num_mel_bins);
  if (options.lower_edge_hertz < 0)
    throw InvalidArgumentError("lower_edge_hertz must be non-negative. Got: ",
                               options.lower_edge_hertz);
  if (options.lower_edge_hertz >= options.upper_edge_hertz)
    throw InvalidArgumentError("lower_edge_hertz ",
                               options.lower_edge_hertz,
                               " >= upper_edge_hertz ",
                               options.upper_edge_hertz);
  if (options.sample_rate <= 0 ||
      options.upper_edge_hertz > options.sample_rate / 2)
    throw InvalidArgumentError(
        "upper_edge_hertz must not be larger than the Nyquist frequency "
        "(sample_rate / 2). Got ",
        options.upper_edge_hertz,
        " for sample_rate: ",
        options.sample_rate);
  // The bin of frequency 0 has no place on a logarithmic scale.
  Tensor hertz = linspace(constant(0.0, dtype),
                          constant(options.sample_rate / 2, dtype),
                          options.num_spectrogram_bins)[Slice{.start = 1}];
  Tensor bins = expand_dims(mel_of(hertz), 1);
  Tensor edges = linspace(constant(mel_of(options.lower_edge_hertz), dtype),
                          constant(mel_of(options.upper_edge_hertz), dtype),
                          options.num_mel_bins + 2);
  const int count = options.num_mel_bins;
  Tensor lower = edges[Slice{.stop = count}];
  Tensor center = edges[Slice{1, count + 1}];
  Tensor upper = edges[Slice{2, count + 2}];
  Tensor rising = (bins - lower) / (center - lower);
  Tensor falling = (upper - bins) / (upper - center);
  return pad(maximum(0, minimum(rising, falling)), {{1, 0}, {0, 0}});
}

Tensor mfccs_from_log_mel_spectrograms(const Tensor& log_mel_spectrograms) {
  const Tensor& x = log_mel_spectrograms;
  return dct(x) * math::rsqrt(cast(2 * last_size(x), x.dtype()));
}

}  // namespace tern::signal

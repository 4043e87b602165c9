// windows.cc: window functions, frames, and putting frames together again.

#include <numbers>

#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/signal.h"
#include "tern/ops/special_functions.h"

namespace tern::signal {
namespace {

constexpr double kPi = std::numbers::pi;

void check_length(int length) {
  if (length <= 0)
    throw InvalidArgumentError("window_length must be positive, got ", length);
}

Tensor counts(int length, DType dtype) { return cast(range(length), dtype); }

/// a - b cos(2πk/n). A periodic window of odd length is the symmetric one, as
/// in TensorFlow.
Tensor raised_cosine(int length,
                     const WindowOptions& options,
                     double a,
                     double b) {
  check_length(length);
  if (!options.dtype.is_floating())
    throw InvalidArgumentError("dtype must be a floating point type. Found ",
                               options.dtype);
  if (length == 1) return ones({1}, options.dtype);
  const int n = length - 1 + (options.periodic && length % 2 == 0 ? 1 : 0);
  return a - b * cos(2 * kPi * counts(length, options.dtype) / n);
}

}  // namespace

Tensor hann_window(int window_length, const WindowOptions& options) {
  return raised_cosine(window_length, options, 0.5, 0.5);
}

Tensor hamming_window(int window_length, const WindowOptions& options) {
  return raised_cosine(window_length, options, 0.54, 0.46);
}

Tensor periodic_hann_window(int window_length, DType dtype) {
  return hann_window(window_length, {.periodic = true, .dtype = dtype});
}

Tensor kaiser_window(int window_length, const KaiserOptions& options) {
  check_length(window_length);
  const DType dtype = options.dtype;
  if (window_length == 1) return ones({1}, dtype);
  const double half = (window_length - 1) / 2.0;
  Tensor at = (counts(window_length, dtype) - half) / half;
  Tensor beta = constant(options.beta, dtype);
  Tensor num = beta * sqrt(maximum(1 - square(at), 0));
  return exp(num - beta) *
         (math::special::bessel_i0e(num) / math::special::bessel_i0e(beta));
}

Tensor kaiser_bessel_derived_window(int window_length,
                                    const KaiserBesselOptions& options) {
  check_length(window_length);
  const int half = window_length / 2;
  Tensor sums = cumsum(
      kaiser_window(half + 1, {.beta = options.beta, .dtype = options.dtype}));
  Tensor rising = sqrt(sums[Slice{.stop = half}] / sums[half]);
  return concat({rising, reverse(rising, 0)}, 0);
}

Tensor vorbis_window(int window_length, DType dtype) {
  check_length(window_length);
  Tensor at = counts(window_length, dtype) + 0.5;
  return sin(kPi / 2 * square(sin(kPi / window_length * at)));
}

Tensor frame(const Tensor& signal,
             int frame_length,
             int frame_step,
             const FrameOptions& options) {
  if (frame_length <= 0 || frame_step <= 0)
    throw InvalidArgumentError(
        "frame_length and frame_step must be positive, got ",
        frame_length,
        " and ",
        frame_step);
  const int rank = signal.shape().rank();
  if (rank < 1 || options.axis < -rank || options.axis >= rank)
    throw InvalidArgumentError("frame: axis ",
                               options.axis,
                               " is out of range for a signal of shape ",
                               signal.shape());
  const int axis = options.axis < 0 ? options.axis + rank : options.axis;
  Tensor x = signal;
  Tensor size = shape(x)[axis];
  Tensor frames;
  if (options.pad_end) {
    frames = -floor_div(-size, frame_step);
    Tensor missing =
        maximum(0, frame_length + frame_step * (frames - 1) - size);
    Tensor place = one_hot(Tensor(2 * axis + 1), 2 * rank, {.dtype = int32});
    Tensor paddings = reshape(place * missing, {rank, 2});
    x = pad(x, paddings, {.constant_values = options.pad_value});
  } else {
    frames = maximum(0, floor_div(size - frame_length, frame_step) + 1);
  }
  Tensor starts = expand_dims(range(frames) * frame_step, 1);
  return gather(x, starts + range(frame_length), {.axis = axis});
}

Tensor overlap_and_add(const Tensor& signal, int frame_step) {
  const int rank = signal.shape().rank();
  if (signal.shape().has_rank() && rank < 2)
    throw InvalidArgumentError("signal must have rank >= 2, got shape ",
                               signal.shape());
  if (frame_step <= 0)
    throw InvalidArgumentError("frame_step must be positive, got ", frame_step);
  Tensor dims = shape(signal);
  Tensor leading = dims[Slice{.stop = -2}];
  Tensor frames = dims[-2], length = dims[-1];
  Tensor count = (frames - 1) * frame_step + length;
  Tensor places =
      reshape(expand_dims(range(frames) * frame_step, 1) + range(length), {-1});
  Tensor columns = reduce_prod(leading);
  Tensor rows = transpose(reshape(signal, stack({columns, frames * length})));
  Tensor sums = math::unsorted_segment_sum(rows, places, maximum(count, 0));
  return reshape(transpose(sums), concat({leading, expand_dims(count, 0)}, 0));
}

}  // namespace tern::signal

#pragma once

#include <functional>
#include <optional>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

/// Fourier transforms and what is made of them.
namespace tern::signal {

// ---- Fourier transforms

/// Over the last dimension (two, three dimensions), of any length: complex64
/// or complex128. X_k is the sum of x_j exp(-2πi jk/n).
Tensor fft(const Tensor& input);
Tensor fft2d(const Tensor& input);
Tensor fft3d(const Tensor& input);
/// Their inverses, which divide by n.
Tensor ifft(const Tensor& input);
Tensor ifft2d(const Tensor& input);
Tensor ifft3d(const Tensor& input);

struct RfftOptions {
  /// The lengths of the transforms, one a dimension: the input is cut, or
  /// filled up with zeros. By default that of the input.
  Ints fft_length = {};
};
/// The first n/2 + 1 terms of a real signal's transform (the others are their
/// conjugates) over the last dimension (two, three). float32 or float64.
Tensor rfft(const Tensor& input_tensor, const RfftOptions& options = {});
Tensor rfft2d(const Tensor& input_tensor, const RfftOptions& options = {});
Tensor rfft3d(const Tensor& input_tensor, const RfftOptions& options = {});
/// Their inverses: real signals, by default of length 2 (n - 1) in the last
/// dimension.
Tensor irfft(const Tensor& input_tensor, const RfftOptions& options = {});
Tensor irfft2d(const Tensor& input_tensor, const RfftOptions& options = {});
Tensor irfft3d(const Tensor& input_tensor, const RfftOptions& options = {});

struct ShiftOptions {
  Ints axes = {};
};
/// The term of frequency 0 moved to the middle of each axis (all by default);
/// and back.
Tensor fftshift(const Tensor& x, const ShiftOptions& options = {});
Tensor ifftshift(const Tensor& x, const ShiftOptions& options = {});

// ---- Frames and windows

struct FrameOptions {
  bool pad_end = false;
  Tensor pad_value = 0;
  int axis = -1;
};
/// Windows of `frame_length` elements, each `frame_step` after the last: the
/// axis becomes [frames, frame_length]. With .pad_end the last ones are filled
/// up with .pad_value, else left out.
Tensor frame(const Tensor& signal,
             int frame_length,
             int frame_step,
             const FrameOptions& options = {});
/// The inverse: frames [..., frames, frame_length] added up, each `frame_step`
/// after the last.
Tensor overlap_and_add(const Tensor& signal, int frame_step);

struct WindowOptions {
  bool periodic = true;
  DType dtype = float32;
};
/// 0.5 - 0.5 cos(2πk/n), and 0.54 - 0.46 cos(2πk/n).
Tensor hann_window(int window_length, const WindowOptions& options = {});
Tensor hamming_window(int window_length, const WindowOptions& options = {});

struct KaiserOptions {
  double beta = 12;
  DType dtype = float32;
};
Tensor kaiser_window(int window_length, const KaiserOptions& options = {});

struct KaiserBesselOptions {
  double beta = 12;
  DType dtype = float32;
};
Tensor kaiser_bessel_derived_window(int window_length,
                                    const KaiserBesselOptions& options = {});
Tensor vorbis_window(int window_length, DType dtype = float32);

// ---- Short-time Fourier transforms

/// A window by its length and dtype; none: all ones.
using WindowFunction = std::function<Tensor(int window_length, DType dtype)>;
/// hann_window, periodic.
Tensor periodic_hann_window(int window_length, DType dtype);

struct StftOptions {
  std::optional<int> fft_length = {};  ///< the next power of two by default
  WindowFunction window_fn = periodic_hann_window;
  bool pad_end = false;
};
/// Transforms of the windowed frames of signals [..., samples]: complex
/// [..., frames, fft_length/2 + 1].
Tensor stft(const Tensor& signals,
            int frame_length,
            int frame_step,
            const StftOptions& options = {});

struct InverseStftOptions {
  std::optional<int> fft_length = {};
  WindowFunction window_fn = periodic_hann_window;
};
/// Signals [..., samples] whose frames have those transforms; exact with
/// window_fn = inverse_stft_window_fn(frame_step).
Tensor inverse_stft(const Tensor& stfts,
                    int frame_length,
                    int frame_step,
                    const InverseStftOptions& options = {});
/// The window that undoes `forward_window_fn` in inverse_stft.
WindowFunction inverse_stft_window_fn(
    int frame_step, WindowFunction forward_window_fn = periodic_hann_window);

// ---- Cosine transforms

struct DctOptions {
  int type = 2;  ///< 1 to 4
  std::optional<int> n = {};
  int axis = -1;     ///< must be the last
  std::string norm;  ///< "" or "ortho"
};
/// The discrete cosine transform of the last dimension. float32 or float64.
Tensor dct(const Tensor& input, const DctOptions& options = {});
/// The inverse, up to a factor: dct of type 3 for 2 and the reverse.
Tensor idct(const Tensor& input, const DctOptions& options = {});

struct MdctOptions {
  WindowFunction window_fn = [](int length, DType dtype) {
    return vorbis_window(length, dtype);
  };
  bool pad_end = false;
  std::string norm;  ///< "" or "ortho"
};
/// The modified cosine transform of frames half as long: [..., frames,
/// frame_length / 2].
Tensor mdct(const Tensor& signals,
            int frame_length,
            const MdctOptions& options = {});
struct InverseMdctOptions {
  WindowFunction window_fn = [](int length, DType dtype) {
    return vorbis_window(length, dtype);
  };
  std::string norm;
};
Tensor inverse_mdct(const Tensor& mdcts,
                    const InverseMdctOptions& options = {});

// ---- Mel frequencies

struct MelOptions {
  int num_mel_bins = 20;
  int num_spectrogram_bins = 129;
  double sample_rate = 8000;
  double lower_edge_hertz = 125;
  double upper_edge_hertz = 3800;
  DType dtype = float32;
};
/// [num_spectrogram_bins, num_mel_bins]: a spectrogram times it has triangular
/// bands of equal width on the mel scale.
Tensor linear_to_mel_weight_matrix(const MelOptions& options = {});
/// The cosine transform of log-mel spectrograms [..., bins], scaled as HTK
/// scales it.
Tensor mfccs_from_log_mel_spectrograms(const Tensor& log_mel_spectrograms);

}  // namespace tern::signal

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace tern::kernels {

/// Whether a length has prime factors up to 37 only. Others are longer
/// convolutions, which float is too short for.
bool has_small_factors(std::int64_t n);

/// Discrete Fourier transforms of one length in T, float or double. Several
/// signals are transformed side by side ("lanes"), which is what fills vector
/// registers whatever the length.
template <class T>
class FourierTransform {
 public:
  explicit FourierTransform(std::int64_t n);
  ~FourierTransform();

  std::int64_t size() const { return n_; }
  /// Numbers of scratch memory that `run` needs for each lane.
  std::int64_t scratch_size() const;
  /// X_k = sum of x_j exp(-2πi jk/n) in place, unscaled, on [n, lanes] real and
  /// imaginary parts. With the two exchanged it is the inverse, times n.
  void run(T* re, T* im, T* scratch, std::int64_t lanes) const;

  /// From a bounded cache of the process.
  static std::shared_ptr<const FourierTransform> of(std::int64_t n);

 private:
  void run_factors(T* re, T* im, T* scratch, std::int64_t lanes) const;
  void run_chirp(T* re, T* im, T* scratch, std::int64_t lanes) const;

  std::int64_t n_;
  std::vector<int> factors_;
  std::vector<T> cos_, sin_;  // of 2πk/n
  /// For lengths with a large prime factor: a convolution of a longer length
  /// (Bluestein, 1970).
  std::unique_ptr<FourierTransform<T>> longer_;
  std::vector<T> chirp_re_, chirp_im_;    // exp(-iπ k²/n)
  std::vector<T> filter_re_, filter_im_;  // the chirp's transform
};

}  // namespace tern::kernels

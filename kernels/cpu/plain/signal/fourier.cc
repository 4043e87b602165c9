#include "kernels/cpu/plain/signal/fourier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>

namespace tern::kernels {
namespace {

/// Above it, the sums over a prime factor cost more than the longer
/// convolution.
constexpr int kLargestPrime = 37;

/// Powers of 4 first, then the primes; empty when one is too large.
std::vector<int> factors_of(std::int64_t n) {
  std::vector<int> factors;
  for (; n % 4 == 0; n /= 4) factors.push_back(4);
  for (int p = 2; p <= kLargestPrime; ++p)
    for (; n % p == 0; n /= p) factors.push_back(p);
  if (n > 1) factors.clear();
  return factors;
}

std::int64_t power_of_two_from(std::int64_t n) {
  std::int64_t power = 1;
  while (power < n) power *= 2;
  return power;
}

/// One step of Stockham's algorithm: butterflies of `radix` elements, `m * s`
/// apart, whose results stand `s` apart. Twiddle factors are powers of
/// exp(-2πi/(radix m)), `root` steps apart in the table.
template <class T>
struct Step {
  std::int64_t m, s, root;
  const T *cos, *sin;
};

template <class T>
void radix2(const Step<T>& step,
            const T* __restrict xr,
            const T* __restrict xi,
            T* __restrict yr,
            T* __restrict yi) {
  const std::int64_t s = step.s, half = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p) {
    const T wr = step.cos[p * step.root], wi = -step.sin[p * step.root];
    const T *ar = xr + s * p, *ai = xi + s * p;
    const T *br = ar + half, *bi = ai + half;
    T *cr = yr + 2 * s * p, *ci = yi + 2 * s * p;
    for (std::int64_t q = 0; q < s; ++q) {
      const T dr = ar[q] - br[q], di = ai[q] - bi[q];
      cr[q] = ar[q] + br[q];
      ci[q] = ai[q] + bi[q];
      cr[s + q] = dr * wr - di * wi;
      ci[s + q] = dr * wi + di * wr;
    }
  }
}

/// N butterflies of four elements side by side. All is loaded before anything
/// is stored: the compiler need not know that inputs and outputs are apart.
template <int N, class T>
void butterflies4(const T* xr,
                  const T* xi,
                  std::int64_t apart,
                  T* yr,
                  T* yi,
                  std::int64_t s,
                  const T (&wr)[4],
                  const T (&wi)[4]) {
  T ur[4][N], ui[4][N];
  for (int l = 0; l < N; ++l) {
    const T ar = xr[l], br = xr[apart + l];
    const T cr = xr[2 * apart + l], dr = xr[3 * apart + l];
    const T ai = xi[l], bi = xi[apart + l];
    const T ci = xi[2 * apart + l], di = xi[3 * apart + l];
    ur[0][l] = (ar + cr) + (br + dr);
    ui[0][l] = (ai + ci) + (bi + di);
    ur[1][l] = (ar - cr) + (bi - di);
    ui[1][l] = (ai - ci) + (dr - br);
    ur[2][l] = (ar + cr) - (br + dr);
    ui[2][l] = (ai + ci) - (bi + di);
    ur[3][l] = (ar - cr) - (bi - di);
    ui[3][l] = (ai - ci) - (dr - br);
  }
  for (int j = 0; j < 4; ++j)
    for (int l = 0; l < N; ++l) {
      yr[j * s + l] = ur[j][l] * wr[j] - ui[j][l] * wi[j];
      yi[j * s + l] = ur[j][l] * wi[j] + ui[j][l] * wr[j];
    }
}

template <class T>
void radix4(const Step<T>& step, const T* xr, const T* xi, T* yr, T* yi) {
  const std::int64_t s = step.s, quarter = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p) {
    T wr[4], wi[4];
    for (int j = 0; j < 4; ++j) {
      wr[j] = step.cos[j * p * step.root];
      wi[j] = -step.sin[j * p * step.root];
    }
    const T *ar = xr + s * p, *ai = xi + s * p;
    T *zr = yr + 4 * s * p, *zi = yi + 4 * s * p;
    std::int64_t q = 0;
    for (; q + 8 <= s; q += 8)
      butterflies4<8>(ar + q, ai + q, quarter, zr + q, zi + q, s, wr, wi);
    for (; q < s; ++q)
      butterflies4<1>(ar + q, ai + q, quarter, zr + q, zi + q, s, wr, wi);
  }
}

/// The factor exp(-2πi jk/radix) and the twiddle factor exp(-2πi pj/(radix m))
/// are one.
template <class T>
void any_radix(int radix,
               const Step<T>& step,
               const T* __restrict xr,
               const T* __restrict xi,
               T* __restrict yr,
               T* __restrict yi) {
  const std::int64_t s = step.s, part = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p)
    for (int j = 0; j < radix; ++j) {
      T *cr = yr + s * (radix * p + j), *ci = yi + s * (radix * p + j);
      std::fill_n(cr, s, T(0));
      std::fill_n(ci, s, T(0));
      for (int k = 0; k < radix; ++k) {
        const std::int64_t at =
            (p * j + step.m * ((j * k) % radix)) % (step.m * radix) * step.root;
        const T wr = step.cos[at], wi = -step.sin[at];
        const T *ar = xr + s * p + part * k, *ai = xi + s * p + part * k;
        for (std::int64_t q = 0; q < s; ++q) {
          cr[q] += ar[q] * wr - ai[q] * wi;
          ci[q] += ar[q] * wi + ai[q] * wr;
        }
      }
    }
}

}  // namespace

bool has_small_factors(std::int64_t n) {
  return n <= 1 || !factors_of(n).empty();
}

template <class T>
FourierTransform<T>::FourierTransform(std::int64_t n)
    : n_(n), factors_(factors_of(n)) {
  if (n <= 1) return;
  if (!factors_.empty()) {
    for (std::int64_t k = 0; k < n; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k) /
                           static_cast<double>(n);
      cos_.push_back(static_cast<T>(std::cos(angle)));
      sin_.push_back(static_cast<T>(std::sin(angle)));
    }
    return;
  }
  const std::int64_t m = power_of_two_from(2 * n - 1);
  longer_ = std::make_unique<FourierTransform<T>>(m);
  filter_re_.assign(static_cast<std::size_t>(m), 0);
  filter_im_.assign(static_cast<std::size_t>(m), 0);
  std::int64_t square = 0;  // k² modulo 2n, which keeps all digits
  for (std::int64_t k = 0; k < n; ++k) {
    const double angle =
        std::numbers::pi * static_cast<double>(square) / static_cast<double>(n);
    chirp_re_.push_back(static_cast<T>(std::cos(angle)));
    chirp_im_.push_back(static_cast<T>(-std::sin(angle)));
    for (std::int64_t at : {k, (m - k) % m}) {
      filter_re_[static_cast<std::size_t>(at)] =
          static_cast<T>(std::cos(angle));
      filter_im_[static_cast<std::size_t>(at)] =
          static_cast<T>(std::sin(angle));
    }
    square = (square + 2 * k + 1) % (2 * n);
  }
  std::vector<T> scratch(static_cast<std::size_t>(longer_->scratch_size()));
  longer_->run(filter_re_.data(), filter_im_.data(), scratch.data(), 1);
}

template <class T>
FourierTransform<T>::~FourierTransform() = default;

template <class T>
std::int64_t FourierTransform<T>::scratch_size() const {
  return longer_ ? 2 * longer_->size() + longer_->scratch_size() : 2 * n_;
}

template <class T>
void FourierTransform<T>::run(T* re,
                              T* im,
                              T* scratch,
                              std::int64_t lanes) const {
  if (n_ <= 1) return;
  if (longer_)
    run_chirp(re, im, scratch, lanes);
  else
    run_factors(re, im, scratch, lanes);
}

template <class T>
void FourierTransform<T>::run_factors(T* re,
                                      T* im,
                                      T* scratch,
                                      std::int64_t lanes) const {
  T *xr = re, *xi = im, *yr = scratch, *yi = scratch + n_ * lanes;
  std::int64_t length = n_, s = lanes;
  for (const int radix : factors_) {
    const Step<T> step{
        length / radix, s, n_ / length, cos_.data(), sin_.data()};
    if (radix == 4)
      radix4(step, xr, xi, yr, yi);
    else if (radix == 2)
      radix2(step, xr, xi, yr, yi);
    else
      any_radix(radix, step, xr, xi, yr, yi);
    std::swap(xr, yr);
    std::swap(xi, yi);
    length /= radix;
    s *= radix;
  }
  if (xr == re) return;
  std::copy_n(xr, n_ * lanes, re);
  std::copy_n(xi, n_ * lanes, im);
}

template <class T>
void FourierTransform<T>::run_chirp(T* re,
                                    T* im,
                                    T* scratch,
                                    std::int64_t lanes) const {
  const std::int64_t m = longer_->size();
  T *xr = scratch, *xi = scratch + m * lanes;
  T* rest = scratch + 2 * m * lanes;
  std::fill_n(scratch, 2 * m * lanes, T(0));
  // (ar + i ai)(br + i bi) for one frequency and all lanes.
  auto multiply =
      [lanes](const T* ar, const T* ai, T br, T bi, T* to_re, T* to_im) {
        for (std::int64_t l = 0; l < lanes; ++l) {
          const T r = ar[l] * br - ai[l] * bi, i = ar[l] * bi + ai[l] * br;
          to_re[l] = r;
          to_im[l] = i;
        }
      };
  for (std::int64_t k = 0; k < n_; ++k) {
    const std::int64_t at = k * lanes;
    const auto c = static_cast<std::size_t>(k);
    multiply(re + at, im + at, chirp_re_[c], chirp_im_[c], xr + at, xi + at);
  }
  longer_->run(xr, xi, rest, lanes);
  for (std::int64_t k = 0; k < m; ++k) {
    const std::int64_t at = k * lanes;
    const auto c = static_cast<std::size_t>(k);
    multiply(xr + at, xi + at, filter_re_[c], filter_im_[c], xr + at, xi + at);
  }
  longer_->run(xi, xr, rest, lanes);
  const T scale = T(1) / static_cast<T>(m);
  for (std::int64_t k = 0; k < n_; ++k) {
    const std::int64_t at = k * lanes;
    const auto c = static_cast<std::size_t>(k);
    multiply(xr + at,
             xi + at,
             chirp_re_[c] * scale,
             chirp_im_[c] * scale,
             re + at,
             im + at);
  }
}

template <class T>
std::shared_ptr<const FourierTransform<T>> FourierTransform<T>::of(
    std::int64_t n) {
  constexpr std::size_t kMostKept = 64;
  constexpr std::int64_t kLongestKept = 1 << 18;
  if (n > kLongestKept) return std::make_shared<FourierTransform<T>>(n);
  static std::mutex mutex;
  static std::map<std::int64_t, std::shared_ptr<const FourierTransform<T>>>
      cache;
  std::scoped_lock lock(mutex);
  std::shared_ptr<const FourierTransform<T>>& entry = cache[n];
  if (!entry) {
    auto made = std::make_shared<const FourierTransform<T>>(n);
    if (cache.size() > kMostKept) {
      cache.clear();
      return cache[n] = made;
    }
    entry = made;
  }
  return entry;
}

template class FourierTransform<float>;
template class FourierTransform<double>;

}  // namespace tern::kernels

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
struct Step {
  std::int64_t m, s, root;
  const double *cos, *sin;
};

void radix2(const Step& step,
            const double* __restrict xr,
            const double* __restrict xi,
            double* __restrict yr,
            double* __restrict yi) {
  const std::int64_t s = step.s, half = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p) {
    const double wr = step.cos[p * step.root], wi = -step.sin[p * step.root];
    const double *ar = xr + s * p, *ai = xi + s * p;
    const double *br = ar + half, *bi = ai + half;
    double *cr = yr + 2 * s * p, *ci = yi + 2 * s * p;
    for (std::int64_t q = 0; q < s; ++q) {
      const double dr = ar[q] - br[q], di = ai[q] - bi[q];
      cr[q] = ar[q] + br[q];
      ci[q] = ai[q] + bi[q];
      cr[s + q] = dr * wr - di * wi;
      ci[s + q] = dr * wi + di * wr;
    }
  }
}

void radix4(const Step& step,
            const double* __restrict xr,
            const double* __restrict xi,
            double* __restrict yr,
            double* __restrict yi) {
  const std::int64_t s = step.s, quarter = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p) {
    const std::int64_t k = p * step.root;
    const double w1r = step.cos[k], w1i = -step.sin[k];
    const double w2r = step.cos[2 * k], w2i = -step.sin[2 * k];
    const double w3r = step.cos[3 * k], w3i = -step.sin[3 * k];
    const double *ar = xr + s * p, *ai = xi + s * p;
    const double *br = ar + quarter, *bi = ai + quarter;
    const double *cr = br + quarter, *ci = bi + quarter;
    const double *dr = cr + quarter, *di = ci + quarter;
    double *zr = yr + 4 * s * p, *zi = yi + 4 * s * p;
    for (std::int64_t q = 0; q < s; ++q) {
      const double t0r = ar[q] + cr[q], t0i = ai[q] + ci[q];
      const double t1r = ar[q] - cr[q], t1i = ai[q] - ci[q];
      const double t2r = br[q] + dr[q], t2i = bi[q] + di[q];
      const double t3r = bi[q] - di[q], t3i = dr[q] - br[q];
      const double u1r = t1r + t3r, u1i = t1i + t3i;
      const double u2r = t0r - t2r, u2i = t0i - t2i;
      const double u3r = t1r - t3r, u3i = t1i - t3i;
      zr[q] = t0r + t2r;
      zi[q] = t0i + t2i;
      zr[s + q] = u1r * w1r - u1i * w1i;
      zi[s + q] = u1r * w1i + u1i * w1r;
      zr[2 * s + q] = u2r * w2r - u2i * w2i;
      zi[2 * s + q] = u2r * w2i + u2i * w2r;
      zr[3 * s + q] = u3r * w3r - u3i * w3i;
      zi[3 * s + q] = u3r * w3i + u3i * w3r;
    }
  }
}

/// The factor exp(-2πi jk/radix) and the twiddle factor exp(-2πi pj/(radix m))
/// are one.
void any_radix(int radix,
               const Step& step,
               const double* __restrict xr,
               const double* __restrict xi,
               double* __restrict yr,
               double* __restrict yi) {
  const std::int64_t s = step.s, part = step.s * step.m;
  for (std::int64_t p = 0; p < step.m; ++p)
    for (int j = 0; j < radix; ++j) {
      double *cr = yr + s * (radix * p + j), *ci = yi + s * (radix * p + j);
      std::fill_n(cr, s, 0.0);
      std::fill_n(ci, s, 0.0);
      for (int k = 0; k < radix; ++k) {
        const std::int64_t at =
            (p * j + step.m * ((j * k) % radix)) % (step.m * radix) * step.root;
        const double wr = step.cos[at], wi = -step.sin[at];
        const double *ar = xr + s * p + part * k, *ai = xi + s * p + part * k;
        for (std::int64_t q = 0; q < s; ++q) {
          cr[q] += ar[q] * wr - ai[q] * wi;
          ci[q] += ar[q] * wi + ai[q] * wr;
        }
      }
    }
}

}  // namespace

FourierTransform::FourierTransform(std::int64_t n)
    : n_(n), factors_(factors_of(n)) {
  if (n <= 1) return;
  if (!factors_.empty()) {
    for (std::int64_t k = 0; k < n; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k) /
                           static_cast<double>(n);
      cos_.push_back(std::cos(angle));
      sin_.push_back(std::sin(angle));
    }
    return;
  }
  const std::int64_t m = power_of_two_from(2 * n - 1);
  longer_ = std::make_unique<FourierTransform>(m);
  filter_re_.assign(static_cast<std::size_t>(m), 0);
  filter_im_.assign(static_cast<std::size_t>(m), 0);
  std::int64_t square = 0;  // k² modulo 2n, which keeps all digits
  for (std::int64_t k = 0; k < n; ++k) {
    const double angle =
        std::numbers::pi * static_cast<double>(square) / static_cast<double>(n);
    chirp_re_.push_back(std::cos(angle));
    chirp_im_.push_back(-std::sin(angle));
    for (std::int64_t at : {k, (m - k) % m}) {
      filter_re_[static_cast<std::size_t>(at)] = std::cos(angle);
      filter_im_[static_cast<std::size_t>(at)] = std::sin(angle);
    }
    square = (square + 2 * k + 1) % (2 * n);
  }
  std::vector<double> scratch(
      static_cast<std::size_t>(longer_->scratch_size()));
  longer_->run(filter_re_.data(), filter_im_.data(), scratch.data(), 1);
}

FourierTransform::~FourierTransform() = default;

std::int64_t FourierTransform::scratch_size() const {
  return longer_ ? 2 * longer_->size() + longer_->scratch_size() : 2 * n_;
}

void FourierTransform::run(double* re,
                           double* im,
                           double* scratch,
                           std::int64_t lanes) const {
  if (n_ <= 1) return;
  if (longer_)
    run_chirp(re, im, scratch, lanes);
  else
    run_factors(re, im, scratch, lanes);
}

void FourierTransform::run_factors(double* re,
                                   double* im,
                                   double* scratch,
                                   std::int64_t lanes) const {
  double *xr = re, *xi = im, *yr = scratch, *yi = scratch + n_ * lanes;
  std::int64_t length = n_, s = lanes;
  for (const int radix : factors_) {
    const Step step{length / radix, s, n_ / length, cos_.data(), sin_.data()};
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

void FourierTransform::run_chirp(double* re,
                                 double* im,
                                 double* scratch,
                                 std::int64_t lanes) const {
  const std::int64_t m = longer_->size();
  double *xr = scratch, *xi = scratch + m * lanes;
  double* rest = scratch + 2 * m * lanes;
  std::fill_n(scratch, 2 * m * lanes, 0.0);
  // (ar + i ai)(br + i bi) for one frequency and all lanes.
  auto multiply = [lanes](const double* ar,
                          const double* ai,
                          double br,
                          double bi,
                          double* to_re,
                          double* to_im) {
    for (std::int64_t l = 0; l < lanes; ++l) {
      const double r = ar[l] * br - ai[l] * bi, i = ar[l] * bi + ai[l] * br;
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
  const double scale = 1.0 / static_cast<double>(m);
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

std::shared_ptr<const FourierTransform> FourierTransform::of(std::int64_t n) {
  constexpr std::size_t kMostKept = 64;
  constexpr std::int64_t kLongestKept = 1 << 18;
  if (n > kLongestKept) return std::make_shared<FourierTransform>(n);
  static std::mutex mutex;
  static std::map<std::int64_t, std::shared_ptr<const FourierTransform>> cache;
  std::scoped_lock lock(mutex);
  std::shared_ptr<const FourierTransform>& entry = cache[n];
  if (!entry) {
    auto made = std::make_shared<const FourierTransform>(n);
    if (cache.size() > kMostKept) {
      cache.clear();
      return cache[n] = made;
    }
    entry = made;
  }
  return entry;
}

}  // namespace tern::kernels

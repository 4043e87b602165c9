// Fourier transforms along the last dimensions, or along any.

#include <algorithm>
#include <complex>
#include <cstring>

#include "kernels/cpu/axis_split.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/signal/fourier.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace kernels {
namespace {

/// Signals transformed side by side: as many as fill vector registers, one
/// where they would fill the cache.
std::int64_t lanes_of(std::int64_t n) { return n > 1 << 14 ? 1 : 8; }

template <class T, class Number>
T real_part(Number x) {
  if constexpr (std::is_floating_point_v<Number>)
    return static_cast<T>(x);
  else
    return static_cast<T>(x.real());
}
template <class T, class Number>
T imaginary_part(Number x) {
  if constexpr (std::is_floating_point_v<Number>)
    return 0;
  else
    return static_cast<T>(x.imag());
}

template <class Number, class T>
Number number(T re, T im) {
  if constexpr (std::is_floating_point_v<Number>)
    return static_cast<Number>(re);
  else
    return Number(static_cast<typename Number::value_type>(re),
                  static_cast<typename Number::value_type>(im));
}

/// Transforms of n elements along one axis. `from` has `from_size` of them, all
/// or, for real signals, the first half: n/2 + 1. `to` likewise.
template <class T, class From, class To>
void transform_in(const From* from,
                  std::int64_t from_size,
                  To* to,
                  std::int64_t to_size,
                  std::int64_t n,
                  std::int64_t outer,
                  std::int64_t inner,
                  bool inverse) {
  const auto plan = FourierTransform<T>::of(n);
  const T scale = inverse ? T(1) / static_cast<T>(n) : T(1);
  const std::int64_t columns = outer * inner, most = lanes_of(n);
  const std::int64_t blocks = (columns + most - 1) / most;
  parallel_for(
      blocks,
      std::max<std::int64_t>(1, 4096 / (n * most)),
      [&](std::int64_t begin, std::int64_t end) {
        std::vector<T> memory(
            static_cast<std::size_t>((2 * n + plan->scratch_size()) * most));
        T *re = memory.data(), *im = re + n * most;
        T* scratch = im + n * most;
        for (std::int64_t block = begin; block < end; ++block) {
          const std::int64_t first = block * most;
          const std::int64_t lanes = std::min(most, columns - first);
          for (std::int64_t l = 0; l < lanes; ++l) {
            const std::int64_t column = first + l;
            const From* x =
                from + column / inner * from_size * inner + column % inner;
            const std::int64_t given = std::min(n, from_size);
            for (std::int64_t k = 0; k < given; ++k) {
              re[k * lanes + l] = real_part<T>(x[k * inner]);
              im[k * lanes + l] = imaginary_part<T>(x[k * inner]);
            }
            // The other half of a real signal's transform.
            for (std::int64_t k = given; k < n; ++k) {
              re[k * lanes + l] = real_part<T>(x[(n - k) * inner]);
              im[k * lanes + l] = -imaginary_part<T>(x[(n - k) * inner]);
            }
          }
          if (inverse)
            plan->run(im, re, scratch, lanes);
          else
            plan->run(re, im, scratch, lanes);
          for (std::int64_t l = 0; l < lanes; ++l) {
            const std::int64_t column = first + l;
            To* y = to + column / inner * to_size * inner + column % inner;
            for (std::int64_t k = 0; k < to_size; ++k)
              y[k * inner] = number<To>(re[k * lanes + l] * scale,
                                        im[k * lanes + l] * scale);
          }
        }
      });
}

/// In the precision of the numbers, but for lengths that float is too short
/// for.
template <class From, class To>
void transform(const From* from,
               std::int64_t from_size,
               To* to,
               std::int64_t to_size,
               std::int64_t n,
               std::int64_t outer,
               std::int64_t inner,
               bool inverse) {
  constexpr bool is_double = std::is_same_v<From, double> ||
                             std::is_same_v<From, std::complex<double>>;
  auto function = transform_in<double, From, To>;
  if constexpr (!is_double)
    if (has_small_factors(n)) function = transform_in<float, From, To>;
  function(from, from_size, to, to_size, n, outer, inner, inverse);
}

/// The first elements of each dimension, contiguous.
Tensor cropped(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor result = Tensor::allocate(x.dtype(), shape);
  const auto from = row_major_strides(x.shape());
  const auto to = row_major_strides(shape);
  std::vector<StridedAxis> axes;
  for (std::size_t i = 0; i < to.size(); ++i)
    axes.push_back({shape[static_cast<int>(i)], from[i], to[i]});
  if (shape.num_elements() > 0)
    strided_copy(
        x.dtype(), x.raw_data(), result.mutable_data(), std::move(axes));
  return result;
}

struct Axis {
  int axis;
  std::int64_t size;
};

/// The transformed axes, the last transformed last, and their lengths: the last
/// `rank` ones, or those that input 2 names; of the lengths that input 1 gives,
/// or as they are.
std::vector<Axis> transformed_axes(KernelContext& c, int rank) {
  const Shape& shape = c.input(0).shape();
  std::vector<Axis> axes;
  std::vector<std::int64_t> lengths, named;
  if (c.num_inputs() > 1) lengths = c.host_ints(1);
  if (c.num_inputs() > 2) named = c.host_ints(2);
  const int count = c.num_inputs() > 2 ? static_cast<int>(named.size()) : rank;
  for (int i = 0; i < count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    int axis = shape.rank() - rank + i;
    if (c.num_inputs() > 2)
      axis =
          static_cast<int>(named[k] < 0 ? named[k] + shape.rank() : named[k]);
    axes.push_back({axis, lengths.empty() ? shape[axis] : lengths[k]});
  }
  return axes;
}

template <class T>
void in_place(Tensor& x, const Axis& axis, bool inverse) {
  const AxisSplit split = split_at(x.shape(), axis.axis);
  T* data = x.data<T>();
  transform(data,
            axis.size,
            data,
            axis.size,
            axis.size,
            split.outer,
            split.inner,
            inverse);
}

Shape with_sizes(Shape shape, const std::vector<Axis>& axes) {
  for (const Axis& axis : axes) shape.set_dim(axis.axis, axis.size);
  return shape;
}

template <class T>
void complex_to_complex(KernelContext& c, int rank, bool inverse) {
  if (c.output().num_elements() == 0) return;
  const auto axes = transformed_axes(c, rank);
  Tensor input = cropped(c.input(0), with_sizes(c.input(0).shape(), axes));
  Tensor& output = c.output();
  const void* from = input.raw_data();
  for (std::size_t i = axes.size(); i-- > 0;) {
    const AxisSplit split = split_at(output.shape(), axes[i].axis);
    transform(static_cast<const T*>(from),
              axes[i].size,
              output.data<T>(),
              axes[i].size,
              axes[i].size,
              split.outer,
              split.inner,
              inverse);
    from = output.raw_data();
  }
  if (axes.empty())
    std::memcpy(output.mutable_data(), from, output.num_bytes());
}

template <class Real>
void real_to_complex(KernelContext& c, int rank) {
  using Complex = std::complex<Real>;
  if (c.output().num_elements() == 0) return;
  const auto axes = transformed_axes(c, rank);
  Tensor input = cropped(c.input(0), with_sizes(c.input(0).shape(), axes));
  const Axis& last = axes.back();
  const AxisSplit split = split_at(input.shape(), last.axis);
  transform(static_cast<const Real*>(input.raw_data()),
            last.size,
            c.output().data<Complex>(),
            last.size / 2 + 1,
            last.size,
            split.outer,
            split.inner,
            false);
  for (std::size_t i = axes.size() - 1; i-- > 0;)
    in_place<Complex>(c.output(), axes[i], false);
}

template <class Real>
void complex_to_real(KernelContext& c, int rank) {
  using Complex = std::complex<Real>;
  if (c.output().num_elements() == 0) return;
  auto axes = transformed_axes(c, rank);
  const Axis last = axes.back();
  axes.back().size = last.size / 2 + 1;
  Tensor half = cropped(c.input(0), with_sizes(c.input(0).shape(), axes));
  if (axes.size() > 1 && half.raw_data() == c.input(0).raw_data()) {
    half = Tensor::allocate(half.dtype(), half.shape());
    std::memcpy(half.mutable_data(), c.input(0).raw_data(), half.num_bytes());
  }
  for (std::size_t i = 0; i + 1 < axes.size(); ++i)
    in_place<Complex>(half, axes[i], true);
  const AxisSplit split = split_at(c.output().shape(), last.axis);
  transform(static_cast<const Complex*>(half.raw_data()),
            last.size / 2 + 1,
            c.output().data<Real>(),
            last.size,
            last.size,
            split.outer,
            split.inner,
            true);
}

template <class T, int Rank, bool Inverse>
void complex_kernel(KernelContext& c) {
  complex_to_complex<T>(c, Rank, Inverse);
}
template <class Real, int Rank>
void real_kernel(KernelContext& c) {
  real_to_complex<Real>(c, Rank);
}
template <class Real, int Rank>
void inverse_real_kernel(KernelContext& c) {
  complex_to_real<Real>(c, Rank);
}

/// `name` is "" for the last axis alone, "2D", "3D" or "ND".
template <int Rank>
void add_transforms(KernelRegistry& registry, const std::string& name) {
  auto add = [&](const char* op, DType dtype, KernelFunction kernel) {
    registry.add(op + name, {{"Tcomplex", dtype}}, kernel);
  };
  using C64 = std::complex<float>;
  using C128 = std::complex<double>;
  add("FFT", complex64, complex_kernel<C64, Rank, false>);
  add("FFT", complex128, complex_kernel<C128, Rank, false>);
  add("IFFT", complex64, complex_kernel<C64, Rank, true>);
  add("IFFT", complex128, complex_kernel<C128, Rank, true>);
  auto add_real = [&](const char* op,
                      DType real,
                      DType complex,
                      KernelFunction kernel) {
    registry.add(op + name, {{"Treal", real}, {"Tcomplex", complex}}, kernel);
  };
  add_real("RFFT", float32, complex64, real_kernel<float, Rank>);
  add_real("RFFT", float64, complex128, real_kernel<double, Rank>);
  add_real("IRFFT", float32, complex64, inverse_real_kernel<float, Rank>);
  add_real("IRFFT", float64, complex128, inverse_real_kernel<double, Rank>);
}

}  // namespace
}  // namespace kernels

void register_fft_kernels(KernelRegistry& registry) {
  kernels::add_transforms<1>(registry, "");
  kernels::add_transforms<2>(registry, "2D");
  kernels::add_transforms<3>(registry, "3D");
  kernels::add_transforms<0>(registry, "ND");
  using C64 = std::complex<float>;
  using kernels::complex_kernel;
  registry.add("BatchFFT", {}, complex_kernel<C64, 1, false>);
  registry.add("BatchFFT2D", {}, complex_kernel<C64, 2, false>);
  registry.add("BatchFFT3D", {}, complex_kernel<C64, 3, false>);
  registry.add("BatchIFFT", {}, complex_kernel<C64, 1, true>);
  registry.add("BatchIFFT2D", {}, complex_kernel<C64, 2, true>);
  registry.add("BatchIFFT3D", {}, complex_kernel<C64, 3, true>);
}

}  // namespace tern

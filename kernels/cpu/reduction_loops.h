#pragma once

#include <algorithm>
#include <complex>
#include <limits>
#include <type_traits>

#include "kernels/common/narrow_floats.h"
#include "kernels/common/scalar_functions.h"
#include "kernels/cpu/block_program.h"
#include "kernels/cpu/reduction.h"
#include "tern/core/dtype.h"

namespace tern::kernels {

// A reducer of elements of type T (float stands for narrower floats) has: the
// type of its accumulators; start(); add(accumulator, accumulator); and may
// have take(element), what one element is worth, and finish().

template <class T>
struct SumReducer {
  using Accumulator = T;
  static T start() { return T(0); }
  static T add(T a, T b) { return Add()(a, b); }
};

template <class T>
struct SumOfSquaresReducer : SumReducer<T> {
  static T take(T x) { return x * x; }
};

/// L2Loss: half the sum of squares.
template <class T>
struct L2LossReducer : SumOfSquaresReducer<T> {
  static T finish(T sum, std::int64_t) { return sum / 2; }
};

template <class T>
struct ProdReducer {
  using Accumulator = T;
  static T start() { return T(1); }
  static T add(T a, T b) { return Mul()(a, b); }
};

template <class T>
struct MeanReducer {
  /// Sums of integers do not wrap.
  using Accumulator = std::conditional_t<
      !std::is_integral_v<T>,
      T,
      std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;
  static Accumulator start() { return Accumulator(0); }
  static Accumulator add(Accumulator a, Accumulator b) { return Add()(a, b); }
  static T finish(Accumulator sum, std::int64_t count) {
    if constexpr (std::is_integral_v<T>) {
      if (count == 0) return T(0);
      return static_cast<T>(sum / static_cast<Accumulator>(count));
    } else if constexpr (is_complex<T>) {
      // TensorFlow's complex mean of nothing is 0, unlike its real one.
      if (count == 0) return T(0);
      return sum / static_cast<typename T::value_type>(count);
    } else {
      return sum / static_cast<T>(count);
    }
  }
};

template <class T>
struct MaxReducer {
  using Accumulator = T;
  static T start() {
    return std::numeric_limits<T>::has_infinity
               ? -std::numeric_limits<T>::infinity()
               : std::numeric_limits<T>::lowest();
  }
  static T add(T a, T b) { return Maximum()(a, b); }
};

template <class T>
struct MinReducer {
  using Accumulator = T;
  static T start() {
    return std::numeric_limits<T>::has_infinity
               ? std::numeric_limits<T>::infinity()
               : std::numeric_limits<T>::max();
  }
  static T add(T a, T b) { return Minimum()(a, b); }
};

/// Of bools as bytes 0 and 1.
template <class T>
struct AllReducer {
  using Accumulator = T;
  static T start() { return T(1); }
  static T add(T a, T b) { return static_cast<T>(a & b); }
};

template <class T>
struct AnyReducer {
  using Accumulator = T;
  static T start() { return T(0); }
  static T add(T a, T b) { return static_cast<T>(a | b); }
};

/// The loops of Reducer<T>, or of Reducer<float> over narrow floats T. Floats
/// are added in a fixed order of lanes and blocks: accurate, fast, and the
/// same for every instruction set and number of threads.
template <template <class> class Reducer, class T>
struct ReductionLoops {
  using Element = std::conditional_t<is_narrow<T>, float, T>;
  using R = Reducer<Element>;
  using A = typename R::Accumulator;

  /// Elements folded side by side, and how many before lanes merge: a chain of
  /// additions is at most 16 long.
  static constexpr std::int64_t kLanes = 32;
  static constexpr std::int64_t kQuarter = kLanes / 4;
  static constexpr std::int64_t kBlock = 16 * 4 * kLanes;
  static constexpr std::int64_t kMergedBlocks = 8;

  static A take(Element x) {
    if constexpr (requires { R::take(x); })
      return R::take(x);
    else
      return static_cast<A>(x);
  }

  static void start(void* accumulators, std::int64_t n) {
    std::fill_n(static_cast<A*>(accumulators), n, R::start());
  }

  [[gnu::noinline]] static A fold_block(const Element* x, std::int64_t n) {
    A result = R::start();
    std::int64_t i = 0;
    if (n >= kLanes) {
      A lanes[kLanes];
      std::fill_n(lanes, kLanes, R::start());
      for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
        A sums[kLanes];
        for (std::int64_t j = 0; j < kLanes; j += kQuarter) {
          const Element *x0 = x + i + 4 * j, *x1 = x0 + kQuarter;
          const Element *x2 = x1 + kQuarter, *x3 = x2 + kQuarter;
          for (std::int64_t k = 0; k < kQuarter; ++k)
            sums[j + k] = R::add(R::add(take(x0[k]), take(x1[k])),
                                 R::add(take(x2[k]), take(x3[k])));
        }
        for (std::int64_t j = 0; j < kLanes; ++j)
          lanes[j] = R::add(lanes[j], sums[j]);
      }
      for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t j = 0; j < kLanes; ++j)
          lanes[j] = R::add(lanes[j], take(x[i + j]));
      for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
        for (std::int64_t j = 0; j < half; ++j)
          lanes[j] = R::add(lanes[j], lanes[j + half]);
      result = lanes[0];
    }
    for (; i < n; ++i) result = R::add(result, take(x[i]));
    return result;
  }

  static A fold_part(const T* x, std::int64_t n) {
    if constexpr (is_narrow<T>) {
      float wide[kBlock];
      widen(x, wide, n);
      return fold_block(wide, n);
    } else {
      return fold_block(x, n);
    }
  }

  /// Blocks merge in pairs, pairs in pairs, and so on. (A recursion takes up to
  /// twice as long on what is not in the nearest cache.)
  static void fold(void* accumulator, const void* data, std::int64_t n) {
    A& sum = *static_cast<A*>(accumulator);
    const T* x = static_cast<const T*>(data);
    for (std::int64_t i = 0; i < n;) {
      A sums[kMergedBlocks];
      std::int64_t count = 0;
      for (; count < kMergedBlocks && i < n; i += kBlock)
        sums[count++] = fold_part(x + i, std::min(kBlock, n - i));
      while (count > 1) {
        std::int64_t half = (count + 1) / 2;
        for (std::int64_t k = half; k < count; ++k)
          sums[k - half] = R::add(sums[k - half], sums[k]);
        count = half;
      }
      sum = R::add(sum, sums[0]);
    }
  }

  static void fold_segments(void* accumulators,
                            const void* data,
                            std::int64_t n,
                            std::int64_t length) {
    A* sums = static_cast<A*>(accumulators);
    const T* x = static_cast<const T*>(data);
    for (std::int64_t k = 0; k < n; ++k) fold(sums + k, x + k * length, length);
  }

  /// Four rows at a time, at most 64 before they merge.
  [[gnu::noinline]] static void fold_wide_rows(A* __restrict sums,
                                               const Element* x,
                                               std::int64_t rows,
                                               std::int64_t width,
                                               std::int64_t stride) {
    constexpr std::int64_t kRows = 64;
    A part[kMaxColumns];
    for (std::int64_t begin = 0; begin < rows; begin += kRows) {
      std::int64_t end = std::min(rows, begin + kRows);
      std::fill_n(part, width, R::start());
      std::int64_t row = begin;
      for (; row + 4 <= end; row += 4) {
        const Element* x0 = x + row * stride;
        const Element *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
        for (std::int64_t j = 0; j < width; ++j)
          part[j] = R::add(part[j],
                           R::add(R::add(take(x0[j]), take(x1[j])),
                                  R::add(take(x2[j]), take(x3[j]))));
      }
      for (; row < end; ++row) {
        const Element* x0 = x + row * stride;
        for (std::int64_t j = 0; j < width; ++j)
          part[j] = R::add(part[j], take(x0[j]));
      }
      for (std::int64_t j = 0; j < width; ++j)
        sums[j] = R::add(sums[j], part[j]);
    }
  }

  /// Rows that stand next to each other, too short for a loop of their own:
  /// several count as one long row, whose columns merge at the end.
  static void fold_short_rows(A* sums,
                              const Element* x,
                              std::int64_t rows,
                              std::int64_t width) {
    std::int64_t together = kLanes * 2 / width;
    std::int64_t columns = together * width;
    A part[kMaxColumns];
    std::fill_n(part, columns, R::start());
    std::int64_t long_rows = rows / together;
    fold_wide_rows(part, x, long_rows, columns, columns);
    for (std::int64_t k = 0; k < together; ++k)
      for (std::int64_t j = 0; j < width; ++j)
        sums[j] = R::add(sums[j], part[k * width + j]);
    x += long_rows * columns;
    for (std::int64_t row = long_rows * together; row < rows; ++row)
      for (std::int64_t j = 0; j < width; ++j)
        sums[j] = R::add(sums[j], take(*x++));
  }

  static void fold_elements(A* sums,
                            const Element* x,
                            std::int64_t rows,
                            std::int64_t width,
                            std::int64_t stride) {
    if (width == stride && width <= kLanes)
      fold_short_rows(sums, x, rows, width);
    else
      fold_wide_rows(sums, x, rows, width, stride);
  }

  static void fold_rows(void* accumulators,
                        const void* data,
                        std::int64_t rows,
                        std::int64_t width,
                        std::int64_t stride) {
    A* sums = static_cast<A*>(accumulators);
    const T* x = static_cast<const T*>(data);
    if constexpr (is_narrow<T>) {
      constexpr std::int64_t kWide = 8 * kMaxColumns;
      float wide[kWide];
      std::int64_t rows_at_once = kWide / width;
      for (std::int64_t row = 0; row < rows; row += rows_at_once) {
        std::int64_t m = std::min(rows_at_once, rows - row);
        if (width == stride)
          widen(x + row * width, wide, m * width);
        else
          for (std::int64_t r = 0; r < m; ++r)
            widen(x + (row + r) * stride, wide + r * width, width);
        fold_elements(sums, wide, m, width, width);
      }
    } else {
      fold_elements(sums, x, rows, width, stride);
    }
  }

  static void merge(void* accumulators, const void* others, std::int64_t n) {
    A* a = static_cast<A*>(accumulators);
    const A* b = static_cast<const A*>(others);
    for (std::int64_t j = 0; j < n; ++j) a[j] = R::add(a[j], b[j]);
  }

  static void finish(const void* accumulators,
                     void* results,
                     std::int64_t n,
                     std::int64_t count) {
    const A* a = static_cast<const A*>(accumulators);
    T* y = static_cast<T*>(results);
    for (std::int64_t j = 0; j < n; ++j) {
      if constexpr (requires { R::finish(a[j], count); })
        y[j] = static_cast<T>(R::finish(a[j], count));
      else
        y[j] = static_cast<T>(a[j]);
    }
  }

  static constexpr Reduction kReduction{sizeof(T),
                                        sizeof(A),
                                        sizeof(T),
                                        start,
                                        fold,
                                        fold_segments,
                                        fold_rows,
                                        merge,
                                        finish};
};

template <template <class> class Reducer, class T>
void reduction_kernel(KernelContext& context) {
  run_reduction(context, ReductionLoops<Reducer, T>::kReduction);
}

template <template <class> class Reducer, class... T>
void add_reduction(KernelRegistry& registry, std::string_view op) {
  (registry.add(op, {{"T", dtype_of<T>}}, reduction_kernel<Reducer, T>), ...);
  (block_loops().add(op, dtype_of<T>, ReductionLoops<Reducer, T>::kReduction),
   ...);
}

}  // namespace tern::kernels

#pragma once

// Matrix products in registers and caches, after Goto and van de Geijn,
// "Anatomy of high-performance matrix multiplication", 2008: a tile of the
// result stays in registers while panels of both operands, packed in the order
// in which they are read, stream by.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "kernels/cpu/register_vector.h"
#include "tern/core/parallel.h"

namespace tern::kernels {

/// Rows of a tile: with two vectors a row, its sums leave room for the operands
/// in the 32 registers of AVX-512, or in 16.
inline constexpr int kTileRows = kVectorBytes == 64   ? 14
                                 : kVectorBytes == 32 ? 6
                                                      : 5;

template <class T>
inline constexpr int kLanes = RegisterVector<T>::kLanes;
template <class T>
inline constexpr int kTileColumns = 2 * kLanes<T>;

/// One operand: `side` runs along the result's rows (or columns), `depth`
/// along what is summed over.
template <class T>
struct Operand {
  const T* data;
  std::int64_t stride;
  bool side_varies_fastest;

  const T* at(std::int64_t side, std::int64_t depth) const {
    return side_varies_fastest ? data + depth * stride + side
                               : data + side * stride + depth;
  }
};

/// `sides` <= width by `depth` elements, `width` for each step in depth; those
/// that are not there are zero.
template <class T>
void pack_panel(const Operand<T>& from,
                std::int64_t side,
                std::int64_t sides,
                std::int64_t begin,
                std::int64_t depth,
                std::int64_t width,
                T* to) {
  if (from.side_varies_fastest) {
    for (std::int64_t p = 0; p < depth; ++p) {
      const T* row = from.at(side, begin + p);
      T* step = to + p * width;
      std::copy_n(row, sides, step);
      std::fill(step + sides, step + width, T(0));
    }
    return;
  }
  // A cache line of each row in turn: lines of rows that are a power of two
  // apart would drive each other out of the cache.
  constexpr std::int64_t kLine = 64 / sizeof(T);
  for (std::int64_t p0 = 0; p0 < depth; p0 += kLine) {
    const std::int64_t steps = std::min(kLine, depth - p0);
    T* block = to + p0 * width;
    for (std::int64_t i = 0; i < sides; ++i) {
      const T* row = from.at(side + i, begin + p0);
      for (std::int64_t p = 0; p < steps; ++p) block[p * width + i] = row[p];
    }
    for (std::int64_t i = sides; i < width; ++i)
      for (std::int64_t p = 0; p < steps; ++p) block[p * width + i] = T(0);
  }
}

/// A tile of the result, Rows x (Vectors * kLanes): its products of `depth`
/// steps, added to what is there if `add`. `a` has kTileRows elements a step,
/// `b` has `b_stride`.
template <class T, int Rows, int Vectors>
void multiply_panels(std::int64_t depth,
                     const T* a,
                     const T* b,
                     std::int64_t b_stride,
                     T* c,
                     std::int64_t c_stride,
                     bool add) {
  using Vector = typename RegisterVector<T>::Type;
  Vector sums[Rows][Vectors] = {};
  for (std::int64_t p = 0; p < depth; ++p) {
    const auto* right = reinterpret_cast<const Vector*>(b);
#pragma GCC unroll 14
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
      for (int j = 0; j < Vectors; ++j) sums[i][j] += a[i] * right[j];
    a += kTileRows;
    b += b_stride;
  }
#pragma GCC unroll 14
  for (int i = 0; i < Rows; ++i) {
    auto* row = reinterpret_cast<Vector*>(c + i * c_stride);
#pragma GCC unroll 2
    for (int j = 0; j < Vectors; ++j)
      row[j] = add ? row[j] + sums[i][j] : sums[i][j];
  }
}

template <class T>
using MultiplyPanels = void (*)(std::int64_t depth,
                                const T* a,
                                const T* b,
                                std::int64_t b_stride,
                                T* c,
                                std::int64_t c_stride,
                                bool add);

/// multiply_panels by rows - 1.
template <class T, int Vectors>
inline constexpr auto kMultiplyPanels = [
]<int... I>(std::integer_sequence<int, I...>) {
  return std::array<MultiplyPanels<T>, kTileRows>{
      multiply_panels<T, I + 1, Vectors>...};
}
(std::make_integer_sequence<int, kTileRows>());

/// One tile, its columns maybe fewer than those of the vectors.
template <class T>
void multiply_tile(std::int64_t rows,
                   std::int64_t columns,
                   std::int64_t depth,
                   const T* a,
                   const T* b,
                   std::int64_t b_stride,
                   T* c,
                   std::int64_t c_stride,
                   bool add) {
  const auto row = static_cast<std::size_t>(rows - 1);
  const MultiplyPanels<T> multiply = columns > kLanes<T>
                                         ? kMultiplyPanels<T, 2>[row]
                                         : kMultiplyPanels<T, 1>[row];
  if (columns == kTileColumns<T> || columns == kLanes<T>)
    return multiply(depth, a, b, b_stride, c, c_stride, add);
  T tile[kTileRows * kTileColumns<T>];
  multiply(depth, a, b, b_stride, tile, kTileColumns<T>, false);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      T value = tile[i * kTileColumns<T> + j];
      T& place = c[i * c_stride + j];
      place = add ? place + value : value;
    }
}

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

/// `size` cut into equal parts that are multiples of `unit`, at least as many
/// as `parts` where the unit allows, none over `most`: the size of a part.
inline std::int64_t part_of(std::int64_t size,
                            std::int64_t parts,
                            std::int64_t most,
                            std::int64_t unit) {
  parts = std::max({parts, ceil_div(size, most), std::int64_t{1}});
  return std::max(unit, ceil_div(ceil_div(size, parts), unit) * unit);
}

/// C [m, n] = A·B summed over k. The side with fewer elements is packed once
/// for all threads, the other one by who multiplies with it. Where the work is
/// cut depends on the shape alone, and each element is a sum over k in order,
/// in parts of kDepth: the same bits for any number of threads.
template <class T>
class PackedProduct {
 public:
  PackedProduct(std::int64_t m,
                std::int64_t n,
                std::int64_t k,
                Operand<T> a,
                Operand<T> b,
                T* c)
      : m_(m), n_(n), k_(k), a_(a), b_(b), c_(c) {}

  /// Calls done(row, column, rows, columns) for parts of C once they are
  /// there, from any thread.
  template <class Done>
  void run(const Done& done) const {
    const bool by_rows = m_ >= n_;
    const std::int64_t shared = by_rows ? n_ : m_;
    const std::int64_t unit = by_rows ? kTileColumns<T> : kTileRows;
    const std::int64_t chunk =
        part_of(shared,
                1,
                std::max(unit, kSharedElements / std::max<std::int64_t>(k_, 1)),
                unit);
    for (std::int64_t begin = 0; begin < shared; begin += chunk) {
      const std::int64_t size = std::min(chunk, shared - begin);
      if (by_rows)
        run_rows(begin, size, done);
      else
        run_columns(begin, size, done);
    }
  }

 private:
  /// 16 MB of floats.
  static constexpr std::int64_t kSharedElements = std::int64_t{1} << 22;
  static constexpr std::int64_t kDepth = 512;
  static constexpr std::int64_t kMostRows = 8 * kTileRows;
  static constexpr std::int64_t kMostColumns = 8 * kTileColumns<T>;
  /// Multiply-adds that are worth a thread, some 10 µs, and pieces to aim at.
  static constexpr std::int64_t kPieceWork = std::int64_t{1} << 19;
  static constexpr std::int64_t kPieces = 16;

  /// Small products need none of the heap, which costs as much as they do.
  class Memory {
   public:
    explicit Memory(std::int64_t elements) {
      auto bytes = static_cast<std::size_t>(elements) * sizeof(T);
      if (bytes > sizeof small_)
        large_.reset(static_cast<T*>(::operator new(bytes, kAlign)));
    }
    T* get() { return large_ ? large_.get() : reinterpret_cast<T*>(small_); }
    const T* get() const {
      return large_ ? large_.get() : reinterpret_cast<const T*>(small_);
    }

   private:
    static constexpr std::align_val_t kAlign{64};
    struct Free {
      void operator()(T* p) const { ::operator delete(p, kAlign); }
    };
    std::unique_ptr<T[], Free> large_;
    alignas(64) char small_[std::size_t{1} << 15];
  };

  std::int64_t pieces(std::int64_t rows, std::int64_t columns) const {
    return std::min(kPieces, rows * columns * k_ / kPieceWork);
  }

  /// Where panel `i` of a packed operand begins for the part of k at `depth`.
  static std::int64_t panel(std::int64_t i,
                            std::int64_t panels,
                            std::int64_t depth,
                            std::int64_t steps,
                            std::int64_t width) {
    return depth * panels * width + i * steps * width;
  }

  /// All of k for `size` sides from `begin` on.
  Memory pack(const Operand<T>& from,
              std::int64_t begin,
              std::int64_t size,
              std::int64_t width) const {
    const std::int64_t panels = ceil_div(size, width);
    Memory packed(panels * width * k_);
    const std::int64_t grain =
        std::max<std::int64_t>(1, (std::int64_t{1} << 16) / (width * k_));
    parallel_for(panels, grain, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i)
        for (std::int64_t depth = 0; depth < k_; depth += kDepth) {
          const std::int64_t steps = std::min(kDepth, k_ - depth);
          pack_panel(from,
                     begin + i * width,
                     std::min(width, size - i * width),
                     depth,
                     steps,
                     width,
                     packed.get() + panel(i, panels, depth, steps, width));
        }
    });
    return packed;
  }

  /// Columns [begin, begin + columns) of C, cut by rows.
  template <class Done>
  void run_rows(std::int64_t begin,
                std::int64_t columns,
                const Done& done) const {
    constexpr std::int64_t kWidth = kTileColumns<T>;
    const Memory b = pack(b_, begin, columns, kWidth);
    const std::int64_t panels = ceil_div(columns, kWidth);
    const std::int64_t part =
        part_of(m_, pieces(m_, columns), kMostRows, kTileRows);
    parallel_for(
        ceil_div(m_, part), 1, [&](std::int64_t first, std::int64_t last) {
          Memory a(part * std::min(kDepth, k_));
          for (std::int64_t piece = first; piece < last; ++piece) {
            const std::int64_t row = piece * part;
            const std::int64_t rows = std::min(part, m_ - row);
            for (std::int64_t depth = 0; depth < k_; depth += kDepth) {
              const std::int64_t steps = std::min(kDepth, k_ - depth);
              for (std::int64_t i = 0; i < rows; i += kTileRows)
                pack_panel<T>(a_,
                              row + i,
                              std::min<std::int64_t>(kTileRows, rows - i),
                              depth,
                              steps,
                              kTileRows,
                              a.get() + i * steps);
              for (std::int64_t j = 0; j < panels; ++j)
                multiply_column(
                    row,
                    rows,
                    begin + j * kWidth,
                    std::min(kWidth, columns - j * kWidth),
                    depth,
                    steps,
                    a.get(),
                    b.get() + panel(j, panels, depth, steps, kWidth),
                    kWidth);
            }
            done(row, begin, rows, columns);
          }
        });
  }

  /// Rows [begin, begin + rows) of C, cut by columns.
  template <class Done>
  void run_columns(std::int64_t begin,
                   std::int64_t rows,
                   const Done& done) const {
    constexpr std::int64_t kWidth = kTileColumns<T>;
    const Memory a = pack(a_, begin, rows, kTileRows);
    const std::int64_t panels = ceil_div(rows, kTileRows);
    const std::int64_t part =
        part_of(n_, pieces(rows, n_), kMostColumns, kWidth);
    parallel_for(
        ceil_div(n_, part), 1, [&](std::int64_t first, std::int64_t last) {
          Memory b(kWidth * std::min(kDepth, k_));
          for (std::int64_t piece = first; piece < last; ++piece) {
            const std::int64_t column = piece * part;
            const std::int64_t columns = std::min(part, n_ - column);
            for (std::int64_t depth = 0; depth < k_; depth += kDepth) {
              const std::int64_t steps = std::min(kDepth, k_ - depth);
              for (std::int64_t j = 0; j < columns; j += kWidth) {
                const std::int64_t width = std::min(kWidth, columns - j);
                const T* packed =
                    a.get() + panel(0, panels, depth, steps, kTileRows);
                // Packing does not pay for a panel that is read once.
                bool direct =
                    panels == 1 && b_.side_varies_fastest && width == kWidth;
                if (!direct)
                  pack_panel(
                      b_, column + j, width, depth, steps, kWidth, b.get());
                multiply_column(begin,
                                rows,
                                column + j,
                                width,
                                depth,
                                steps,
                                packed,
                                direct ? b_.at(column + j, depth) : b.get(),
                                direct ? b_.stride : kWidth);
              }
            }
            done(begin, column, rows, columns);
          }
        });
  }

  /// One panel of B with the panels of A for some rows.
  void multiply_column(std::int64_t row,
                       std::int64_t rows,
                       std::int64_t column,
                       std::int64_t columns,
                       std::int64_t depth,
                       std::int64_t steps,
                       const T* a,
                       const T* b,
                       std::int64_t b_stride) const {
    for (std::int64_t i = 0; i < rows; i += kTileRows)
      multiply_tile<T>(std::min<std::int64_t>(kTileRows, rows - i),
                       columns,
                       steps,
                       a + i * steps,
                       b,
                       b_stride,
                       c_ + (row + i) * n_ + column,
                       n_,
                       depth > 0);
  }

  std::int64_t m_, n_, k_;
  Operand<T> a_, b_;
  T* c_;
};

}  // namespace tern::kernels

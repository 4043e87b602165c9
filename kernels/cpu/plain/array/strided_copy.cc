#include "kernels/cpu/plain/array/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/cpu/plain/math/element_types.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Elements worth a thread of their own.
constexpr std::int64_t kGrainBytes = 64 * 1024;
/// Runs shorter than this are copied by a loop: a call of memcpy costs more.
constexpr std::int64_t kShortRun = 16;
/// Side of the squares a transposition is cut into: some cache lines wide.
template <class T>
constexpr std::int64_t kSide =
    std::clamp<std::int64_t>(128 / static_cast<int>(sizeof(T)), 16, 64);

template <class T>
void copy_run(const T* from, T* to, std::int64_t n) {
  if (std::is_trivially_copyable_v<T> && n >= kShortRun) {
    std::memcpy(static_cast<void*>(to),
                static_cast<const void*>(from),
                static_cast<std::size_t>(n) * sizeof(T));
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

/// The innermost loop.
template <class T>
void copy_axis(const T* from, T* to, const StridedAxis& axis) {
  if (axis.to == 1 && axis.from == 1) {
    copy_run(from, to, axis.size);
  } else if (axis.to == 1 && axis.from == 0) {
    std::fill_n(to, axis.size, *from);
  } else {
    for (std::int64_t i = 0; i < axis.size; ++i)
      to[i * axis.to] = from[i * axis.from];
  }
}

/// Elements of 4 and 8 bytes are turned 16 bytes at a time.
template <class T>
constexpr std::int64_t kTurned = std::is_trivially_copyable_v<T> &&
                                         (sizeof(T) == 4 || sizeof(T) == 8)
                                     ? 16 / static_cast<std::int64_t>(sizeof(T))
                                     : 1;

/// kTurned x kTurned elements, transposed.
template <class T>
void turn(const T* from, std::int64_t from_stride, T* to, std::int64_t stride) {
  typedef T Vector
      __attribute__((vector_size(16), aligned(alignof(T)), may_alias));
  auto line = [&](std::int64_t i) {
    return *reinterpret_cast<const Vector*>(from + i * from_stride);
  };
  auto target = [&](std::int64_t i) -> Vector& {
    return *reinterpret_cast<Vector*>(to + i * stride);
  };
  if constexpr (kTurned<T> == 2) {
    const Vector a = line(0), b = line(1);
    target(0) = __builtin_shufflevector(a, b, 0, 2);
    target(1) = __builtin_shufflevector(a, b, 1, 3);
  } else {
    const Vector a = line(0), b = line(1), c = line(2), d = line(3);
    const Vector ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const Vector cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    target(0) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    target(1) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    const Vector ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Vector gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    target(2) = __builtin_shufflevector(ef, gh, 0, 1, 4, 5);
    target(3) = __builtin_shufflevector(ef, gh, 2, 3, 6, 7);
  }
}

/// One square of a transposition, by way of a buffer in the nearest cache: each
/// line of source and target is touched once, in one go, so that lines which
/// compete for the same place in the cache do no harm.
template <class T>
void copy_square(const T* from,
                 T* to,
                 const StridedAxis& rows,
                 const StridedAxis& columns) {
  // A row is longer than the square by what keeps columns in different sets of
  // the cache.
  constexpr std::int64_t kStride = kSide<T> + kTurned<T>;
  T square[kSide<T> * kStride];
  for (std::int64_t j = 0; j < columns.size; ++j)
    copy_run(from + j * columns.from, square + j * kStride, rows.size);
  std::int64_t i = 0;
  if constexpr (kTurned < T >> 1)
    if (columns.to == 1 && columns.size % kTurned<T> == 0)
      for (; i + kTurned<T> <= rows.size; i += kTurned<T>)
        for (std::int64_t j = 0; j < columns.size; j += kTurned<T>)
          turn(
              square + j * kStride + i, kStride, to + i * rows.to + j, rows.to);
  for (; i < rows.size; ++i)
    for (std::int64_t j = 0; j < columns.size; ++j)
      to[i * rows.to + j * columns.to] = square[j * kStride + i];
}

/// Two axes: rows run through the source (from = 1), columns jump through it.
template <class T>
void copy_transposed(const T* from,
                     T* to,
                     const StridedAxis& rows,
                     const StridedAxis& columns) {
  for (std::int64_t r = 0; r < rows.size; r += kSide<T>)
    for (std::int64_t c = 0; c < columns.size; c += kSide<T>)
      copy_square(
          from + r + c * columns.from,
          to + r * rows.to + c * columns.to,
          {std::min(kSide<T>, rows.size - r), 1, rows.to},
          {std::min(kSide<T>, columns.size - c), columns.from, columns.to});
}

/// Steps through the outer axes in row-major order.
class Odometer {
 public:
  Odometer(const std::vector<StridedAxis>& axes, std::int64_t position)
      : axes_(axes), index_(axes.size()) {
    for (std::size_t i = axes.size(); i-- > 0;) {
      index_[i] = position % axes[i].size;
      position /= axes[i].size;
      from_ += index_[i] * axes[i].from;
      to_ += index_[i] * axes[i].to;
    }
  }
  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  void advance() {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      from_ += axes_[i].from;
      to_ += axes_[i].to;
      if (++index_[i] < axes_[i].size) return;
      from_ -= axes_[i].size * axes_[i].from;
      to_ -= axes_[i].size * axes_[i].to;
      index_[i] = 0;
    }
  }

 private:
  const std::vector<StridedAxis>& axes_;
  std::vector<std::int64_t> index_;
  std::int64_t from_ = 0;
  std::int64_t to_ = 0;
};

/// Drops axes of one element and joins axes that continue each other in both
/// layouts. Returns false when the box is empty.
bool simplify(std::vector<StridedAxis>& axes) {
  std::vector<StridedAxis> kept;
  for (const StridedAxis& axis : axes) {
    if (axis.size == 0) return false;
    if (axis.size == 1) continue;
    if (!kept.empty() && kept.back().from == axis.from * axis.size &&
        kept.back().to == axis.to * axis.size) {
      kept.back() = {kept.back().size * axis.size, axis.from, axis.to};
    } else {
      kept.push_back(axis);
    }
  }
  axes = std::move(kept);
  return true;
}

/// The axes of a box, the two innermost singled out.
struct Loops {
  std::vector<StridedAxis> outer;
  StridedAxis middle{1, 0, 0};
  StridedAxis inner{1, 1, 1};

  /// Where the inner axis jumps through the source and another axis runs
  /// through it, the two are walked in squares.
  bool crossing() const {
    return middle.from == 1 && inner.from != 1 && inner.from != 0;
  }
};

Loops nest(std::vector<StridedAxis> axes) {
  Loops loops;
  if (axes.empty()) return loops;
  loops.inner = axes.back();
  axes.pop_back();
  auto chosen = axes.end();
  if (loops.inner.from != 1 && loops.inner.from != 0)
    chosen = std::find_if(axes.begin(), axes.end(), [](const StridedAxis& a) {
      return a.from == 1;
    });
  if (chosen == axes.end() && !axes.empty()) --chosen;
  if (chosen != axes.end()) {
    loops.middle = *chosen;
    axes.erase(chosen);
  }
  loops.outer = std::move(axes);
  return loops;
}

template <class T>
void copy_loops(const T* from, T* to, Loops loops);

/// Cuts `axis` (a member of `loops`) into pieces that threads can share; what
/// the equal pieces leave over is copied at once.
template <class T>
void cut(const T* from,
         T* to,
         Loops& loops,
         StridedAxis Loops::*axis,
         std::int64_t piece) {
  const StridedAxis whole = loops.*axis;
  const std::int64_t pieces = whole.size / piece;
  if (pieces < 2) return;
  const std::int64_t done = pieces * piece;
  if (done < whole.size) {
    Loops rest = loops;
    (rest.*axis).size = whole.size - done;
    copy_loops(from + done * whole.from, to + done * whole.to, rest);
  }
  (loops.*axis).size = piece;
  loops.outer.push_back({pieces, whole.from * piece, whole.to * piece});
}

template <class T>
void copy_loops(const T* from, T* to, Loops loops) {
  const std::int64_t grain =
      std::max<std::int64_t>(1, kGrainBytes / static_cast<int>(sizeof(T)));
  if (loops.inner.size * loops.middle.size >= 2 * grain) {
    cut(from, to, loops, &Loops::inner, grain);
    cut(from,
        to,
        loops,
        &Loops::middle,
        std::max(loops.crossing() ? kSide<T> : 1, grain / loops.inner.size));
  }
  std::int64_t rows = 1;
  for (const StridedAxis& axis : loops.outer) rows *= axis.size;
  const StridedAxis middle = loops.middle;
  const StridedAxis inner = loops.inner;
  const std::int64_t row_grain =
      std::max<std::int64_t>(1, grain / (inner.size * middle.size));
  parallel_for(rows, row_grain, [&](std::int64_t begin, std::int64_t end) {
    Odometer at(loops.outer, begin);
    for (std::int64_t row = begin; row < end; ++row, at.advance()) {
      const T* source = from + at.from();
      T* target = to + at.to();
      if (loops.crossing()) {
        copy_transposed(source, target, middle, inner);
      } else {
        for (std::int64_t i = 0; i < middle.size; ++i)
          copy_axis(source + i * middle.from, target + i * middle.to, inner);
      }
    }
  });
}

}  // namespace

void strided_copy(DType dtype,
                  const void* from,
                  void* to,
                  std::vector<StridedAxis> axes) {
  if (!simplify(axes)) return;
  visit_storage(dtype, [&]<class T>(TypeTag<T>) {
    copy_loops(static_cast<const T*>(from),
               static_cast<T*>(to),
               nest(std::move(axes)));
  });
}

void fill_elements(DType dtype,
                   void* to,
                   const void* value,
                   std::int64_t count) {
  strided_copy(dtype, value, to, {{count, 0, 1}});
}

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  std::int64_t stride = 1;
  for (std::size_t i = strides.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[static_cast<int>(i)];
  }
  return strides;
}

}  // namespace tern

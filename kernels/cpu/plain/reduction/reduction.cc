#include "kernels/cpu/reduction.h"

#include <algorithm>
#include <memory>

#include "kernels/cpu/elementwise.h"
#include "ops/array/host_integers.h"
#include "tern/core/inlined_vector.h"
#include "tern/core/parallel.h"

namespace tern::kernels {
namespace {

using AxisMask = InlinedVector<char, 8>;  // of truth values

/// Elements that one task reduces: where work is cut depends on shapes alone.
constexpr std::int64_t kTaskElements = 16384;
constexpr std::size_t kLargestAccumulator = 16;

/// Dimensions that are not next to each other in memory.
struct Dimensions {
  struct Dimension {
    std::int64_t size, stride;  // in elements
  };
  InlinedVector<Dimension, 3> list;  // the outermost first

  std::int64_t count() const {
    std::int64_t n = 1;
    for (const Dimension& dimension : list) n *= dimension.size;
    return n;
  }
  /// Where position `index` (row-major) lies.
  std::int64_t offset(std::int64_t index) const {
    if (list.size() == 1) return index * list[0].stride;
    std::int64_t result = 0;
    for (std::size_t d = list.size(); d-- > 0;) {
      result += index % list[d].size * list[d].stride;
      index /= list[d].size;
    }
    return result;
  }
};

/// The input as [kept..., reduced..., rows, columns]: `rows` elements,
/// `columns` apart, make one result in each column. Neighbouring dimensions
/// that share their fate are one.
struct ReductionPlan {
  Dimensions kept;
  Dimensions reduced;
  std::int64_t rows = 1;
  std::int64_t columns = 1;  // 1 where the innermost dimension is reduced
  std::int64_t count() const { return reduced.count() * rows; }
};

ReductionPlan plan_reduction(const Shape& shape, const AxisMask& reduced) {
  struct Run {
    std::int64_t size;
    bool reduced;
  };
  InlinedVector<Run, 6> runs;  // the innermost first
  for (int i = shape.rank(); i-- > 0;) {
    if (shape[i] == 1) continue;
    bool is_reduced = reduced[static_cast<std::size_t>(i)] != 0;
    if (!runs.empty() && runs.back().reduced == is_reduced)
      runs.back().size *= shape[i];
    else
      runs.push_back({shape[i], is_reduced});
  }
  ReductionPlan plan;
  std::size_t next = 0;
  if (next < runs.size() && !runs[next].reduced)
    plan.columns = runs[next++].size;
  if (next < runs.size()) plan.rows = runs[next++].size;
  std::int64_t stride = plan.columns * plan.rows;
  std::size_t outer = runs.size() - next;
  for (std::size_t k = 0; k < outer; ++k) {
    const Run& run = runs[next + k];
    Dimensions& dimensions = run.reduced ? plan.reduced : plan.kept;
    dimensions.list.push_back({run.size, stride});
    stride *= run.size;
  }
  for (Dimensions* dimensions : {&plan.kept, &plan.reduced})
    std::reverse(dimensions->list.begin(), dimensions->list.end());
  return plan;
}

/// Segments shorter than this are reduced many at a time.
constexpr std::int64_t kShortSegment = 64;

bool has_short_segments(const ReductionPlan& plan) {
  return plan.columns == 1 && plan.rows < kShortSegment &&
         plan.reduced.list.empty() && plan.kept.list.size() <= 1;
}

/// What one thread reads of the elements. Those that have to be made are made
/// some thousands at a time, which stay in the second-level cache.
class Window {
 public:
  /// `end`: the thread reads all elements up to there, one after the other; 0
  /// where it jumps.
  Window(const ReducedElements& elements,
         std::size_t element_size,
         std::int64_t end)
      : elements_(elements),
        size_(static_cast<std::int64_t>(element_size)),
        limit_(end) {}

  /// Elements [first, first + n), until it is asked again.
  const void* at(std::int64_t first, std::int64_t n) {
    const char* stored = static_cast<const char*>(elements_.stored);
    if (elements_.producer && (first < begin_ || first + n > end_))
      produce(first, n);
    return stored ? stored + first * size_
                  : buffer_.get() + (first - begin_) * size_;
  }

  struct Rows {
    const void* data;
    std::int64_t stride;
  };
  /// Rows of `width` elements from `first` on, `columns` apart.
  Rows rows(std::int64_t first,
            std::int64_t count,
            std::int64_t width,
            std::int64_t columns) {
    if (!elements_.producer || width == columns)
      return {at(first, count * columns), columns};
    // As far apart as no row is wide: rows without a gap are reduced otherwise.
    constexpr std::int64_t kStride = kMaxColumns + 1;
    if (!elements_.stored) reserve(count * kStride);
    for (std::int64_t row = 0; row < count; ++row) {
      std::int64_t begin = first + row * columns;
      elements_.producer->produce(
          begin, begin + width, buffer_.get() + row * kStride * size_);
    }
    if (!elements_.stored) return {buffer_.get(), kStride};
    return {static_cast<const char*>(elements_.stored) + first * size_,
            columns};
  }

 private:
  static constexpr std::int64_t kElements = 8192;

  void reserve(std::int64_t elements) {
    if (elements <= capacity_) return;
    capacity_ = elements;
    buffer_ = std::make_unique_for_overwrite<char[]>(
        static_cast<std::size_t>(capacity_ * size_));
  }

  void produce(std::int64_t first, std::int64_t n) {
    begin_ = first;
    std::int64_t ahead = n * std::max<std::int64_t>(1, kElements / n);
    end_ = std::max(first + n, std::min(limit_, first + ahead));
    if (!elements_.stored) reserve(end_ - begin_);
    elements_.producer->produce(begin_, end_, buffer_.get());
  }

  const ReducedElements& elements_;
  std::int64_t size_, limit_;
  std::int64_t begin_ = 0, end_ = 0, capacity_ = 0;
  std::unique_ptr<char[]> buffer_;
};

std::int64_t grain_of(const ReducedElements& elements) {
  return elements.producer ? elements.producer->grain() : kCheapGrain;
}

void reduce_short_segments(const ReductionPlan& plan,
                           const Reduction& reduction,
                           const ReducedElements& elements,
                           void* y) {
  auto output_size = static_cast<std::int64_t>(reduction.output_size);
  parallel_for(
      plan.kept.count(),
      std::max<std::int64_t>(1, grain_of(elements) / plan.rows),
      [&](std::int64_t begin, std::int64_t end) {
        alignas(64) char local[kMaxColumns * kLargestAccumulator];
        Window window(elements, reduction.input_size, end * plan.rows);
        for (std::int64_t i = begin; i < end; i += kMaxColumns) {
          std::int64_t n = std::min(kMaxColumns, end - i);
          reduction.start(local, n);
          reduction.fold_segments(
              local, window.at(i * plan.rows, n * plan.rows), n, plan.rows);
          reduction.finish(
              local, static_cast<char*>(y) + i * output_size, n, plan.rows);
        }
      });
}

/// How a plan's work is cut: each result's elements in `parts`, columns in
/// `tiles`.
class ReductionTasks {
 public:
  ReductionTasks(const ReductionPlan& plan,
                 const Reduction& reduction,
                 const ReducedElements& elements,
                 void* y)
      : plan_(plan),
        reduction_(reduction),
        elements_(elements),
        y_(static_cast<char*>(y)),
        kept_(plan.kept.count()),
        segments_(plan.reduced.count()),
        tile_(std::min(plan.columns, kMaxColumns)),
        tiles_((plan.columns + tile_ - 1) / tile_) {
    std::int64_t rows = std::max<std::int64_t>(1, kTaskElements / tile_);
    rows_a_part_ = std::min(plan.rows, rows);
    row_parts_ = (plan.rows + rows_a_part_ - 1) / rows_a_part_;
    segments_a_part_ = std::clamp<std::int64_t>(rows / plan.rows, 1, segments_);
    segment_parts_ = (segments_ + segments_a_part_ - 1) / segments_a_part_;
    parts_ = row_parts_ * segment_parts_;
  }

  void run() {
    if (parts_ > 1)
      partial_ = std::make_unique_for_overwrite<Accumulator[]>(
          static_cast<std::size_t>(kept_ * parts_ * plan_.columns));
    std::int64_t a_task = rows_a_part_ * segments_a_part_ * tile_;
    parallel_for(kept_ * parts_ * tiles_,
                 std::max<std::int64_t>(1, grain_of(elements_) / a_task),
                 [this](std::int64_t begin, std::int64_t end) {
                   Window window(
                       elements_, reduction_.input_size, read_up_to(end));
                   for (std::int64_t i = begin; i < end; ++i)
                     run_task(i, window);
                 });
    if (parts_ > 1) merge_parts();
  }

 private:
  struct alignas(kLargestAccumulator) Accumulator {
    char bytes[kLargestAccumulator];
  };

  /// Where task `end` begins, if tasks follow one another in memory, else 0.
  std::int64_t read_up_to(std::int64_t end) const {
    if (tiles_ > 1 || segments_ > 1 || plan_.kept.list.size() > 1) return 0;
    return (end / parts_ * plan_.rows +
            std::min(plan_.rows, end % parts_ * rows_a_part_)) *
           plan_.columns;
  }

  void run_task(std::int64_t task, Window& window) {
    std::int64_t tile = task % tiles_;
    std::int64_t part = task / tiles_ % parts_;
    std::int64_t kept = task / tiles_ / parts_;
    std::int64_t column = tile * tile_;
    std::int64_t width = std::min(tile_, plan_.columns - column);

    alignas(64) char local[kMaxColumns * kLargestAccumulator];
    reduction_.start(local, width);
    std::int64_t row = part % row_parts_ * rows_a_part_;
    std::int64_t rows = std::min(rows_a_part_, plan_.rows - row);
    std::int64_t segment = part / row_parts_ * segments_a_part_;
    std::int64_t last = std::min(segments_, segment + segments_a_part_);
    std::int64_t origin =
        plan_.kept.offset(kept) + row * plan_.columns + column;
    for (; segment < last; ++segment) {
      std::int64_t first = origin + plan_.reduced.offset(segment);
      if (plan_.columns == 1) {
        reduction_.fold(local, window.at(first, rows), rows);
      } else {
        auto tile = window.rows(first, rows, width, plan_.columns);
        reduction_.fold_rows(local, tile.data, rows, width, tile.stride);
      }
    }
    if (parts_ > 1) {
      std::copy_n(local,
                  width * size_of_accumulator(),
                  partial(kept, part) + column * size_of_accumulator());
    } else {
      reduction_.finish(
          local, result(kept * plan_.columns + column), width, plan_.count());
    }
  }

  /// Part k + h into part k, then half as many parts, until one is left.
  void merge_parts() {
    parallel_for(kept_, 1, [this](std::int64_t begin, std::int64_t end) {
      for (std::int64_t kept = begin; kept < end; ++kept) {
        for (std::int64_t n = parts_; n > 1;) {
          std::int64_t half = (n + 1) / 2;
          reduction_.merge(partial(kept, 0),
                           partial(kept, half),
                           (n - half) * plan_.columns);
          n = half;
        }
        reduction_.finish(partial(kept, 0),
                          result(kept * plan_.columns),
                          plan_.columns,
                          plan_.count());
      }
    });
  }

  std::int64_t size_of_accumulator() const {
    return static_cast<std::int64_t>(reduction_.accumulator_size);
  }
  char* partial(std::int64_t kept, std::int64_t part) {
    return partial_[0].bytes +
           (kept * parts_ + part) * plan_.columns * size_of_accumulator();
  }
  char* result(std::int64_t index) {
    return y_ + index * static_cast<std::int64_t>(reduction_.output_size);
  }

  const ReductionPlan& plan_;
  const Reduction& reduction_;
  const ReducedElements& elements_;
  char* y_;
  std::int64_t kept_, segments_, tile_, tiles_;
  std::int64_t rows_a_part_, row_parts_;
  std::int64_t segments_a_part_, segment_parts_, parts_;
  std::unique_ptr<Accumulator[]> partial_;
};

void reduce(const ReducedElements& elements,
            const AxisMask& reduced,
            const Reduction& reduction,
            Tensor& output) {
  std::int64_t results = output.num_elements();
  if (results == 0) return;
  if (elements.shape.num_elements() == 0) {
    alignas(64) char nothing[kLargestAccumulator];
    reduction.start(nothing, 1);
    for (std::int64_t i = 0; i < results; ++i)
      reduction.finish(nothing,
                       output.data<char>() +
                           i * static_cast<std::int64_t>(reduction.output_size),
                       1,
                       0);
    return;
  }
  ReductionPlan plan = plan_reduction(elements.shape, reduced);
  void* y = output.mutable_data();
  if (has_short_segments(plan))
    reduce_short_segments(plan, reduction, elements, y);
  else
    ReductionTasks(plan, reduction, elements, y).run();
}

void reduce_input(KernelContext& context,
                  const AxisMask& reduced,
                  const Reduction& reduction) {
  const Tensor& input = context.input(0);
  reduce({.shape = input.shape(), .stored = input.raw_data()},
         reduced,
         reduction,
         context.output());
}

}  // namespace

void run_reduction(KernelContext& context, const Reduction& reduction) {
  int rank = context.input(0).shape().rank();
  AxisMask reduced(static_cast<std::size_t>(rank));
  for (std::int64_t axis : host_integers(context.input(1)))
    reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  reduce_input(context, reduced, reduction);
}

void run_full_reduction(KernelContext& context, const Reduction& reduction) {
  auto rank = static_cast<std::size_t>(context.input(0).shape().rank());
  AxisMask reduced(rank);
  for (char& axis : reduced) axis = true;
  reduce_input(context, reduced, reduction);
}

void reduce_elements(const ReducedElements& elements,
                     std::span<const std::int64_t> axes,
                     const Reduction& reduction,
                     Tensor& output) {
  AxisMask reduced(static_cast<std::size_t>(elements.shape.rank()));
  for (std::int64_t axis : axes) reduced[static_cast<std::size_t>(axis)] = true;
  reduce(elements, reduced, reduction, output);
}

}  // namespace tern::kernels

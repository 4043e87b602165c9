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

void reduce_short_segments(const ReductionPlan& plan,
                           const Reduction& reduction,
                           const void* x,
                           void* y) {
  auto input_size = static_cast<std::int64_t>(reduction.input_size);
  auto output_size = static_cast<std::int64_t>(reduction.output_size);
  parallel_for(
      plan.kept.count(),
      kCheapGrain / plan.rows,
      [&](std::int64_t begin, std::int64_t end) {
        alignas(64) char local[kMaxColumns * kLargestAccumulator];
        for (std::int64_t i = begin; i < end; i += kMaxColumns) {
          std::int64_t n = std::min(kMaxColumns, end - i);
          reduction.start(local, n);
          reduction.fold_segments(
              local,
              static_cast<const char*>(x) + i * plan.rows * input_size,
              n,
              plan.rows);
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
                 const void* x,
                 void* y)
      : plan_(plan),
        reduction_(reduction),
        x_(static_cast<const char*>(x)),
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
                 std::max<std::int64_t>(1, kCheapGrain / a_task),
                 [this](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) run_task(i);
                 });
    if (parts_ > 1) merge_parts();
  }

 private:
  struct alignas(kLargestAccumulator) Accumulator {
    char bytes[kLargestAccumulator];
  };

  void run_task(std::int64_t task) {
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
      const char* x = x_ + (origin + plan_.reduced.offset(segment)) *
                               static_cast<std::int64_t>(reduction_.input_size);
      if (plan_.columns == 1)
        reduction_.fold(local, x, rows);
      else
        reduction_.fold_rows(local, x, rows, width, plan_.columns);
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
  const char* x_;
  char* y_;
  std::int64_t kept_, segments_, tile_, tiles_;
  std::int64_t rows_a_part_, row_parts_;
  std::int64_t segments_a_part_, segment_parts_, parts_;
  std::unique_ptr<Accumulator[]> partial_;
};

void reduce(KernelContext& context,
            const Reduction& reduction,
            const AxisMask& reduced) {
  const Tensor& input = context.input(0);
  Tensor& output = context.output();
  std::int64_t results = output.num_elements();
  if (results == 0) return;
  if (input.num_elements() == 0) {
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
  ReductionPlan plan = plan_reduction(input.shape(), reduced);
  const void* x = input.raw_data();
  void* y = output.mutable_data();
  if (has_short_segments(plan))
    reduce_short_segments(plan, reduction, x, y);
  else
    ReductionTasks(plan, reduction, x, y).run();
}

}  // namespace

void run_reduction(KernelContext& context, const Reduction& reduction) {
  int rank = context.input(0).shape().rank();
  AxisMask reduced(static_cast<std::size_t>(rank));
  for (std::int64_t axis : host_integers(context.input(1)))
    reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  reduce(context, reduction, reduced);
}

void run_full_reduction(KernelContext& context, const Reduction& reduction) {
  auto rank = static_cast<std::size_t>(context.input(0).shape().rank());
  AxisMask reduced(rank);
  for (char& axis : reduced) axis = true;
  reduce(context, reduction, reduced);
}

}  // namespace tern::kernels

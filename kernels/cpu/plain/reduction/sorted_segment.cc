// sorted_segment.cc: rows reduced into segments whose ids never decrease. One
// thread: a sum must not depend on the number of threads.

#include <vector>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/math/row_arithmetic.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// The number of segments. Throws InvalidArgumentError unless the ids rise
/// from 0 or more.
std::int64_t count_segments(const Tensor& ids, const IndexReader& id) {
  std::int64_t last = -1;
  for (std::int64_t i = 0; i < ids.num_elements(); ++i) {
    if (id[i] < 0) throw InvalidArgumentError("segment ids must be >= 0");
    if (id[i] < last)
      throw InvalidArgumentError("segment ids are not increasing");
    last = id[i];
  }
  return last + 1;
}

/// Of which reduction a segment without rows is the neutral element; others
/// give zero.
template <RowOperation Operation>
inline constexpr RowOperation kEmptySegment =
    Operation == RowOperation::kMul ? RowOperation::kMul : RowOperation::kAdd;

/// Calls done(segment, rows in it) after each segment that has rows.
template <RowOperation Operation, class Done>
void reduce_segments(KernelContext& c, Done done) {
  const Tensor &data = c.input(0), &ids = c.input(1);
  DType dtype = data.dtype();
  IndexReader id(ids);
  Shape shape = data.shape();
  shape.set_dim(0, count_segments(ids, id));
  Tensor& out = c.allocate_output(0, shape);
  std::int64_t row = 1;
  for (std::int64_t dim : shape.slice(1)) row *= dim;
  fill_neutral(
      kEmptySegment<Operation>, dtype, out.mutable_data(), out.num_elements());
  RowFunction function = row_function(Operation, dtype);
  std::int64_t rows = ids.num_elements();
  for (std::int64_t i = 0; i < rows;) {
    std::int64_t first = i, segment = id[i];
    void* to = at(dtype, out.mutable_data(), segment * row);
    fill_neutral(Operation, dtype, to, row);
    for (; i < rows && id[i] == segment; ++i)
      function(to, at(dtype, data.raw_data(), i * row), row);
    done(to, i - first, row);
  }
}

template <RowOperation Operation>
void segment(KernelContext& c) {
  reduce_segments<Operation>(c, [](void*, std::int64_t, std::int64_t) {});
}

template <class T>
void segment_mean(KernelContext& c) {
  reduce_segments<RowOperation::kAdd>(
      c, [](void* sum, std::int64_t rows, std::int64_t row) {
        std::vector<T> count(static_cast<std::size_t>(row),
                             static_cast<T>(static_cast<float>(rows)));
        row_function(RowOperation::kDiv, dtype_of<T>)(sum, count.data(), row);
      });
}

}  // namespace

void register_sorted_segment_kernels(KernelRegistry& registry) {
  using enum RowOperation;
  for_each_number_type([&]<class T>(TypeTag<T>) {
    const DType dtype = dtype_of<T>;
    registry.add("SegmentSum", {{"T", dtype}}, segment<kAdd>);
    registry.add("SegmentProd", {{"T", dtype}}, segment<kMul>);
    registry.add("SegmentMean", {{"T", dtype}}, segment_mean<T>);
  });
  for_each_real_type([&]<class T>(TypeTag<T>) {
    const DType dtype = dtype_of<T>;
    registry.add("SegmentMin", {{"T", dtype}}, segment<kSegmentMin>);
    registry.add("SegmentMax", {{"T", dtype}}, segment<kSegmentMax>);
  });
}

}  // namespace tern

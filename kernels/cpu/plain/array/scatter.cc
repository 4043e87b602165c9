// scatter.cc: kernels that put rows into tensors by index: scatters and
// unsorted segment reductions. One thread: rows may name the same place, and
// floating-point sums must not depend on the number of threads.

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/plain/math/row_arithmetic.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// The rows of `updates` and where in the output they go.
struct Scatter {
  Scatter(KernelContext& c, int indices_input, int updates_input)
      : updates(c.input(updates_input)),
        shape(c.output().shape()),
        index(c.input(indices_input), shape),
        ignore(c.attr<std::string>("bad_indices_policy") == "IGNORE") {
    const Shape& indices = c.input(indices_input).shape();
    count = 1;
    for (int i = 0; i + 1 < indices.rank(); ++i) count *= indices[i];
    row = 1;
    for (int i = static_cast<int>(indices[-1]); i < shape.rank(); ++i)
      row *= shape[i];
  }

  /// Calls put(row of the output, row of the updates). Nothing is written when
  /// an index is bad.
  template <class Put>
  void each(Put put) const {
    if (!ignore)
      for (std::int64_t i = 0; i < count; ++i)
        if (index.row(i) < 0) index.throw_bad(i, "shape");
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t place = index.row(i);
      if (place >= 0) put(place, i);
    }
  }

  const Tensor& updates;
  const Shape& shape;
  NdIndex index;
  bool ignore;
  std::int64_t count;
  std::int64_t row;
};

void combine(KernelContext& c, const Scatter& scatter, RowOperation operation) {
  const DType dtype = c.output().dtype();
  const RowFunction function = row_function(operation, dtype);
  scatter.each([&](std::int64_t to, std::int64_t from) {
    function(at(dtype, c.output().mutable_data(), to * scatter.row),
             at(dtype, scatter.updates.raw_data(), from * scatter.row),
             scatter.row);
  });
}

void scatter_nd(KernelContext& c) {
  Tensor& out = c.output();
  if (!out.dtype().is_object())
    fill_neutral(RowOperation::kAdd,
                 out.dtype(),
                 out.mutable_data(),
                 out.num_elements());
  combine(c, Scatter(c, 0, 1), RowOperation::kAdd);
}

void copy_tensor(KernelContext& c) {
  const Tensor& tensor = c.input(0);
  strided_copy(tensor.dtype(),
               tensor.raw_data(),
               c.output().mutable_data(),
               {{tensor.num_elements(), 1, 1}});
}

template <RowOperation Operation>
void tensor_scatter(KernelContext& c) {
  copy_tensor(c);
  combine(c, Scatter(c, 1, 2), Operation);
}

void tensor_scatter_update(KernelContext& c) {
  copy_tensor(c);
  const Scatter scatter(c, 1, 2);
  const RowCopier copy(c.output().dtype(), scatter.row);
  scatter.each([&](std::int64_t to, std::int64_t from) {
    copy(scatter.updates.raw_data(), from, c.output().mutable_data(), to);
  });
}

template <RowOperation Operation>
void unsorted_segment(KernelContext& c) {
  const Tensor& data = c.input(0);
  const Tensor& ids = c.input(1);
  Tensor& out = c.output();
  const DType dtype = out.dtype();
  const std::int64_t segments = out.shape()[0];
  std::int64_t row = 1;
  for (std::int64_t dim : out.shape().slice(1)) row *= dim;
  fill_neutral(Operation, dtype, out.mutable_data(), out.num_elements());
  const RowFunction function = row_function(Operation, dtype);
  const IndexReader id(ids);
  for (std::int64_t i = 0; i < ids.num_elements(); ++i) {
    if (id[i] < 0) continue;
    if (id[i] >= segments)
      throw InvalidArgumentError("segment_ids",
                                 index_text(i, ids.shape()),
                                 " = ",
                                 id[i],
                                 " is out of range [0, ",
                                 segments,
                                 ")");
    function(at(dtype, out.mutable_data(), id[i] * row),
             at(dtype, data.raw_data(), i * row),
             row);
  }
}

}  // namespace

void register_scatter_kernels(KernelRegistry& registry) {
  using enum RowOperation;
  registry.add("TensorScatterUpdate", {}, tensor_scatter_update);
  for_each_number_type([&]<class T>(TypeTag<T>) {
    const DType dtype = dtype_of<T>;
    for (const char* op : {"TensorScatterAdd", "ScatterNdNonAliasingAdd"})
      registry.add(op, {{"T", dtype}}, tensor_scatter<kAdd>);
    registry.add("ScatterNd", {{"T", dtype}}, scatter_nd);
    registry.add("TensorScatterSub", {{"T", dtype}}, tensor_scatter<kSub>);
    registry.add("UnsortedSegmentSum", {{"T", dtype}}, unsorted_segment<kAdd>);
    registry.add("UnsortedSegmentProd", {{"T", dtype}}, unsorted_segment<kMul>);
  });
  for_each_real_type([&]<class T>(TypeTag<T>) {
    const DType dtype = dtype_of<T>;
    registry.add("TensorScatterMax", {{"T", dtype}}, tensor_scatter<kMax>);
    registry.add("TensorScatterMin", {{"T", dtype}}, tensor_scatter<kMin>);
    registry.add(
        "UnsortedSegmentMax", {{"T", dtype}}, unsorted_segment<kSegmentMax>);
    registry.add(
        "UnsortedSegmentMin", {{"T", dtype}}, unsorted_segment<kSegmentMin>);
  });
  registry.add("ScatterNd", {{"T", bool_}}, scatter_nd);
  registry.add("ScatterNd", {{"T", string}}, scatter_nd);
  registry.add("ScatterNdNonAliasingAdd", {{"T", bool_}}, tensor_scatter<kAdd>);
}

}  // namespace tern

// gather.cc: kernels that pick rows by index.

#include <algorithm>
#include <cstring>
#include <string>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

constexpr std::int64_t kGrainBytes = 64 * 1024;

/// Rows worth a thread of their own.
std::int64_t grain_of(std::size_t row_bytes) {
  return std::max<std::int64_t>(
      1, kGrainBytes / static_cast<std::int64_t>(row_bytes + 8));
}

std::int64_t product(std::span<const std::int64_t> dims) {
  std::int64_t result = 1;
  for (std::int64_t dim : dims) result *= dim;
  return result;
}

[[noreturn]] void throw_out_of_range(const Tensor& indices,
                                     std::int64_t element,
                                     std::int64_t value,
                                     std::int64_t limit) {
  throw InvalidArgumentError("indices",
                             index_text(element, indices.shape()),
                             " = ",
                             value,
                             " is not in [0, ",
                             limit,
                             ")");
}

/// params [batch, before, limit, row], indices [batch, count] make
/// [batch, before, count, row].
void gather(KernelContext& c, int axis, int batch_dims) {
  const Tensor& params = c.input(0);
  const Tensor& indices = c.input(1);
  const auto dims = params.shape().dims();
  const auto at_axis = static_cast<std::size_t>(axis);
  const auto at_batch = static_cast<std::size_t>(batch_dims);
  const std::int64_t batch = product(dims.subspan(0, at_batch));
  const std::int64_t before =
      product(dims.subspan(at_batch, at_axis - at_batch));
  const std::int64_t limit = dims[at_axis];
  const std::int64_t row = product(dims.subspan(at_axis + 1));
  const std::int64_t count = product(indices.shape().dims().subspan(at_batch));
  const IndexReader index(indices);
  // TensorFlow does not look at indices that pick nothing.
  if (c.output().num_elements() == 0) return;
  for (std::int64_t i = 0; i < batch * count; ++i)
    if (index[i] < 0 || index[i] >= limit)
      throw_out_of_range(indices, i, index[i], limit);
  const RowCopier copy(params.dtype(), row);
  const void* from = params.raw_data();
  void* to = c.output().mutable_data();
  parallel_for(batch * before * count,
               grain_of(copy.bytes()),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t block = begin / count;  // of batch * before
                 std::int64_t i = begin % count;
                 for (std::int64_t out = begin; out < end; ++out) {
                   const std::int64_t picked =
                       index[block / before * count + i];
                   copy(from, block * limit + picked, to, out);
                   if (++i == count) {
                     i = 0;
                     ++block;
                   }
                 }
               });
}

void gather_v2(KernelContext& c) {
  const int rank = c.input(0).shape().rank();
  auto axis = static_cast<int>(c.host_int(2));
  auto batch_dims = static_cast<int>(c.attr<std::int64_t>("batch_dims"));
  if (axis < 0) axis += rank;
  if (batch_dims < 0) batch_dims += c.input(1).shape().rank();
  gather(c, axis, batch_dims);
}

void gather_v1(KernelContext& c) { gather(c, 0, 0); }

void gather_nd(KernelContext& c) {
  const Tensor& params = c.input(0);
  const Tensor& indices = c.input(1);
  const Shape& shape = indices.shape();
  const NdIndex index(indices, params.shape());
  const std::int64_t count =
      product(shape.dims().first(static_cast<std::size_t>(shape.rank() - 1)));
  const std::int64_t row = product(
      params.shape().dims().subspan(static_cast<std::size_t>(shape[-1])));
  const bool ignore = c.attr<std::string>("bad_indices_policy") == "IGNORE";
  if (count > 0 && params.num_elements() == 0)
    throw InvalidArgumentError(
        "Requested more than 0 entries, but params is empty.  Params shape: ",
        params.shape().debug_string());
  if (count == 0) return;
  const RowCopier copy(params.dtype(), row);
  const void* from = params.raw_data();
  void* to = c.output().mutable_data();
  parallel_for(
      count, grain_of(copy.bytes()), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t picked = index.row(i);
          if (picked >= 0)
            copy(from, picked, to, i);
          else if (ignore)
            copy.clear(to, i);
          else
            index.throw_bad(i, "param shape");
        }
      });
}

}  // namespace

void register_gather_kernels(KernelRegistry& registry) {
  registry.add("GatherV2", {}, gather_v2);
  registry.add("Gather", {}, gather_v1);
  registry.add("GatherNd", {}, gather_nd);
}

}  // namespace tern

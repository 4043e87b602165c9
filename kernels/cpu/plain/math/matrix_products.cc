#include "kernels/common/matrix_products.h"

namespace tern {
namespace {

/// For each product the matrix that an operand with leading dimensions `batch`
/// contributes, when the products' own are `output`.
std::vector<std::int64_t> broadcast_indices(const Shape& batch,
                                            const Shape& output) {
  std::vector<std::int64_t> index = {0};
  int missing = output.rank() - batch.rank();
  for (int d = 0; d < output.rank(); ++d) {
    std::int64_t size = d < missing ? 1 : batch[d - missing];
    std::vector<std::int64_t> next;
    next.reserve(index.size() * static_cast<std::size_t>(output[d]));
    for (std::int64_t outer : index)
      for (std::int64_t i = 0; i < output[d]; ++i)
        next.push_back(outer * size + (size == 1 ? 0 : i));
    index = std::move(next);
  }
  return index;
}

}  // namespace

MatrixProducts MatrixProducts::of(const KernelContext& context) {
  const Shape& a = context.input(0).shape();
  const Shape& b = context.input(1).shape();
  MatrixProducts result;
  bool batched = context.op().find_attr("adj_x") >= 0;
  result.conjugate = batched;
  MatrixProduct& p = result.product;
  p.flip_a = context.attr<bool>(batched ? "adj_x" : "transpose_a");
  p.flip_b = context.attr<bool>(batched ? "adj_y" : "transpose_b");
  p.m = a[p.flip_a ? -1 : -2];
  p.k = a[p.flip_a ? -2 : -1];
  p.n = b[p.flip_b ? -2 : -1];
  if (!batched) return result;

  const Shape& c = context.inferred_shape();
  Shape batch = c.slice(0, -2);
  Shape a_batch = a.slice(0, -2);
  Shape b_batch = b.slice(0, -2);
  result.count = batch.num_elements();
  // One right-hand matrix for all rows is a single, taller product.
  if (b_batch.num_elements() == 1 && a_batch == batch && !p.flip_a) {
    p.m *= result.count;
    result.count = 1;
    return result;
  }
  if (!(a_batch == batch)) result.a_index = broadcast_indices(a_batch, batch);
  if (!(b_batch == batch)) result.b_index = broadcast_indices(b_batch, batch);
  return result;
}

}  // namespace tern

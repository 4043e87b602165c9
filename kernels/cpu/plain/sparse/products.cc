// Products of a sparse and a dense matrix.

#include <complex>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

/// Least number of multiplications worth a second thread.
constexpr std::int64_t kGrain = 1 << 15;

template <class W>
W conjugated(W value, bool yes) {
  if constexpr (std::is_arithmetic_v<W>)
    return value;
  else
    return yes ? std::conj(value) : value;
}

/// An entry of the sparse matrix, as it stands in the product.
template <class W>
struct Entry {
  std::int64_t row, column;
  W value;
};

struct Sizes {
  std::int64_t rows, inner, columns;
  bool adjoint_b;
};

/// Columns of the product are independent: pieces of them run in parallel.
template <class W>
void multiply(std::span<const Entry<W>> entries,
              const W* b,
              const Sizes& size,
              W* out) {
  const auto work = static_cast<std::int64_t>(entries.size());
  const std::int64_t grain =
      std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, work));
  parallel_for(size.columns, grain, [&](std::int64_t begin, std::int64_t end) {
    for (const Entry<W>& entry : entries) {
      W* to = out + entry.row * size.columns;
      if (size.adjoint_b) {
        for (std::int64_t j = begin; j < end; ++j)
          to[j] +=
              entry.value * conjugated(b[j * size.inner + entry.column], true);
      } else {
        const W* from = b + entry.column * size.columns;
        for (std::int64_t j = begin; j < end; ++j)
          to[j] += entry.value * from[j];
      }
    }
  });
}

template <class W>
std::vector<Entry<W>> entries_of(const KernelContext& c,
                                 std::span<const W> values,
                                 bool adjoint,
                                 const Sizes& size) {
  IndexReader index(c.input(0));
  std::vector<Entry<W>> entries;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto at = static_cast<std::int64_t>(2 * k);
    std::int64_t row = index[at], column = index[at + 1];
    if (adjoint) std::swap(row, column);
    if (row < 0 || row >= size.rows)
      throw InvalidArgumentError("m (",
                                 row,
                                 ") from index[",
                                 k,
                                 ",",
                                 adjoint ? 1 : 0,
                                 "] out of bounds (>=",
                                 size.rows,
                                 ")");
    if (column < 0 || column >= size.inner)
      throw InvalidArgumentError("k (",
                                 column,
                                 ") from index[",
                                 k,
                                 ",",
                                 adjoint ? 0 : 1,
                                 "] out of bounds (>=",
                                 size.inner,
                                 ")");
    entries.push_back({row, column, conjugated(values[k], adjoint)});
  }
  return entries;
}

Sizes checked_sizes(const KernelContext& c) {
  const Tensor &indices = c.input(0), &values = c.input(1), &b = c.input(3);
  if (indices.shape().rank() != 2 || indices.shape()[1] != 2 ||
      values.shape().rank() != 1 || indices.shape()[0] != values.shape()[0])
    throw InvalidArgumentError(
        "Number of rows of a_indices does not match number of entries in "
        "a_values: ",
        indices.shape().debug_string(),
        " and ",
        values.shape().debug_string());
  const auto dims = c.in<std::int64_t>(2);
  if (dims.size() != 2)
    throw InvalidArgumentError("Tensor 'a_shape' must have 2 elements");
  const bool adjoint_a = c.attr<bool>("adjoint_a");
  const bool adjoint_b = c.attr<bool>("adjoint_b");
  const std::int64_t inner = adjoint_a ? dims[0] : dims[1];
  if (b.shape()[adjoint_b ? 1 : 0] != inner)
    throw InvalidArgumentError(
        "Cannot multiply A and B because inner dimension does not match: ",
        inner,
        " vs. ",
        b.shape()[adjoint_b ? 1 : 0],
        ".  Did you forget a transpose?  Dimensions of A: [",
        dims[0],
        ", ",
        dims[1],
        ").  Dimensions of B: ",
        b.shape().debug_string());
  return {adjoint_a ? dims[1] : dims[0],
          inner,
          b.shape()[adjoint_b ? 0 : 1],
          adjoint_b};
}

/// float and double as they are, other dtypes in a wide type.
template <class W>
void sparse_dense(KernelContext& c) {
  const Sizes size = checked_sizes(c);
  Tensor& out = c.allocate_output(0, {size.rows, size.columns});
  const bool adjoint_a = c.attr<bool>("adjoint_a");
  W* to = out.data<W>();
  std::fill(to, to + out.num_elements(), W());
  auto entries = entries_of<W>(c, c.in<W>(1), adjoint_a, size);
  multiply<W>(entries, c.in<W>(3).data(), size, to);
}

void sparse_dense_wide(KernelContext& c) {
  const Sizes size = checked_sizes(c);
  Tensor& out = c.allocate_output(0, {size.rows, size.columns});
  visit_wide(out.dtype(), [&]<class W>(W) {
    auto values = wide_values<W>(c.input(1));
    auto b = wide_values<W>(c.input(3));
    std::vector<W> product(static_cast<std::size_t>(out.num_elements()));
    auto entries = entries_of<W>(
        c, std::span<const W>(values), c.attr<bool>("adjoint_a"), size);
    multiply<W>(entries, b.data(), size, product.data());
    set_values(std::span<const W>(product), out);
  });
}

/// Two dense matrices, one of which is mostly zeros.
void mostly_zeros(KernelContext& c) {
  const bool transpose_a = c.attr<bool>("transpose_a");
  const bool transpose_b = c.attr<bool>("transpose_b");
  const Shape &a_shape = c.input(0).shape(), &b_shape = c.input(1).shape();
  Tensor& out = c.output();
  const Sizes size{out.shape()[0],
                   a_shape[transpose_a ? 0 : 1],
                   out.shape()[1],
                   transpose_b};
  if (b_shape[transpose_b ? 1 : 0] != size.inner)
    throw InvalidArgumentError("Matrix size incompatible: a: ",
                               a_shape.debug_string(),
                               ", b: ",
                               b_shape.debug_string());
  auto a = wide_values<double>(c.input(0));
  auto b = wide_values<double>(c.input(1));
  std::vector<Entry<double>> entries;
  for (std::int64_t i = 0; i < size.rows; ++i)
    for (std::int64_t k = 0; k < size.inner; ++k) {
      const double value = a[static_cast<std::size_t>(
          transpose_a ? k * size.rows + i : i * size.inner + k)];
      if (value != 0) entries.push_back({i, k, value});
    }
  std::vector<double> product(static_cast<std::size_t>(out.num_elements()));
  multiply<double>(entries, b.data(), size, product.data());
  set_values(std::span<const double>(product), out);
}

}  // namespace

void register_sparse_products_kernels(KernelRegistry& registry) {
  registry.add(
      "SparseTensorDenseMatMul", {{"T", float32}}, sparse_dense<float>);
  registry.add(
      "SparseTensorDenseMatMul", {{"T", float64}}, sparse_dense<double>);
  for (DType dtype : {float16, bfloat16, int32, complex64, complex128})
    registry.add("SparseTensorDenseMatMul", {{"T", dtype}}, sparse_dense_wide);
  registry.add("SparseMatMul", {}, mostly_zeros);
}

}  // namespace tern

// How often integers come, in dense and in sparse form.

#include <algorithm>
#include <map>

#include "kernels/cpu/plain/sparse/sparse_input.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Indices = std::vector<std::int64_t>;

/// Integers and the row each belongs to.
struct Counted {
  Indices values;
  Indices rows;
  std::int64_t num_rows = 1;
  bool has_rows = false;  // whether the output has a dimension for them

  void add(std::int64_t row) { rows.push_back(row); }
};

Counted dense_values(const Tensor& values) {
  const Shape& shape = values.shape();
  if (shape.rank() > 2)
    throw InvalidArgumentError("Shape must be at most rank 2 but is rank ",
                               shape.rank());
  Counted counted{integers_of(values), {}, 1, shape.rank() == 2};
  if (counted.has_rows) counted.num_rows = shape[0];
  const std::int64_t width = counted.has_rows ? shape[1] : 0;
  for (std::size_t k = 0; k < counted.values.size(); ++k)
    counted.add(counted.has_rows ? static_cast<std::int64_t>(k) / width : 0);
  return counted;
}

Counted sparse_values(const KernelContext& c) {
  SparseInput sparse(c, 0);
  if (sparse.rank() < 1 || sparse.rank() > 2)
    throw InvalidArgumentError(
        "Input must be a sparse vector or matrix, got rank ", sparse.rank());
  Counted counted{integers_of(sparse.values()), {}, 1, sparse.rank() == 2};
  if (counted.has_rows) counted.num_rows = sparse.shape()[0];
  for (std::int64_t k = 0; k < sparse.count(); ++k)
    counted.add(counted.has_rows ? sparse.index(k)[0] : 0);
  return counted;
}

Counted ragged_values(const Tensor& splits, const Tensor& values) {
  const Indices ends = integers_of(splits);
  Counted counted{integers_of(values), {}, 0, true};
  counted.num_rows = static_cast<std::int64_t>(ends.size()) - 1;
  if (counted.num_rows < 0 || ends[0] != 0)
    throw InvalidArgumentError("Splits must start with 0, not with ",
                               ends.empty() ? -1 : ends[0]);
  if (ends.back() != values.num_elements())
    throw InvalidArgumentError(
        "Splits must end with the number of values, got ",
        ends.back(),
        " instead of ",
        values.num_elements());
  for (std::size_t row = 0; row + 1 < ends.size(); ++row) {
    if (ends[row + 1] < ends[row])
      throw InvalidArgumentError("Splits must not decrease, got ",
                                 ends[row],
                                 " before ",
                                 ends[row + 1]);
    for (std::int64_t k = ends[row]; k < ends[row + 1]; ++k)
      counted.add(static_cast<std::int64_t>(row));
  }
  return counted;
}

void check_weights(const Tensor& weights, const Counted& counted) {
  if (weights.num_elements() > 0 &&
      weights.num_elements() !=
          static_cast<std::int64_t>(counted.values.size()))
    throw InvalidArgumentError(
        "Weights and values must have the same number of elements: ",
        weights.num_elements(),
        " vs. ",
        counted.values.size());
}

/// [rows, size], or [size]; integers from size on are not counted.
void count_dense(KernelContext& c,
                 const Counted& counted,
                 const Tensor& size_input,
                 const Tensor& weights) {
  if (size_input.num_elements() != 1)
    throw InvalidArgumentError("Shape must be rank 0 but is rank ",
                               size_input.shape().rank());
  const std::int64_t size = integers_of(size_input)[0];
  if (size < 0)
    throw InvalidArgumentError("size (", size, ") must be non-negative");
  check_weights(weights, counted);
  const bool binary = c.attr<bool>("binary_output");
  Shape shape;
  if (counted.has_rows) shape.append(counted.num_rows);
  shape.append(size);
  Tensor& output = c.allocate_output(0, shape);
  visit_wide(output.dtype(), [&]<class W>(W) {
    auto weight = wide_values<W>(weights);
    std::vector<W> bins(static_cast<std::size_t>(output.num_elements()));
    for (std::size_t k = 0; k < counted.values.size(); ++k) {
      const std::int64_t value = counted.values[k];
      if (value < 0)
        throw InvalidArgumentError("Input arr must be non-negative!");
      if (value >= size) continue;
      W& bin = bins[static_cast<std::size_t>(counted.rows[k] * size + value)];
      if (binary)
        bin = W(1);
      else
        bin += weight.empty() ? W(1) : weight[k];
    }
    set_values(std::span<const W>(bins), output);
  });
}

/// The counts that are not 0, row by row.
void count_sparse(KernelContext& c,
                  const Counted& counted,
                  const Tensor& weights) {
  check_weights(weights, counted);
  const auto min_length = c.attr<std::int64_t>("minlength");
  const auto max_length = c.attr<std::int64_t>("maxlength");
  const bool binary = c.attr<bool>("binary_output");
  visit_wide(c.output_dtype(1), [&]<class W>(W) {
    auto weight = wide_values<W>(weights);
    std::map<std::pair<std::int64_t, std::int64_t>, W> counts;
    std::int64_t length = std::max<std::int64_t>(min_length, 0);
    for (std::size_t k = 0; k < counted.values.size(); ++k) {
      const std::int64_t value = counted.values[k];
      if (value < 0)
        throw InvalidArgumentError("Input values must all be non-negative");
      if (max_length >= 0 && value >= max_length) continue;
      length = std::max(length, value + 1);
      W& count = counts[{counted.rows[k], value}];
      if (binary)
        count = W(1);
      else
        count += weight.empty() ? W(1) : weight[k];
    }
    if (max_length >= 0) length = max_length;
    SparseBuilder built(counted.has_rows ? 2 : 1);
    std::vector<W> values;
    for (const auto& [place, count] : counts) {
      const std::int64_t index[] = {place.first, place.second};
      built.add(std::span(index).subspan(counted.has_rows ? 0 : 1));
      values.push_back(count);
    }
    c.set_output(0, built.indices());
    c.set_output(1,
                 tensor_of_values(c.output_dtype(1), {built.count()}, values));
    Indices shape{length};
    if (counted.has_rows) shape.insert(shape.begin(), counted.num_rows);
    c.set_output(2, int64_vector(shape));
  });
}

}  // namespace

void register_count_kernels(KernelRegistry& registry) {
  registry.add("DenseBincount", {}, [](KernelContext& c) {
    count_dense(c, dense_values(c.input(0)), c.input(1), c.input(2));
  });
  registry.add("SparseBincount", {}, [](KernelContext& c) {
    count_dense(c, sparse_values(c), c.input(3), c.input(4));
  });
  registry.add("RaggedBincount", {}, [](KernelContext& c) {
    count_dense(
        c, ragged_values(c.input(0), c.input(1)), c.input(2), c.input(3));
  });
  registry.add("DenseCountSparseOutput", {}, [](KernelContext& c) {
    count_sparse(c, dense_values(c.input(0)), c.input(1));
  });
  registry.add("SparseCountSparseOutput", {}, [](KernelContext& c) {
    count_sparse(c, sparse_values(c), c.input(3));
  });
  registry.add("RaggedCountSparseOutput", {}, [](KernelContext& c) {
    count_sparse(c, ragged_values(c.input(0), c.input(1)), c.input(2));
  });
}

}  // namespace tern

// Ragged tensors to dense and to sparse ones.

#include <algorithm>

#include "kernels/cpu/plain/array/index_reader.h"
#include "kernels/cpu/plain/array/row_copy.h"
#include "kernels/cpu/plain/ragged/row_splits.h"
#include "tern/core/error.h"

namespace tern {
namespace {

std::int64_t longest_row(const RowSplits& splits) {
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < splits.size(); ++i)
    longest = std::max(longest, splits[i] - splits[i - 1]);
  return longest;
}

RowSplits splits_of_rowids(const Tensor& rowids, std::int64_t rows) {
  if (rows < 0 || rows > (std::int64_t{1} << 40))
    throw InvalidArgumentError("A ragged tensor cannot have ", rows, " rows");
  RowSplits splits(static_cast<std::size_t>(rows) + 1, 0);
  IndexReader reader(rowids);
  for (std::int64_t k = 0; k < rowids.num_elements(); ++k) {
    const std::int64_t row = reader[k];
    if (row < 0 || row >= rows || (k > 0 && row < reader[k - 1]))
      throw InvalidArgumentError("Invalid value_rowids: ",
                                 row,
                                 " at ",
                                 k,
                                 " for ",
                                 rows,
                                 " rows; they must not decrease");
    ++splits[static_cast<std::size_t>(row) + 1];
  }
  for (std::size_t i = 1; i < splits.size(); ++i) splits[i] += splits[i - 1];
  return splits;
}

/// Row partitions of any kind as splits.
std::vector<RowSplits> partitions(const KernelContext& c) {
  const auto& types = c.attr<std::vector<std::string>>("row_partition_types");
  const Tensor& values = c.input(1);
  std::vector<RowSplits> nested;
  std::int64_t rows = -1;  // of the next partition, where it is known
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (static_cast<int>(i) + 3 >= c.num_inputs())
      throw InvalidArgumentError(
          "row_partition_types has more entries than there are partitions");
    const Tensor& partition = c.input(static_cast<int>(i) + 3);
    IndexReader reader(partition);
    if (types[i] == "FIRST_DIM_SIZE") {
      if (partition.num_elements() != 1)
        throw InvalidArgumentError(
            "FIRST_DIM_SIZE must be a scalar, got shape ",
            partition.shape().debug_string());
      rows = reader[0];
      continue;
    }
    RowSplits splits;
    if (types[i] == "ROW_SPLITS") {
      for (std::int64_t k = 0; k < partition.num_elements(); ++k)
        splits.push_back(reader[k]);
    } else if (types[i] == "VALUE_ROWIDS") {
      splits = splits_of_rowids(partition, rows);
    } else {
      throw InvalidArgumentError("Unsupported row partition type: ", types[i]);
    }
    if (splits.empty())
      throw InvalidArgumentError("row_splits must have at least one entry");
    rows = splits.back();
    nested.push_back(std::move(splits));
  }
  if (nested.empty())
    throw InvalidArgumentError("At least one row partition is needed");
  for (std::size_t i = 0; i < nested.size(); ++i)
    check_row_splits(nested[i],
                     i + 1 < nested.size()
                         ? static_cast<std::int64_t>(nested[i + 1].size()) - 1
                         : values.shape()[0]);
  return nested;
}

/// The sizes asked for, or those that hold all rows.
Shape dense_shape(const KernelContext& c,
                  const std::vector<RowSplits>& nested) {
  const Tensor& values = c.input(1);
  Shape shape{nested[0].size() - 1};
  for (const RowSplits& splits : nested) shape.append(longest_row(splits));
  for (std::int64_t dim : values.shape().slice(1)) shape.append(dim);
  const Tensor& asked = c.input(0);
  if (asked.shape().rank() == 0) return shape;
  if (asked.num_elements() != shape.rank())
    throw InvalidArgumentError(
        "rt_input.shape and shape are incompatible: rt_input.rank = ",
        shape.rank(),
        " but shape.rank = ",
        asked.num_elements());
  IndexReader reader(asked);
  const int ragged = static_cast<int>(nested.size()) + 1;
  for (int d = 0; d < shape.rank(); ++d) {
    if (reader[d] < 0) continue;
    if (d >= ragged && reader[d] != shape[d])
      throw InvalidArgumentError(
          "rt_input.shape and shape are incompatible: "
          "dimension ",
          d,
          " is ",
          shape[d],
          ", not ",
          reader[d]);
    shape.set_dim(d, reader[d]);
  }
  return shape;
}

/// Copies of default_value, broadcast to one row of the values.
void fill_default(const Tensor& value, const Shape& row, Tensor& out) {
  const Shape& shape = value.shape();
  if (shape.rank() > row.rank())
    throw InvalidArgumentError("default_value.shape=",
                               shape.debug_string(),
                               " and rt_input.flat_values.shape[1:]=",
                               row.debug_string(),
                               " are incompatible");
  for (int d = 1; d <= shape.rank(); ++d)
    if (shape[-d] != 1 && shape[-d] != row[-d])
      throw InvalidArgumentError("default_value.shape=",
                                 shape.debug_string(),
                                 " and rt_input.flat_values.shape[1:]=",
                                 row.debug_string(),
                                 " are incompatible");
  RowCopier copy(out.dtype(), 1);
  const int skipped = row.rank() - shape.rank();
  std::vector<std::int64_t> at(static_cast<std::size_t>(row.rank()), 0);
  for (std::int64_t i = 0; i < out.num_elements(); ++i) {
    std::int64_t from = 0;
    for (int d = 0; d < shape.rank(); ++d)
      from = from * shape[d] +
             (shape[d] == 1 ? 0 : at[static_cast<std::size_t>(skipped + d)]);
    copy(value.raw_data(), from, out.mutable_data(), i);
    for (int d = row.rank(); d-- > 0;) {
      auto k = static_cast<std::size_t>(d);
      if (++at[k] < row[d]) break;
      at[k] = 0;
    }
  }
}

void to_tensor(KernelContext& c) {
  const Tensor& values = c.input(1);
  if (values.shape().rank() == 0)
    throw InvalidArgumentError("rt_input.flat_values must have rows");
  const std::vector<RowSplits> nested = partitions(c);
  const Shape shape = dense_shape(c, nested);
  Tensor& out = c.allocate_output(0, shape);
  fill_default(c.input(2), values.shape().slice(1), out);
  // Where the rows of the current level go, -1 for those that are cut off.
  std::vector<std::int64_t> places(nested[0].size() - 1);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    places[i] = row < shape[0] ? row : -1;
  }
  for (std::size_t level = 0; level < nested.size(); ++level) {
    const RowSplits& splits = nested[level];
    const std::int64_t width = shape[static_cast<int>(level) + 1];
    std::vector<std::int64_t> next;
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::int64_t j = 0; j < splits[i + 1] - splits[i]; ++j)
        next.push_back(places[i] < 0 || j >= width ? -1
                                                   : places[i] * width + j);
    places = std::move(next);
  }
  RowCopier copy(values.dtype(), elements_in_row(values));
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i] >= 0)
      copy(values.raw_data(),
           static_cast<std::int64_t>(i),
           out.mutable_data(),
           places[i]);
}

void to_sparse(KernelContext& c) {
  const int ragged = static_cast<int>(c.attr<std::int64_t>("RAGGED_RANK"));
  const Tensor& values = c.input(ragged);
  if (values.shape().rank() == 0)
    throw InvalidArgumentError("rt_dense_values must have rows");
  const std::vector<RowSplits> nested = nested_splits(c, 0, ragged, values);
  const Shape inner = values.shape().slice(1);
  const int rank = ragged + 1 + inner.rank();
  const std::int64_t width = elements_in_row(values);
  Tensor& indices = c.allocate_output(0, {values.num_elements(), rank});
  auto* index = indices.data<std::int64_t>();
  // The row and position of each value at each level, from the inside out.
  std::vector<std::int64_t> at(static_cast<std::size_t>(ragged) + 1);
  std::vector<std::size_t> row(static_cast<std::size_t>(ragged), 0);
  for (std::int64_t k = 0; k < values.shape()[0]; ++k) {
    std::int64_t value = k;
    for (std::size_t level = nested.size(); level-- > 0;) {
      const RowSplits& splits = nested[level];
      while (splits[row[level] + 1] <= value) ++row[level];
      at[level + 1] = value - splits[row[level]];
      value = static_cast<std::int64_t>(row[level]);
    }
    at[0] = value;
    for (std::int64_t i = 0; i < width; ++i) {
      index = std::copy(at.begin(), at.end(), index);
      std::int64_t rest = i;
      for (int d = inner.rank(); d-- > 0;) {
        index[d] = rest % inner[d];
        rest /= inner[d];
      }
      index += inner.rank();
    }
  }
  c.set_output(1, values.with_shape({values.num_elements()}));
  auto* shape = c.allocate_output(2, {rank}).data<std::int64_t>();
  *shape++ = static_cast<std::int64_t>(nested[0].size()) - 1;
  for (const RowSplits& splits : nested) *shape++ = longest_row(splits);
  std::copy(inner.begin(), inner.end(), shape);
}

}  // namespace

void register_ragged_conversions_kernels(KernelRegistry& registry) {
  registry.add("RaggedTensorToTensor", {}, to_tensor);
  registry.add("RaggedTensorToSparse", {}, to_sparse);
}

}  // namespace tern

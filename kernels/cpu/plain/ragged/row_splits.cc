#include "kernels/cpu/plain/ragged/row_splits.h"

#include <limits>

#include "kernels/cpu/plain/array/index_reader.h"
#include "tern/core/error.h"

namespace tern {

void check_row_splits(const RowSplits& splits, std::int64_t num_values) {
  if (splits.empty())
    throw InvalidArgumentError("Ragged splits must have at least one entry");
  if (splits[0] != 0)
    throw InvalidArgumentError("First value of ragged splits must be 0, got ",
                               splits[0]);
  for (std::size_t i = 1; i < splits.size(); ++i)
    if (splits[i] < splits[i - 1])
      throw InvalidArgumentError(
          "Ragged splits should be non decreasing, but we got ",
          splits[i - 1],
          " followed by ",
          splits[i]);
  if (splits.back() != num_values)
    throw InvalidArgumentError(
        "Final value of ragged splits must match the length the corresponding "
        "ragged values.");
}

std::vector<RowSplits> nested_splits(const KernelContext& c,
                                     int first,
                                     int count,
                                     const Tensor& values) {
  std::vector<RowSplits> nested;
  for (int i = first; i < first + count; ++i) {
    IndexReader reader(c.input(i));
    RowSplits splits;
    for (std::int64_t k = 0; k < c.input(i).num_elements(); ++k)
      splits.push_back(reader[k]);
    nested.push_back(std::move(splits));
  }
  for (std::size_t i = 0; i < nested.size(); ++i)
    check_row_splits(nested[i],
                     i + 1 < nested.size()
                         ? static_cast<std::int64_t>(nested[i + 1].size()) - 1
                         : values.shape()[0]);
  return nested;
}

void set_splits_output(KernelContext& c, int i, const RowSplits& splits) {
  Tensor& out = c.allocate_output(i, {splits.size()});
  if (out.dtype() == int64) {
    std::copy(splits.begin(), splits.end(), out.data<std::int64_t>());
    return;
  }
  if (!splits.empty() &&
      splits.back() > std::numeric_limits<std::int32_t>::max())
    throw InvalidArgumentError(
        "row_splits of ", splits.back(), " values need int64, not int32");
  for (std::size_t k = 0; k < splits.size(); ++k)
    out.data<std::int32_t>()[k] = static_cast<std::int32_t>(splits[k]);
}

std::int64_t elements_in_row(const Tensor& values) {
  std::int64_t count = 1;
  for (std::int64_t dim : values.shape().slice(1)) count *= dim;
  return count;
}

}  // namespace tern

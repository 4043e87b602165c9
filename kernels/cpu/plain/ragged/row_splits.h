#pragma once

#include <cstdint>
#include <vector>

#include "ops/kernel.h"

namespace tern {

using RowSplits = std::vector<std::int64_t>;

/// Throws InvalidArgumentError unless the splits begin with 0, never decrease
/// and end with `num_values`.
void check_row_splits(const RowSplits& splits, std::int64_t num_values);

/// The nested splits of inputs [first, first + count), checked against each
/// other and the rows of `values`.
std::vector<RowSplits> nested_splits(const KernelContext& c,
                                     int first,
                                     int count,
                                     const Tensor& values);

/// Sets output i to the splits, int32 or int64 as the op says. Throws
/// InvalidArgumentError where they do not fit.
void set_splits_output(KernelContext& c, int i, const RowSplits& splits);

/// Elements in one row of the values.
std::int64_t elements_in_row(const Tensor& values);

}  // namespace tern

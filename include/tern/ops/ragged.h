#pragma once

#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/ragged_tensor.h"
#include "tern/ops/sparse_tensor.h"

namespace tern::ragged {

/// The given rows: `ragged::constant({Tensor{1, 2}, Tensor{3}})`.
RaggedTensor constant(const std::vector<Tensor>& rows);

/// Row i is starts[i], starts[i] + deltas[i], … up to but without limits[i].
/// Scalars go with all rows. Throws InvalidArgumentError for a delta of 0.
RaggedTensor range(const Tensor& starts,
                   const Tensor& limits,
                   const Tensor& deltas = 1);
RaggedTensor range(const Tensor& limits);

/// The rows that the indices name. Throws InvalidArgumentError for one that is
/// not there.
RaggedTensor gather(const RaggedTensor& params, const Tensor& indices);

/// Entries [row, position] of all values.
SparseTensor to_sparse(const RaggedTensor& input);
/// Of a sparse matrix whose rows have no gaps.
RaggedTensor from_sparse(const SparseTensor& input);

/// Over the values of each row.
Tensor reduce_sum(const RaggedTensor& input);
Tensor reduce_max(const RaggedTensor& input);
Tensor reduce_mean(const RaggedTensor& input);

}  // namespace tern::ragged

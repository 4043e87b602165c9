#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"
#include "tern/ops/sparse_tensor.h"

namespace tern {

/// Functions on sparse tensors. Indices are in row-major order where an op
/// depends on it; `reorder` brings them there. All throw InvalidArgumentError
/// for parts that do not go together and for indices outside of the shape.
namespace sparse {

/// The same entries in row-major order.
SparseTensor reorder(const SparseTensor& sp_input);
/// One dimension of the shape may be -1.
SparseTensor reshape(const SparseTensor& sp_input, const ShapeArg& shape);
SparseTensor concat(int axis, const std::vector<SparseTensor>& sp_inputs);
/// What lies in [start, start + size), moved to the origin.
SparseTensor slice(const SparseTensor& input,
                   const Tensor& start,
                   const Tensor& size);
/// Parts of nearly the same size along an axis, the first ones longer.
std::vector<SparseTensor> split(const SparseTensor& sp_input,
                                int num_split,
                                int axis);

struct FilledRows {
  SparseTensor sp_ordered_output;
  Tensor empty_row_indicator;  // bool [rows]
};
/// An entry [row, 0, …] of the default value in each row without any.
FilledRows fill_empty_rows(const SparseTensor& sp_input,
                           const Tensor& default_value);

/// Everything else is default_value, 0 or "" unless given.
Tensor to_dense(const SparseTensor& sp_input, const Tensor& default_value = {});
/// The elements that are not 0 (not "").
SparseTensor from_dense(const Tensor& tensor);

/// Entries of both; sums of two whose magnitude is below the threshold (0
/// unless given) are left out.
SparseTensor add(const SparseTensor& a,
                 const SparseTensor& b,
                 const Tensor& threshold = {});
Tensor add(const SparseTensor& a, const Tensor& b);
/// A place that only one of them has counts as 0 in the other.
SparseTensor maximum(const SparseTensor& sp_a, const SparseTensor& sp_b);
SparseTensor minimum(const SparseTensor& sp_a, const SparseTensor& sp_b);
/// The entries times the elements of y, broadcast to x's shape.
SparseTensor multiply(const SparseTensor& x, const Tensor& y);

/// Over the entries alone; a group without one gives 0.
Tensor reduce_sum(const SparseTensor& sp_input, ReduceOptions options = {});
Tensor reduce_max(const SparseTensor& sp_input, ReduceOptions options = {});
/// Along the last dimension, over the entries alone.
SparseTensor softmax(const SparseTensor& sp_input);

struct SparseMatMulOptions {
  bool adjoint_a = false;
  bool adjoint_b = false;
};
/// A sparse matrix times a dense one.
Tensor sparse_dense_matmul(const SparseTensor& sp_a,
                           const Tensor& b,
                           SparseMatMulOptions options = {});

/// Every combination of one feature of each input, row by row: "a_X_b".
/// Inputs are sparse matrices of strings or int64.
SparseTensor cross(const std::vector<SparseTensor>& inputs,
                   const std::string& separator = "_X_");
/// Combinations as numbers below num_buckets (0: the largest int64), the same
/// as TensorFlow's.
SparseTensor cross_hashed(const std::vector<SparseTensor>& inputs,
                          std::int64_t num_buckets = 0);

/// Rows data[indices[k]] summed (averaged, summed and divided by the root of
/// their number) by segment_ids[k], which do not decrease.
Tensor segment_sum(const Tensor& data,
                   const Tensor& indices,
                   const Tensor& segment_ids,
                   const Tensor& num_segments = {});
Tensor segment_mean(const Tensor& data,
                    const Tensor& indices,
                    const Tensor& segment_ids,
                    const Tensor& num_segments = {});
Tensor segment_sqrt_n(const Tensor& data,
                      const Tensor& indices,
                      const Tensor& segment_ids,
                      const Tensor& num_segments = {});

struct BincountOptions {
  Tensor weights = {};
  std::int64_t minlength = -1;
  std::int64_t maxlength = -1;
  bool binary_output = false;
};
/// How often each integer comes, in each row of a matrix or in a vector.
SparseTensor bincount(const Tensor& values, BincountOptions options = {});

}  // namespace sparse

/// Operations on the sets along the last dimension; results are sorted.
namespace sets {

SparseTensor intersection(const Tensor& a, const Tensor& b);
SparseTensor intersection(const SparseTensor& a, const SparseTensor& b);
SparseTensor set_union(const Tensor& a, const Tensor& b);
SparseTensor set_union(const SparseTensor& a, const SparseTensor& b);
/// Elements of a that are not in b.
SparseTensor difference(const Tensor& a, const Tensor& b);
SparseTensor difference(const SparseTensor& a, const SparseTensor& b);
/// int32: how many different elements each set has.
Tensor size(const SparseTensor& a);

}  // namespace sets

/// Levenshtein's distance between the sequences along the last dimension,
/// divided by the length of the true one if `normalize`.
Tensor edit_distance(const SparseTensor& hypothesis,
                     const SparseTensor& truth,
                     bool normalize = true);

namespace io {

/// A sparse tensor as a vector of 3 strings, or of each row of one (a matrix).
Tensor serialize_sparse(const SparseTensor& sp_input);
Tensor serialize_many_sparse(const SparseTensor& sp_input);
/// Of several, stacked along new first dimensions.
SparseTensor deserialize_sparse(const Tensor& serialized, DType dtype);
SparseTensor deserialize_many_sparse(const Tensor& serialized, DType dtype);

}  // namespace io
}  // namespace tern

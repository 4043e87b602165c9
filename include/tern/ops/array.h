#pragma once

#include <string>
#include <vector>

#include "tern/core/literal.h"
#include "tern/core/tensor.h"
#include "tern/ops/options.h"

namespace tern {

// ---- Making tensors

/// A tensor of the literal's values in `dtype` (by default the literal's own),
/// all digits kept. `shape` must have as many elements, or one value fills it.
/// Unlike a bare literal the result has a firm dtype. Throws
/// InvalidArgumentError for floats in an integer dtype and for ragged braces.
Tensor constant(const Literal& value,
                DType dtype = {},
                const Shape& shape = Shape::unknown());

namespace detail {
Tensor constant_from(Tensor values, DType dtype);
}  // namespace detail

/// The elements of a vector, of `shape` (by default [size]), cast to `dtype`.
template <class T>
Tensor constant(const std::vector<T>& values,
                DType dtype = {},
                const Shape& shape = Shape::unknown()) {
  return detail::constant_from(Tensor(values, shape), dtype);
}

/// Zeros (empty strings, false) of that shape, any dtype.
Tensor zeros(const ShapeArg& shape, DType dtype = float32);
/// Ones (true) of that shape, any numeric dtype or bool.
Tensor ones(const ShapeArg& shape, DType dtype = float32);
/// Zeros of the input's shape, in its dtype unless another is given.
Tensor zeros_like(const Tensor& input, DType dtype = {});
/// Ones of the input's shape, in its dtype unless another is given.
Tensor ones_like(const Tensor& input, DType dtype = {});
/// A tensor of shape `dims` of which every element is the scalar `value`.
Tensor fill(const ShapeArg& dims, const Tensor& value);
/// The identity matrix [num_rows, num_columns]; square without num_columns.
Tensor eye(int num_rows, int num_columns = -1, DType dtype = float32);

/// 0, 1, ..., limit - 1 (as long as it is below limit).
Tensor range(const Tensor& limit);
/// start, start + delta, ... up to but without limit. The dtype is the widest
/// of the three unless given. Throws InvalidArgumentError when delta is 0 or
/// leads away from limit.
Tensor range(const Tensor& start,
             const Tensor& limit,
             const RangeOptions& options = {});
/// `num` floats at equal distances; the last is exactly `stop`.
Tensor linspace(const Tensor& start, const Tensor& stop, int num);

/// Vectors with on_value at the index and off_value elsewhere, along a new
/// axis of size `depth` (last by default). Indices outside [0, depth) give
/// off_value alone. indices: uint8, int8, int32 or int64.
Tensor one_hot(const Tensor& indices,
               int depth,
               const OneHotOptions& options = {});

// ---- Shapes

/// Number of dimensions, an int32 scalar.
Tensor rank(const Tensor& input);
/// Number of elements, a scalar of `out_type` (int32 or int64).
Tensor size(const Tensor& input, DType out_type = int32);
/// The shape as a vector of `out_type` (int32 or int64); while tracing, a
/// constant where it is known.
Tensor shape(const Tensor& input, DType out_type = int32);
/// Same elements in row-major order under another shape, in which one -1
/// stands for what is left. Throws InvalidArgumentError when the numbers of
/// elements differ.
Tensor reshape(const Tensor& tensor, const ShapeArg& shape);
/// Removes dimensions of size 1: all, or those named.
Tensor squeeze(const Tensor& input, const Ints& axis = {});
/// Inserts a dimension of size 1 before `axis`; -1 puts it last.
Tensor expand_dims(const Tensor& input, int axis);
/// Dimension i of the result is dimension perm[i] of `a`; without perm the
/// order is reversed. With .conjugate complex elements are conjugated too.
Tensor transpose(const Tensor& a, const TransposeOptions& options = {});
/// The input under the static shape it must turn out to have; an unknown
/// dimension fits any. Throws InvalidArgumentError when it does not fit.
Tensor ensure_shape(const Tensor& x, const Shape& shape);

// ---- Joining and splitting

/// Joins tensors of one rank along an existing axis.
Tensor concat(const Tensors& values, int axis);
/// Joins tensors of one shape along a new axis.
Tensor stack(const Tensors& values, const AxisOptions& options = {});
/// The parts of `value` along an axis: a number of equal parts, or a list of
/// sizes of which one may be -1.
Tensors split(const Tensor& value,
              const Ints& num_or_size_splits,
              const AxisOptions& options = {});
/// The slices of `value` along an axis (of known size), without that axis.
Tensors unstack(const Tensor& value, const AxisOptions& options = {});
/// `multiples[i]` copies of the input side by side along dimension i.
Tensor tile(const Tensor& input, const Tensor& multiples);
/// The input repeated along dimensions of size 1 and new leading ones, by
/// numpy's rules.
Tensor broadcast_to(const Tensor& input, const ShapeArg& shape);
/// The shape that two shapes (vectors) broadcast to.
Tensor broadcast_dynamic_shape(const Tensor& shape_x, const Tensor& shape_y);
/// The input with its elements moved `shift` places towards the end along
/// `axis`, round from the end to the start; shifts of one axis add up.
Tensor roll(const Tensor& input, const Ints& shift, const Ints& axis);
/// The input with the order of elements reversed along the axes.
Tensor reverse(const Tensor& tensor, const Ints& axis);

struct PadOptions {
  std::string mode = "CONSTANT";
  Tensor constant_values = 0;
};

/// Borders around a tensor: paddings[d] = {before, after} for dimension d,
/// filled with .constant_values, or by reflection (mode "REFLECT" leaves out
/// the edge, "SYMMETRIC" repeats it).
Tensor pad(const Tensor& tensor,
           const Tensor& paddings,
           const PadOptions& options = {});

// ---- Picking and placing

/// `size[d]` elements from `begin[d]` on along each dimension; -1 takes all
/// that follow.
Tensor slice(const Tensor& input, const Tensor& begin, const Tensor& size);
/// Slices of `params` along .axis (by default the first after .batch_dims)
/// picked by index. The gradient is sparse for axis 0. Throws
/// InvalidArgumentError for an index out of range.
Tensor gather(const Tensor& params,
              const Tensor& indices,
              const GatherOptions& options = {});
/// Slices (or elements) of `params` at the positions in the last dimension of
/// `indices`.
Tensor gather_nd(const Tensor& params, const Tensor& indices);
/// The elements, or slices, of `tensor` where the mask is true. The mask's
/// shape is that of the dimensions from .axis (default 0) on.
Tensor boolean_mask(const Tensor& tensor,
                    const Tensor& mask,
                    const MaskOptions& options = {});
/// Zeros of `shape` to which each update is added at its index.
Tensor scatter_nd(const Tensor& indices,
                  const Tensor& updates,
                  const ShapeArg& shape);
/// `tensor` with slices replaced; of several updates for one place the last
/// one stays.
Tensor tensor_scatter_nd_update(const Tensor& tensor,
                                const Tensor& indices,
                                const Tensor& updates);
/// `tensor` with updates added at their indices.
Tensor tensor_scatter_nd_add(const Tensor& tensor,
                             const Tensor& indices,
                             const Tensor& updates);
/// Positions of the elements that are true (not zero): int64 [count, rank].
Tensor where(const Tensor& condition);

struct UniqueResult {
  Tensor y;    ///< each value once, in order of first appearance
  Tensor idx;  ///< x[i] == y[idx[i]]
};
/// The distinct values of a vector. out_idx: int32 or int64.
UniqueResult unique(const Tensor& x, DType out_idx = int32);

// ---- Passing on

/// The input itself, as a tensor of its own.
Tensor identity(const Tensor& input);
/// The input, through which no gradient flows.
Tensor stop_gradient(const Tensor& input);

namespace math {

struct TopK {
  Tensor values, indices;
};
struct TopKOptions {
  bool sorted = true;
};
/// The k largest elements of each row (last dimension) in falling order and
/// where they are; of equals the lower index comes first.
TopK top_k(const Tensor& input,
           const Tensor& k,
           const TopKOptions& options = {});

/// Sums rows of `data` into the segments that segment_ids (the shape of its
/// leading dimensions) name; negative ids are left out.
Tensor unsorted_segment_sum(const Tensor& data,
                            const Tensor& segment_ids,
                            const Tensor& num_segments);

}  // namespace math
}  // namespace tern

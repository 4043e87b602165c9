#pragma once

#include "kernels/common/sliding_window.h"
#include "ops/infer_context.h"

// Shape rules that convolutions and poolings share.

namespace tern {

/// Checks lists of `rank` entries that must be 1 for batch and channels;
/// `what` is "strides" or "dilations".
void check_window_list(const OpDef& op,
                       const std::vector<std::int64_t>& list,
                       int rank,
                       bool channels_first,
                       const char* what);

/// explicit_paddings belong to padding EXPLICIT, and to it alone.
void check_explicit_paddings(const SlidingWindow& window, int rank);

/// Input i, of that rank; all dimensions unknown where its rank is.
Shape image_input(const InferContext& c, int i, int rank);

/// `shape` has this size at `dim`, or none that is known yet.
std::int64_t known_dim(const Shape& shape, int dim);

/// The shape that input i (rank 1 integers, `rank` of them) holds.
Shape shape_from_sizes(const InferContext& c, int i, int rank);

}  // namespace tern

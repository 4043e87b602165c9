#pragma once

#include "ops/op_def.h"
#include "tern/keras/config.h"

namespace tern::keras {

/// The function that indexing is in Keras 2's files, and its layer's class.
inline constexpr const char* kGetItem = "__operators__.getitem";
inline constexpr const char* kSlicingLayer = "SlicingOpLambda";

/// What is in the brackets of x[…], from the begin, end and strides of a
/// StridedSlice and its masks: integers, {"start", "stop", "step"}, null for a
/// new axis, {"class_name": "__ellipsis__"}.
Config slice_spec(const OpDef& op, const Tensors& operands, const Attrs& attrs);

/// The inverse: begin, end and strides, and the masks into `attrs`.
Tensors slice_operands(const OpDef& op, const Config& spec, Attrs& attrs);

}  // namespace tern::keras

#pragma once

#include "io/proto/tensor.pb.h"
#include "tern/core/tensor.h"

namespace tern::io {

/// The dtype of a message's code. Throws InvalidArgumentError for code 0,
/// references and unknown codes.
DType dtype_from_proto(int code);
proto::DataType to_proto(DType dtype);

/// Throws InvalidArgumentError for a size below -1.
Shape shape_from_proto(const proto::TensorShapeProto& proto);
void to_proto(const Shape& shape, proto::TensorShapeProto* proto);

/// Elements come from tensor_content or from the dtype's own field, whose last
/// value is repeated. Throws InvalidArgumentError when there are more or (in
/// tensor_content) other than the shape says, UnimplementedError for resources
/// and variants.
Tensor tensor_from_proto(const proto::TensorProto& proto);
/// Scalars and strings go to the dtype's own field, the rest to
/// tensor_content, as TensorFlow's Python writer does. Throws
/// InvalidArgumentError for resources and variants.
void to_proto(const Tensor& tensor, proto::TensorProto* proto);

}  // namespace tern::io

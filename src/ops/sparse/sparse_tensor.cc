#include "tern/ops/sparse_tensor.h"

#include <ostream>

#include "tern/core/print.h"

namespace tern {

Shape SparseTensor::shape() const {
  if (!dense_shape.is_symbolic() && !dense_shape.is_meta()) {
    Tensor dims = dense_shape.as_dtype(int64);
    auto sizes = dims.values<std::int64_t>();
    return Shape(std::vector<std::int64_t>(sizes.begin(), sizes.end()));
  }
  const Shape& length = dense_shape.shape();
  if (!length.has_rank() || length[0] < 0) return Shape::unknown();
  return Shape::unknown_dims(static_cast<int>(length[0]));
}

std::ostream& operator<<(std::ostream& stream, const SparseTensor& tensor) {
  return stream << "SparseTensor(indices=" << str(tensor.indices)
                << ", values=" << str(tensor.values)
                << ", dense_shape=" << str(tensor.dense_shape) << ")";
}

}  // namespace tern

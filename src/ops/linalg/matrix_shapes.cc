#include "ops/linalg/matrix_shapes.h"

#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {

const Shape& matrices(const InferContext& c, int i) {
  const Shape& shape = c.input(i);
  if (shape.has_rank() && shape.rank() < 2)
    throw InvalidArgumentError("Input tensor ",
                               i,
                               " must have rank >= 2, got ",
                               shape.rank(),
                               " (",
                               c.op().name,
                               ")");
  return shape;
}

const Shape& square_matrices(const InferContext& c, int i) {
  const Shape& shape = matrices(c, i);
  if (shape.has_rank() && shape[-1] >= 0 && shape[-2] >= 0 &&
      shape[-1] != shape[-2])
    throw InvalidArgumentError("Dimensions must be equal, but are ",
                               shape[-2],
                               " and ",
                               shape[-1],
                               ": ",
                               c.op().name,
                               " wants square matrices, got shape ",
                               shape.debug_string());
  return shape;
}

Shape batch_and(const Shape& matrices, std::initializer_list<Dim> inner) {
  if (!matrices.has_rank()) return Shape::unknown();
  return matrices.slice(0, -2).concatenate(Shape(inner));
}

}  // namespace tern

#include "ops/sparse/shapes.h"

#include "tern/core/error.h"

namespace tern {

void set_sparse_output(InferContext& c, int i, int rank) {
  c.set_output(i, Shape{-1, rank});
  c.set_output(i + 1, Shape{-1});
  c.set_output(i + 2, Shape{rank});
}

int check_sparse_input(const InferContext& c, int i) {
  const Shape& indices = c.with_rank(i, 2);
  const Shape& values = c.with_rank(i + 1, 1);
  const Shape& shape = c.with_rank(i + 2, 1);
  if (indices.has_rank() && values.has_rank() && indices[0] >= 0 &&
      values[0] >= 0 && indices[0] != values[0])
    throw InvalidArgumentError("Dimensions must be equal, but are ",
                               indices[0],
                               " and ",
                               values[0],
                               ": indices ",
                               indices.debug_string(),
                               " and values ",
                               values.debug_string());
  std::int64_t rank = -1;
  if (indices.has_rank()) rank = indices[1];
  if (shape.has_rank() && shape[0] >= 0) {
    if (rank >= 0 && rank != shape[0])
      throw InvalidArgumentError("Dimensions must be equal, but are ",
                                 rank,
                                 " and ",
                                 shape[0],
                                 ": indices ",
                                 indices.debug_string(),
                                 " and a shape of rank ",
                                 shape[0]);
    rank = shape[0];
  }
  return static_cast<int>(rank);
}

}  // namespace tern

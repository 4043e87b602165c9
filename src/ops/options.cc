#include "tern/ops/options.h"

#include <algorithm>
#include <limits>

#include "tern/core/error.h"

namespace tern {

Tensor ShapeArg::tensor() const {
  if (is_tensor()) return tensor_;
  if (!shape_.has_rank())
    throw InvalidArgumentError("Cannot convert a partially known TensorShape ",
                               shape_,
                               " to a Tensor.");
  std::vector<std::int64_t> dims = shape_.to_vector();
  bool fits_int32 = std::all_of(dims.begin(), dims.end(), [](auto dim) {
    return dim <= std::numeric_limits<std::int32_t>::max();
  });
  if (!fits_int32) return Tensor(dims);
  return Tensor(std::vector<std::int32_t>(dims.begin(), dims.end()));
}

}  // namespace tern

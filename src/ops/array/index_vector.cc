#include "ops/array/index_vector.h"

#include <algorithm>
#include <limits>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

template <class T>
std::vector<std::int64_t> widened(const Tensor& tensor) {
  auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

}  // namespace

Tensor index_vector(std::span<const std::int64_t> values, DType dtype) {
  if (dtype == int64) return Tensor(values);
  return Tensor(std::vector<std::int32_t>(values.begin(), values.end()));
}

Tensor shape_tensor(const Tensor& tensor) {
  const auto dims = tensor.shape().dims();
  const bool wide = std::any_of(dims.begin(), dims.end(), [](auto dim) {
    return dim > std::numeric_limits<std::int32_t>::max();
  });
  return shape(tensor, wide ? int64 : int32);
}

std::optional<std::vector<std::int64_t>> known_ints(const Tensor& tensor) {
  if (tensor.is_symbolic()) {
    if (!symbolic_values().constant_value) return std::nullopt;
    Tensor value = symbolic_values().constant_value(tensor);
    if (!value.defined()) return std::nullopt;
    return known_ints(value);
  }
  if (tensor.is_meta() || !tensor.device().is_host()) return std::nullopt;
  if (tensor.dtype() == int32) return widened<std::int32_t>(tensor);
  if (tensor.dtype() == int64) return widened<std::int64_t>(tensor);
  if (tensor.dtype() == int16) return widened<std::int16_t>(tensor);
  return std::nullopt;
}

Tensor as_integers(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  return raw<"Cast">(tensor, {{"DstT", dtype}});
}

}  // namespace tern

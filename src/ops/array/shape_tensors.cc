#include "ops/array/shape_tensors.h"

#include "ops/apply.h"

namespace tern {
namespace {

Tensor int32_vector(std::span<const std::int64_t> dims) {
  return Tensor(std::vector<std::int32_t>(dims.begin(), dims.end()));
}

}  // namespace

Tensor shape_of(const Tensor& x) {
  if (x.shape().is_fully_known()) return int32_vector(x.shape().dims());
  return raw<"Shape">(x);
}

Tensor dims_of(const Tensor& shape, int begin, std::optional<int> end) {
  auto vector = [](std::int32_t value) {
    return Tensor(std::vector<std::int32_t>{value});
  };
  return raw<"StridedSlice">(
      {shape, vector(begin), vector(end.value_or(0)), vector(1)},
      {{"end_mask", end ? 0 : 1}});
}

Tensor join_dims(Tensors parts) {
  parts.push_back(Tensor::from_literal(0));
  return raw<"ConcatV2">(parts);
}

}  // namespace tern

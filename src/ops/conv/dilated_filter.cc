#include "ops/conv/dilated_filter.h"

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "tern/core/error.h"

namespace tern {
namespace {

Tensor int32_vector(const std::vector<std::int64_t>& values) {
  return Tensor(std::vector<std::int32_t>(values.begin(), values.end()));
}

}  // namespace

std::vector<std::int64_t> DilatedFilter::steps(int rank) const {
  std::vector<std::int64_t> steps(static_cast<std::size_t>(rank), 1);
  for (int i = 0; i < rank - 2; ++i)
    steps[static_cast<std::size_t>(i)] =
        window_.dilation(window_.spatial_dim(i));
  return steps;
}

Tensor DilatedFilter::wide_shape(const Tensor& filter) const {
  if (!window_.is_dilated()) return shape_of(filter);
  const Shape& shape = filter.shape();
  if (!shape.is_fully_known())
    throw UnimplementedError(
        "the gradient of a dilated convolution needs a filter of known shape, "
        "got ",
        shape.debug_string());
  std::vector<std::int64_t> rates = steps(shape.rank()), sizes;
  for (int i = 0; i < shape.rank(); ++i)
    sizes.push_back((shape[i] - 1) * rates[static_cast<std::size_t>(i)] + 1);
  return int32_vector(sizes);
}

Tensor DilatedFilter::wide(const Tensor& filter) const {
  if (!window_.is_dilated()) return filter;
  Tensor shape = wide_shape(filter);
  int rank = filter.shape().rank();
  // The gradient of every rate-th element: it spreads them with zeros between.
  return raw<"StridedSliceGrad">(Tensors{
      shape,
      int32_vector(std::vector<std::int64_t>(static_cast<std::size_t>(rank))),
      shape,
      int32_vector(steps(rank)),
      filter});
}

Tensor DilatedFilter::narrow(const Tensor& wide) const {
  if (!window_.is_dilated()) return wide;
  int rank = wide.shape().rank();
  return raw<"StridedSlice">(Tensors{
      wide,
      int32_vector(std::vector<std::int64_t>(static_cast<std::size_t>(rank))),
      shape_of(wide),
      int32_vector(steps(rank))});
}

}  // namespace tern

#include "ops/conv/shape_rules.h"

#include "tern/core/error.h"

namespace tern {

void check_window_list(const OpDef& op,
                       const std::vector<std::int64_t>& list,
                       int rank,
                       bool channels_first,
                       const char* what) {
  bool is_stride = std::string_view(what) == "strides";
  if (list.size() != static_cast<std::size_t>(rank))
    throw InvalidArgumentError(op.name,
                               " requires the ",
                               is_stride ? "stride" : "dilation",
                               " attribute to contain ",
                               rank,
                               " values, but got: ",
                               list.size(),
                               ". Sliding window ",
                               what,
                               " field must specify ",
                               rank,
                               " dimensions");
  std::size_t channels =
      channels_first ? 1 : static_cast<std::size_t>(rank - 1);
  if (list[0] != 1 || list[channels] != 1)
    throw UnimplementedError("Current implementation does not yet support ",
                             what,
                             " in the batch and depth dimensions.");
}

void check_explicit_paddings(const SlidingWindow& window, int rank) {
  const auto& paddings = window.explicit_paddings;
  if (window.padding != "EXPLICIT") {
    if (!paddings.empty())
      throw InvalidArgumentError(
          "explicit_paddings attribute must be empty if the padding attribute "
          "is not EXPLICIT");
    return;
  }
  if (paddings.size() != static_cast<std::size_t>(2 * rank))
    throw InvalidArgumentError("explicit_paddings attribute must contain ",
                               2 * rank,
                               " values, but got: ",
                               paddings.size());
  for (std::int64_t padding : paddings)
    if (padding < 0 || padding > std::numeric_limits<std::int32_t>::max())
      throw InvalidArgumentError(
          "All elements of explicit_paddings must be nonnegative, and fit into "
          "32 bits; got ",
          padding);
  auto channels = static_cast<std::size_t>(2 * window.channel_dim(rank));
  for (std::size_t i : {std::size_t{0}, channels})
    if (paddings[i] != 0 || paddings[i + 1] != 0)
      throw InvalidArgumentError(
          "Nonzero explicit padding in the batch or depth dimensions is not "
          "supported");
}

Shape image_input(const InferContext& c, int i, int rank) {
  const Shape& shape = c.with_rank(i, rank);
  return shape.has_rank() ? shape : Shape::unknown_dims(rank);
}

std::int64_t known_dim(const Shape& shape, int dim) {
  return shape.has_rank() ? shape[dim] : -1;
}

Shape shape_from_sizes(const InferContext& c, int i, int rank) {
  const Shape& sizes = c.with_rank(i, 1);
  if (sizes.has_rank() && sizes[0] >= 0 && sizes[0] != rank)
    throw InvalidArgumentError(c.op().name,
                               ": ",
                               c.op().inputs[static_cast<std::size_t>(i)].name,
                               " must have ",
                               rank,
                               " elements, got ",
                               sizes[0]);
  Shape shape = c.value_as_partial_shape(i);
  return shape.has_rank() ? shape : Shape::unknown_dims(rank);
}

}  // namespace tern

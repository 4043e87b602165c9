// space_batch.cc: blocks of positions moved into the depth or the batch, and
// back: copies of boxes between two layouts.

#include <algorithm>
#include <cstring>

#include "kernels/cpu/plain/array/strided_copy.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Row-major strides of a tensor of these sizes.
std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> strides(sizes.size(), 1);
  for (std::size_t i = sizes.size(); i-- > 1;)
    strides[i - 1] = strides[i] * sizes[i];
  return strides;
}

/// Copies a tensor of `sizes` with its axes in another order: axis i of the
/// target is axis order[i] of the source.
void permute(DType dtype,
             const void* from,
             void* to,
             const std::vector<std::int64_t>& sizes,
             const std::vector<std::size_t>& order) {
  std::vector<std::int64_t> from_strides = strides_of(sizes);
  std::vector<std::int64_t> target;
  for (std::size_t axis : order) target.push_back(sizes[axis]);
  std::vector<std::int64_t> to_strides = strides_of(target);
  std::vector<StridedAxis> axes;
  for (std::size_t i = 0; i < order.size(); ++i)
    axes.push_back({target[i], from_strides[order[i]], to_strides[i]});
  strided_copy(dtype, from, to, std::move(axes));
}

bool has_depth_last(const KernelContext& c) {
  const auto& format = c.attr<std::string>("data_format");
  if (format == "NCHW_VECT_C")
    throw InvalidArgumentError(c.op().name,
                               ": data_format NCHW_VECT_C is for GPUs alone");
  return format == "NHWC";
}

void depth_to_space(KernelContext& c) {
  const Shape &in = c.input(0).shape(), &out = c.output().shape();
  auto block = c.attr<std::int64_t>("block_size");
  const void* from = c.input(0).raw_data();
  void* to = c.output().mutable_data();
  if (has_depth_last(c))
    permute(c.input(0).dtype(),
            from,
            to,
            {in[0], in[1], in[2], block, block, out[3]},
            {0, 1, 3, 2, 4, 5});
  else
    permute(c.input(0).dtype(),
            from,
            to,
            {in[0], block, block, out[1], in[2], in[3]},
            {0, 3, 4, 1, 5, 2});
}

void space_to_depth(KernelContext& c) {
  const Shape &in = c.input(0).shape(), &out = c.output().shape();
  auto block = c.attr<std::int64_t>("block_size");
  const void* from = c.input(0).raw_data();
  void* to = c.output().mutable_data();
  if (has_depth_last(c))
    permute(c.input(0).dtype(),
            from,
            to,
            {in[0], out[1], block, out[2], block, in[3]},
            {0, 1, 3, 2, 4, 5});
  else
    permute(c.input(0).dtype(),
            from,
            to,
            {in[0], in[1], out[2], block, out[3], block},
            {0, 3, 5, 1, 2, 4});
}

/// Both directions walk the same pairs: position p of a block within the
/// batch, offset o within the padded or cropped dimension, where
/// p * block + phase = o + margin.
void move_blocks(KernelContext& c, bool to_batch) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output();
  bool is_square = c.op().find_attr("block_size") >= 0;
  std::vector<std::int64_t> block =
      is_square
          ? std::vector<std::int64_t>(2, c.attr<std::int64_t>("block_size"))
          : c.host_ints(1);
  std::vector<std::int64_t> margins = c.host_ints(is_square ? 1 : 2);
  const Shape& space = to_batch ? input.shape() : output.shape();
  const Shape& batch = to_batch ? output.shape() : input.shape();
  std::vector<std::int64_t> space_strides = row_major_strides(space);
  std::vector<std::int64_t> batch_strides = row_major_strides(batch);
  DType dtype = input.dtype();
  if (to_batch && output.num_elements() > 0)
    std::memset(output.mutable_data(), 0, output.num_bytes());
  if (space.num_elements() == 0 || batch.num_elements() == 0) return;

  std::size_t count = block.size();
  std::int64_t phases = 1;
  for (std::int64_t size : block) phases *= size;
  for (std::int64_t phase = 0; phase < phases; ++phase) {
    std::int64_t rest = phase, from_space = 0, from_batch = 0;
    std::vector<StridedAxis> axes = {
        {space[0], space_strides[0], batch_strides[0]}};
    std::vector<StridedAxis> blocks(count);
    bool is_empty = false;
    for (std::size_t i = count; i-- > 0;) {
      std::int64_t within = rest % block[i];
      rest /= block[i];
      int axis = static_cast<int>(i) + 1;
      std::int64_t shift = within - margins[2 * i];  // o = p * block + shift
      // The positions whose offset lies within the space.
      std::int64_t first = shift < 0 ? (-shift + block[i] - 1) / block[i] : 0;
      std::int64_t last = space[axis] - 1 - shift;
      last = last < 0 ? -1 : std::min(batch[axis] - 1, last / block[i]);
      is_empty = is_empty || last < first;
      auto k = static_cast<std::size_t>(axis);
      blocks[i] = {
          last - first + 1, block[i] * space_strides[k], batch_strides[k]};
      from_space += (first * block[i] + shift) * space_strides[k];
      from_batch += first * batch_strides[k];
    }
    if (is_empty) continue;
    from_batch += phase * space[0] * batch_strides[0];
    axes.insert(axes.end(), blocks.begin(), blocks.end());
    for (std::size_t k = count + 1; k < space_strides.size(); ++k)
      axes.push_back(
          {space[static_cast<int>(k)], space_strides[k], batch_strides[k]});
    if (!to_batch)
      for (StridedAxis& axis : axes) std::swap(axis.from, axis.to);
    strided_copy(
        dtype,
        at(dtype, input.raw_data(), to_batch ? from_space : from_batch),
        at(dtype, output.mutable_data(), to_batch ? from_batch : from_space),
        std::move(axes));
  }
}

void space_to_batch(KernelContext& c) { move_blocks(c, /*to_batch=*/true); }
void batch_to_space(KernelContext& c) { move_blocks(c, /*to_batch=*/false); }

}  // namespace

void register_space_batch_kernels(KernelRegistry& registry) {
  registry.add("DepthToSpace", {}, depth_to_space);
  registry.add("SpaceToDepth", {}, space_to_depth);
  for_each_real_type([&]<class T>(TypeTag<T>) {
    for (const char* op : {"SpaceToBatch", "SpaceToBatchND"})
      registry.add(op, {{"T", dtype_of<T>}}, space_to_batch);
    for (const char* op : {"BatchToSpace", "BatchToSpaceND"})
      registry.add(op, {{"T", dtype_of<T>}}, batch_to_space);
  });
}

}  // namespace tern

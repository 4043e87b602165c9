// space_batch.cc: blocks of positions moved into the depth or the batch, and
// back.

#include <numeric>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Where NHWC or NCHW has its axes. NCHW_VECT_C is for GPUs.
struct ImageAxes {
  explicit ImageAxes(const std::string& format)
      : height(format == "NHWC" ? 1 : 2),
        width(height + 1),
        depth(format == "NHWC" ? 3 : 1) {}
  int height, width, depth;
};

void infer_depth_to_space(InferContext& c) {
  Shape shape = c.with_rank(0, 4);
  if (!shape.has_rank()) return c.set_output(0, Shape::unknown_dims(4));
  ImageAxes axes(c.attr<std::string>("data_format"));
  auto block = c.attr<std::int64_t>("block_size");
  if (shape[axes.depth] >= 0 && shape[axes.depth] % (block * block) != 0)
    throw InvalidArgumentError("Dimension size must be evenly divisible by ",
                               block * block,
                               " but is ",
                               shape[axes.depth]);
  for (int axis : {axes.height, axes.width})
    if (shape[axis] >= 0) shape.set_dim(axis, shape[axis] * block);
  if (shape[axes.depth] >= 0)
    shape.set_dim(axes.depth, shape[axes.depth] / (block * block));
  c.set_output(0, shape);
}

void infer_space_to_depth(InferContext& c) {
  Shape shape = c.with_rank(0, 4);
  if (!shape.has_rank()) return c.set_output(0, Shape::unknown_dims(4));
  ImageAxes axes(c.attr<std::string>("data_format"));
  auto block = c.attr<std::int64_t>("block_size");
  for (int axis : {axes.height, axes.width}) {
    if (shape[axis] < 0) continue;
    if (shape[axis] % block != 0)
      throw InvalidArgumentError("Dimension size must be evenly divisible by ",
                                 block,
                                 " but is ",
                                 shape[axis]);
    shape.set_dim(axis, shape[axis] / block);
  }
  if (shape[axes.depth] >= 0)
    shape.set_dim(axes.depth, shape[axes.depth] * block * block);
  c.set_output(0, shape);
}

/// The two columns of crops or paddings, [M, 2], where known.
struct Margins {
  std::vector<std::int64_t> before, after;
};

/// Checks block_shape [M] and crops or paddings [M, 2]; what is not known is
/// left out. Gives M, -1 where not known. The old ops have a block_size for
/// both spatial dimensions.
int infer_blocks(const InferContext& c,
                 std::optional<std::vector<std::int64_t>>& block,
                 std::optional<Margins>& margins) {
  bool is_square = c.op().find_attr("block_size") >= 0;
  int last = is_square ? 1 : 2;
  Shape block_shape = is_square ? Shape{2} : c.with_rank(1, 1);
  const Shape& pairs = c.with_rank(last, 2);
  if (is_square) {
    c.with_rank(0, 4);
    block = std::vector<std::int64_t>(2, c.attr<std::int64_t>("block_size"));
  } else {
    block = c.value_as_ints(1);
  }
  const std::string& margin_name =
      c.op().inputs[static_cast<std::size_t>(last)].name;
  for (std::int64_t size : block.value_or(std::vector<std::int64_t>{}))
    if (size < 1)
      throw InvalidArgumentError("block_shape must be positive, got ", size);
  if (auto flat = c.value_as_ints(last)) {
    margins.emplace();
    for (std::size_t i = 0; i + 1 < flat->size(); i += 2) {
      margins->before.push_back((*flat)[i]);
      margins->after.push_back((*flat)[i + 1]);
    }
    for (std::int64_t size : *flat)
      if (size < 0)
        throw InvalidArgumentError(
            margin_name, " must be non-negative, got ", size);
  }
  std::int64_t count = block_shape.has_rank() ? block_shape[0] : -1;
  if (count < 0 && pairs.has_rank()) count = pairs[0];
  if (pairs.has_rank() && ((pairs[1] >= 0 && pairs[1] != 2) ||
                           (count >= 0 && pairs[0] >= 0 && pairs[0] != count)))
    throw InvalidArgumentError(margin_name,
                               " should have shape [",
                               count,
                               ", 2], got ",
                               pairs.debug_string());
  const Shape& input = c.input(0);
  if (count >= 0 && input.has_rank() && input.rank() < count + 1)
    throw InvalidArgumentError(
        "input rank should be >= ", count + 1, " instead of ", input.rank());
  return static_cast<int>(count);
}

std::int64_t product(const std::vector<std::int64_t>& sizes) {
  return std::accumulate(
      sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

void infer_space_to_batch(InferContext& c) {
  std::optional<std::vector<std::int64_t>> block;
  std::optional<Margins> paddings;
  int count = infer_blocks(c, block, paddings);
  Shape shape = c.input(0);
  if (!shape.has_rank() || count < 0) return c.set_output(0, Shape::unknown());
  shape.set_dim(0, shape[0] >= 0 && block ? shape[0] * product(*block) : -1);
  for (int i = 0; i < count; ++i) {
    auto k = static_cast<std::size_t>(i);
    std::int64_t size = -1;
    if (shape[i + 1] >= 0 && block && paddings) {
      size = shape[i + 1] + paddings->before[k] + paddings->after[k];
      if (size % (*block)[k] != 0)
        throw InvalidArgumentError("padded_shape[",
                                   i,
                                   "]=",
                                   size,
                                   " is not divisible by block_shape[",
                                   i,
                                   "]=",
                                   (*block)[k]);
      size /= (*block)[k];
    }
    shape.set_dim(i + 1, size);
  }
  c.set_output(0, shape);
}

void infer_batch_to_space(InferContext& c) {
  std::optional<std::vector<std::int64_t>> block;
  std::optional<Margins> crops;
  int count = infer_blocks(c, block, crops);
  Shape shape = c.input(0);
  if (!shape.has_rank() || count < 0) return c.set_output(0, Shape::unknown());
  if (shape[0] >= 0 && block && shape[0] % product(*block) != 0)
    throw InvalidArgumentError("Input batch dimension (",
                               shape[0],
                               ") is not divisible by product of block sizes (",
                               product(*block),
                               ")");
  shape.set_dim(0, shape[0] >= 0 && block ? shape[0] / product(*block) : -1);
  for (int i = 0; i < count; ++i) {
    auto k = static_cast<std::size_t>(i);
    std::int64_t size = -1;
    if (shape[i + 1] >= 0 && block && crops) {
      size = shape[i + 1] * (*block)[k] - crops->before[k] - crops->after[k];
      if (size < 0)
        throw InvalidArgumentError(
            "cropped_shape[", i, "]=", size, " must be non-negative");
    }
    shape.set_dim(i + 1, size);
  }
  c.set_output(0, shape);
}

void add_depth_op(OpRegistry& registry,
                  const char* name,
                  InferFunction infer,
                  GradFunction gradient) {
  registry.add(name)
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .attr("block_size: int >= 2")
      .attr("data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'")
      .infer(std::move(infer))
      .grad(std::move(gradient))
      .grad_reads({});
}

/// For one block size, of [batch, height, width, depth].
void add_square_batch_op(OpRegistry& registry,
                         const char* name,
                         const std::string& margins,
                         const char* index_type,
                         InferFunction infer,
                         GradFunction gradient) {
  OpBuilder op = registry.add(name);
  op.input("input: T")
      .input(margins + ": " + index_type)
      .output("output: T")
      .attr("T: type");
  auto add_index_type = [&] {
    op.attr(std::string(index_type) + ": {int32, int64} = DT_INT32");
  };
  // TensorFlow's two signatures have their attrs in different orders.
  if (margins == "paddings") add_index_type();
  op.attr("block_size: int >= 2");
  if (margins == "crops") add_index_type();
  op.host({margins})
      .infer(std::move(infer))
      .grad(std::move(gradient))
      .grad_reads({margins});
}

void add_batch_op(OpRegistry& registry,
                  const char* name,
                  const std::string& margins,
                  InferFunction infer,
                  GradFunction gradient) {
  registry.add(name)
      .input("input: T")
      .input("block_shape: Tblock_shape")
      .input(margins + ": T" + margins)
      .output("output: T")
      .attr("T: type")
      .attr("Tblock_shape: {int32, int64} = DT_INT32")
      .attr("T" + margins + ": {int32, int64} = DT_INT32")
      .host({"block_shape", margins})
      .infer(std::move(infer))
      .grad(std::move(gradient))
      .grad_reads({"block_shape", margins});
}

}  // namespace

void register_space_batch_ops(OpRegistry& registry) {
  add_depth_op(
      registry, "DepthToSpace", infer_depth_to_space, [](GradContext& g) {
        g.set(0,
              raw<"SpaceToDepth">(
                  g.dy(),
                  {{"block_size", g.attr<std::int64_t>("block_size")},
                   {"data_format", g.attr<std::string>("data_format")}}));
      });
  add_depth_op(
      registry, "SpaceToDepth", infer_space_to_depth, [](GradContext& g) {
        g.set(0,
              raw<"DepthToSpace">(
                  g.dy(),
                  {{"block_size", g.attr<std::int64_t>("block_size")},
                   {"data_format", g.attr<std::string>("data_format")}}));
      });
  add_square_batch_op(
      registry,
      "SpaceToBatch",
      "paddings",
      "Tpaddings",
      infer_space_to_batch,
      [](GradContext& g) {
        g.set(0,
              raw<"BatchToSpace">(
                  g.dy(),
                  g.input(1),
                  {{"block_size", g.attr<std::int64_t>("block_size")}}));
      });
  add_square_batch_op(
      registry,
      "BatchToSpace",
      "crops",
      "Tidx",
      infer_batch_to_space,
      [](GradContext& g) {
        g.set(0,
              raw<"SpaceToBatch">(
                  g.dy(),
                  g.input(1),
                  {{"block_size", g.attr<std::int64_t>("block_size")}}));
      });
  add_batch_op(registry,
               "SpaceToBatchND",
               "paddings",
               infer_space_to_batch,
               [](GradContext& g) {
                 g.set(0,
                       raw<"BatchToSpaceND">(g.dy(), g.input(1), g.input(2)));
               });
  add_batch_op(registry,
               "BatchToSpaceND",
               "crops",
               infer_batch_to_space,
               [](GradContext& g) {
                 g.set(0,
                       raw<"SpaceToBatchND">(g.dy(), g.input(1), g.input(2)));
               });
}

}  // namespace tern

// Windows of images laid out along the depth.

#include <vector>

#include "ops/apply.h"
#include "ops/array/shape_tensors.h"
#include "ops/conv/shape_rules.h"
#include "ops/grad_context.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

using Integers = std::vector<std::int64_t>;

void check_space(const Integers& list, int rank, const char* what) {
  if (list.size() != static_cast<std::size_t>(rank))
    throw InvalidArgumentError(what,
                               " attribute must contain ",
                               rank,
                               " values, but got: ",
                               list.size());
  if (list.front() != 1 || list.back() != 1)
    throw UnimplementedError("Only support ", what, " across space.");
}

void infer_patches(InferContext& c, int rank) {
  SlidingWindow window = SlidingWindow::of(c);
  const Integers& ksizes = c.attr<Integers>("ksizes");
  check_space(ksizes, rank, "ksizes");
  check_space(window.strides, rank, "strides");
  if (!window.dilations.empty()) check_space(window.dilations, rank, "rates");
  Shape shape = image_input(c, 0, rank);
  std::int64_t taps = 1;
  for (int i = 1; i + 1 < rank; ++i) {
    std::int64_t size = ksizes[static_cast<std::size_t>(i)];
    if (size <= 0)
      throw InvalidArgumentError("ksizes must be positive, got ", size);
    if (__builtin_mul_overflow(taps, size, &taps))
      throw InvalidArgumentError("ksizes are too large");
    shape.set_dim(i, window.output_size(i, shape[i], size));
  }
  std::int64_t depth = shape[rank - 1];
  if (depth >= 0 && __builtin_mul_overflow(depth, taps, &depth))
    throw InvalidArgumentError("ksizes are too large");
  shape.set_dim(rank - 1, depth);
  c.set_output(0, shape);
}

Tensor int32_vector(std::vector<std::int32_t> values) { return Tensor(values); }

Tensor image_patches(const GradContext& g, const Tensor& images) {
  return raw<"ExtractImagePatches">(images,
                                    {{"ksizes", g.attr_value("ksizes")},
                                     {"strides", g.attr_value("strides")},
                                     {"rates", g.attr_value("rates")},
                                     {"padding", g.attr_value("padding")}});
}

Tensor volume_patches(const GradContext& g, const Tensor& volumes) {
  return raw<"ExtractVolumePatches">(volumes,
                                     {{"ksizes", g.attr_value("ksizes")},
                                      {"strides", g.attr_value("strides")},
                                      {"padding", g.attr_value("padding")}});
}

/// By the places that the patches come from: patches of an image of its own
/// elements' numbers say where each goes. The padding has number 0.
template <Tensor (*Patches)(const GradContext&, const Tensor&)>
void patches_grad(GradContext& g) {
  Tensor shape = shape_of(g.input(0));
  Tensor image = dims_of(shape, 1), batch = dims_of(shape, 0, 1);
  Tensor one = int32_vector({1}), turn = int32_vector({1, 0});
  Tensor places = raw<"Prod">(image, int32_vector({0})) + 1;
  Tensor numbers = raw<"Reshape">(raw<"Range">(Tensor(1), places, Tensor(1)),
                                  join_dims({one, image}));
  Tensor ids = raw<"Reshape">(Patches(g, numbers), int32_vector({-1}));
  Tensor count = raw<"Shape">(ids);
  Tensor rows =
      raw<"Transpose">(raw<"Reshape">(g.dy(), join_dims({batch, count})), turn);
  Tensor sums = raw<"UnsortedSegmentSum">(rows, ids, places);
  Tensor inside = raw<"StridedSlice">(
      Tensors{sums, one, int32_vector({0}), one}, {{"end_mask", 1}});
  g.set(0, raw<"Reshape">(raw<"Transpose">(inside, turn), shape));
}

}  // namespace

void register_patches_ops(OpRegistry& registry) {
  registry.add("ExtractImagePatches")
      .input("images: T")
      .output("patches: T")
      .attr("ksizes: list(int) >= 4")
      .attr("strides: list(int) >= 4")
      .attr("rates: list(int) >= 4")
      .attr(
          "T: {bfloat16, half, float, double, int8, int16, int32, int64, "
          "uint8, uint16, uint32, uint64, complex64, complex128, bool}")
      .attr("padding: {'SAME', 'VALID'}")
      .infer([](InferContext& c) { infer_patches(c, 4); })
      .grad(patches_grad<image_patches>)
      .grad_reads({});
  registry.add("ExtractVolumePatches")
      .input("input: T")
      .output("patches: T")
      .attr("ksizes: list(int) >= 5")
      .attr("strides: list(int) >= 5")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .attr("padding: {'SAME', 'VALID'}")
      .infer([](InferContext& c) { infer_patches(c, 5); })
      .grad(patches_grad<volume_patches>)
      .grad_reads({});
}

}  // namespace tern

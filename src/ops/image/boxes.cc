// boxes.cc: boxes that are drawn on images, sampled, or suppressed by better
// ones.

#include <limits>

#include "ops/apply.h"
#include "ops/image/image_shapes.h"
#include "ops/infer_context.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Inputs: images, boxes [batch, n, 4], colors.
void infer_drawn_boxes(InferContext& c) {
  const Shape& images = c.with_rank(0, 4);
  const Shape& boxes = c.with_rank(1, 3);
  std::int64_t channels = images.has_rank() ? images[3] : -1;
  if (channels >= 0 && channels != 1 && channels != 3 && channels != 4)
    throw InvalidArgumentError(
        "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA), got ",
        channels);
  if (boxes.has_rank()) {
    if (boxes[2] >= 0 && boxes[2] != 4)
      throw InvalidArgumentError(
          "The size of the third dimension of the box must be 4. Received: ",
          boxes[2]);
    if (images.has_rank() && images[0] >= 0 && boxes[0] >= 0 &&
        images[0] != boxes[0])
      throw InvalidArgumentError("The batch sizes should be the same, got ",
                                 images[0],
                                 " images and boxes of ",
                                 boxes[0]);
  }
  if (c.num_inputs() > 2) {
    const Shape& colours = c.with_rank(2, 2);
    if (colours.has_rank() && colours[1] >= 0 && colours[1] < channels)
      throw InvalidArgumentError(
          "colors must have equal or more channels than the image provided: ",
          colours.debug_string());
  }
  c.set_output(0, images);
}

void check_range(const InferContext& c, const char* attr, const char* name) {
  const auto& range = c.attr<std::vector<float>>(attr);
  if (range.size() != 2)
    throw InvalidArgumentError(name, " range field must specify 2 dimensions");
  if (!(range[0] > 0 && range[1] > 0))
    throw InvalidArgumentError(
        name, " range must be non-negative: [", range[0], ", ", range[1], "]");
}

/// Inputs: image_size [3], bounding_boxes [images, n, 4], min_object_covered,
/// seed [2].
void infer_sampled_box(InferContext& c) {
  const Shape& size = c.with_rank(0, 1);
  if (size.has_rank() && size[0] >= 0 && size[0] != 3)
    throw InvalidArgumentError("image_size must contain 3 elements, got ",
                               size.debug_string());
  const Shape& boxes = c.with_rank(1, 3);
  if (boxes.has_rank() && boxes[2] >= 0 && boxes[2] != 4)
    throw InvalidArgumentError(
        "bounding boxes must have shape [4] or [*, 4], got ",
        boxes.debug_string());
  if (c.num_inputs() > 2) c.with_rank(2, 0);
  if (c.num_inputs() > 3 && !c.input(3).is_compatible_with({2}))
    throw InvalidArgumentError("seed must have shape [2], not ",
                               c.input(3).debug_string());
  check_range(c, "aspect_ratio_range", "Aspect ratio");
  check_range(c, "area_range", "Area");
  const auto& area = c.attr<std::vector<float>>("area_range");
  if (area[0] > 1 || area[1] > 1)
    throw InvalidArgumentError(
        "Area range must be less then or equal to 1.0: [",
        area[0],
        ", ",
        area[1],
        "]");
  if (c.attr<std::int64_t>("max_attempts") <= 0)
    throw InvalidArgumentError("Max attempts must be non-negative: ",
                               c.attr<std::int64_t>("max_attempts"));
  c.set_output(0, {3});
  c.set_output(1, {3});
  c.set_output(2, {1, 1, 4});
}

/// `version` 1 has min_object_covered as an attr, 2 as an input; 0 takes a
/// seed, too.
void add_sampling_op(OpRegistry& registry, const char* name, int version) {
  OpBuilder op = registry.add(name);
  op.input("image_size: T").input("bounding_boxes: float");
  if (version != 1) op.input("min_object_covered: float");
  if (version == 0) op.input("seed: Tseed");
  op.output("begin: T").output("size: T").output("bboxes: float");
  op.attr("T: {uint8, int8, int16, int32, int64}");
  if (version == 0)
    op.attr("Tseed: {int32, int64}");
  else
    op.attr("seed: int = 0").attr("seed2: int = 0");
  if (version == 1) op.attr("min_object_covered: float = 0.1");
  op.attr("aspect_ratio_range: list(float) = [0.75, 1.33]")
      .attr("area_range: list(float) = [0.05, 1.0]")
      .attr("max_attempts: int = 100")
      .attr("use_image_if_no_bounding_boxes: bool = false");
  if (version == 0)
    op.host({"image_size", "bounding_boxes", "min_object_covered", "seed"});
  else if (version == 2)
    op.host({"image_size", "bounding_boxes", "min_object_covered"});
  else
    op.host({"image_size", "bounding_boxes"});
  op.infer(infer_sampled_box);
  if (version != 0) op.no_grad().traits(kStateful | kRandom);
}

/// boxes [n, 4] (or overlaps [n, n]), scores [n], then scalars.
void infer_suppression(InferContext& c) {
  const Shape& boxes = c.with_rank(0, 2);
  const Shape& scores = c.with_rank(1, 1);
  for (int i = 2; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  if (boxes.has_rank()) {
    if (c.op().inputs[0].name == "overlaps")
      check_equal_dims(boxes[0], boxes[1]);
    else if (boxes[1] >= 0 && boxes[1] != 4)
      throw InvalidArgumentError("Dimension must be 4 but is ",
                                 boxes[1],
                                 ": boxes must have 4 columns");
    if (scores.has_rank()) check_equal_dims(boxes[0], scores[0]);
  }
  Shape selected = {-1};
  if (c.op().find_attr("pad_to_max_output_size") >= 0 &&
      c.attr<bool>("pad_to_max_output_size")) {
    auto size = c.value_as_int(2);
    if (size && *size >= 0) selected = {*size};
  }
  c.set_output(0, selected);
  if (c.num_outputs() == 3) c.set_output(1, selected);
  if (c.num_outputs() > 1) c.set_output(c.num_outputs() - 1, Shape());
}

void add_suppression_op(OpRegistry& registry, int version) {
  OpBuilder op = registry.add(version == 1 ? "NonMaxSuppression"
                                           : "NonMaxSuppressionV" +
                                                 std::to_string(version));
  bool own_thresholds = version >= 2 && version <= 4;
  std::string boxes = version == 1 ? "float" : "T";
  std::string thresholds = own_thresholds ? "T_threshold" : "T";
  op.input("boxes: " + boxes)
      .input("scores: " + boxes)
      .input("max_output_size: int32");
  if (version >= 2) op.input("iou_threshold: " + thresholds);
  if (version >= 3) op.input("score_threshold: " + thresholds);
  if (version >= 5) op.input("soft_nms_sigma: T");
  op.output("selected_indices: int32");
  if (version >= 5) op.output("selected_scores: T");
  if (version >= 4) op.output("valid_outputs: int32");
  if (version == 1) op.attr("iou_threshold: float = 0.5");
  if (version >= 2) op.attr("T: {half, float} = DT_FLOAT");
  if (own_thresholds) op.attr("T_threshold: {half, float} = DT_FLOAT");
  if (version >= 4) op.attr("pad_to_max_output_size: bool = false");
  op.host("max_output_size").infer(infer_suppression).set_by_kernel(0);
  if (version >= 5) op.set_by_kernel(1);
  if (version <= 2) op.no_grad();
}

/// boxes [batch, n, q, 4], scores [batch, n, classes].
void infer_combined_suppression(InferContext& c) {
  const Shape& boxes = c.with_rank(0, 4);
  const Shape& scores = c.with_rank(1, 3);
  for (int i = 2; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  std::int64_t batch = boxes.has_rank() ? boxes[0] : -1, classes = -1;
  if (scores.has_rank()) {
    classes = scores[2];
    if (batch < 0) batch = scores[0];
    check_equal_dims(batch, scores[0]);
  }
  if (boxes.has_rank()) {
    if (scores.has_rank()) check_equal_dims(boxes[1], scores[1]);
    if (boxes[3] >= 0 && boxes[3] != 4)
      throw InvalidArgumentError("Dimension must be 4 but is ",
                                 boxes[3],
                                 ": boxes must have 4 columns");
    if (boxes[2] >= 0 && boxes[2] != 1 && classes >= 0 && boxes[2] != classes)
      throw InvalidArgumentError(
          "third dimension of boxes must be either 1 or num classes, got ",
          boxes[2],
          " for ",
          classes,
          " classes");
  }
  auto per_class = c.value_as_int(2), total = c.value_as_int(3);
  if (per_class && *per_class <= 0)
    throw InvalidArgumentError("max_size_per_class must be positive, got ",
                               *per_class);
  if (total && *total <= 0)
    throw InvalidArgumentError("max_total_size must be > 0, got ", *total);
  std::int64_t size = total.value_or(-1);
  if (c.attr<bool>("pad_per_class")) {
    bool known = size >= 0 && per_class && classes >= 0;
    // Both are int32, so their product is an int64.
    size = known ? std::min(size,
                            std::min<std::int64_t>(
                                std::numeric_limits<std::int32_t>::max(),
                                *per_class * classes))
                 : -1;
  }
  c.set_output(0, {batch, size, 4});
  c.set_output(1, {batch, size});
  c.set_output(2, {batch, size});
  c.set_output(3, {batch});
}

}  // namespace

void register_boxes_ops(OpRegistry& registry) {
  registry.add("DrawBoundingBoxes")
      .input("images: T")
      .input("boxes: float")
      .output("output: T")
      .attr("T: {float, half} = DT_FLOAT")
      .infer(infer_drawn_boxes)
      .no_grad();
  registry.add("DrawBoundingBoxesV2")
      .input("images: T")
      .input("boxes: float")
      .input("colors: float")
      .output("output: T")
      .attr("T: {float, half} = DT_FLOAT")
      .infer(infer_drawn_boxes);
  add_sampling_op(registry, "SampleDistortedBoundingBox", 1);
  add_sampling_op(registry, "SampleDistortedBoundingBoxV2", 2);
  add_sampling_op(registry, "StatelessSampleDistortedBoundingBox", 0);
  for (int version = 1; version <= 5; ++version)
    add_suppression_op(registry, version);
  registry.add("NonMaxSuppressionWithOverlaps")
      .input("overlaps: float")
      .input("scores: float")
      .input("max_output_size: int32")
      .input("overlap_threshold: float")
      .input("score_threshold: float")
      .output("selected_indices: int32")
      .host("max_output_size")
      .infer(infer_suppression)
      .set_by_kernel(0)
      .no_grad();
  registry.add("CombinedNonMaxSuppression")
      .input("boxes: float")
      .input("scores: float")
      .input("max_output_size_per_class: int32")
      .input("max_total_size: int32")
      .input("iou_threshold: float")
      .input("score_threshold: float")
      .output("nmsed_boxes: float")
      .output("nmsed_scores: float")
      .output("nmsed_classes: float")
      .output("valid_detections: int32")
      .attr("pad_per_class: bool = false")
      .attr("clip_boxes: bool = true")
      .host({"max_output_size_per_class", "max_total_size"})
      .infer(infer_combined_suppression);
}

}  // namespace tern

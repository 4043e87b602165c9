// box_functions.cc: the functions over the ops of boxes.cc.

#include <cmath>

#include "ops/apply.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"

namespace tern {
namespace {

/// A threshold in the dtype of the scores.
Tensor threshold(double value, const Tensor& scores) {
  DType dtype = scores.dtype() == float16 ? float16 : float32;
  return constant(value, dtype);
}

image::SampledBox sampled(Tensors outputs) {
  return {outputs[0], outputs[1], outputs[2]};
}

image::PaddedSelection suppress_padded(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size,
    const image::NonMaxSuppressionPaddedOptions& options,
    bool padded) {
  Tensors outputs = raw<"NonMaxSuppressionV4">.outputs(
      {boxes,
       scores,
       max_output_size,
       threshold(options.iou_threshold, scores),
       threshold(options.score_threshold, scores)},
      {{"pad_to_max_output_size", padded}});
  return {outputs[0], outputs[1]};
}

}  // namespace

Tensor image::draw_bounding_boxes(const Tensor& images,
                                  const Tensor& boxes,
                                  const Tensor& colors) {
  if (!colors.defined()) return raw<"DrawBoundingBoxes">(images, boxes);
  return raw<"DrawBoundingBoxesV2">(images, boxes, colors);
}

Tensor image::non_max_suppression(const Tensor& boxes,
                                  const Tensor& scores,
                                  const Tensor& max_output_size,
                                  const NonMaxSuppressionOptions& options) {
  return raw<"NonMaxSuppressionV3">(
      Tensors{boxes,
              scores,
              max_output_size,
              threshold(options.iou_threshold, scores),
              threshold(options.score_threshold, scores)});
}

image::ScoredSelection image::non_max_suppression_with_scores(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionWithScoresOptions& options) {
  Tensors outputs = raw<"NonMaxSuppressionV5">.outputs(
      {boxes,
       scores,
       max_output_size,
       threshold(options.iou_threshold, scores),
       threshold(options.score_threshold, scores),
       threshold(options.soft_nms_sigma, scores)});
  return {outputs[0], outputs[1]};
}

image::PaddedSelection image::non_max_suppression_padded(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionPaddedOptions& options) {
  if (boxes.shape().rank() == 2)
    return suppress_padded(boxes,
                           scores,
                           max_output_size,
                           options,
                           options.pad_to_max_output_size);
  if (boxes.shape().rank() != 3 || boxes.shape()[0] < 0)
    throw InvalidArgumentError(
        "boxes must be [n, 4], or [batch, n, 4] with a known batch, got shape ",
        boxes.shape().debug_string());
  Tensors indices, counts;
  for (std::int64_t i = 0; i < boxes.shape()[0]; ++i) {
    PaddedSelection selected =
        suppress_padded(boxes[i], scores[i], max_output_size, options, true);
    indices.push_back(selected.selected_indices);
    counts.push_back(selected.num_valid);
  }
  return {stack(indices), stack(counts)};
}

Tensor image::non_max_suppression_overlaps(
    const Tensor& overlaps,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionOverlapsOptions& options) {
  return raw<"NonMaxSuppressionWithOverlaps">(
      Tensors{overlaps,
              scores,
              max_output_size,
              constant(options.overlap_threshold, float32),
              constant(options.score_threshold, float32)});
}

image::CombinedSelection image::combined_non_max_suppression(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size_per_class,
    const Tensor& max_total_size,
    const CombinedNonMaxSuppressionOptions& options) {
  Tensors outputs = raw<"CombinedNonMaxSuppression">.outputs(
      {boxes,
       scores,
       max_output_size_per_class,
       max_total_size,
       constant(options.iou_threshold, float32),
       constant(options.score_threshold, float32)},
      {{"pad_per_class", options.pad_per_class},
       {"clip_boxes", options.clip_boxes}});
  return {outputs[0], outputs[1], outputs[2], outputs[3]};
}

image::SampledBox image::sample_distorted_bounding_box(
    const Tensor& image_size,
    const Tensor& bounding_boxes,
    const SampleDistortedBoundingBoxOptions& options) {
  std::pair<std::int64_t, std::int64_t> seeds = {0, 0};
  if (options.seed != 0) seeds = next_seed_pair(options.seed);
  return sampled(raw<"SampleDistortedBoundingBoxV2">.outputs(
      {image_size,
       bounding_boxes,
       constant(options.min_object_covered, float32)},
      {{"seed", seeds.first},
       {"seed2", seeds.second},
       {"aspect_ratio_range", options.aspect_ratio_range},
       {"area_range", options.area_range},
       {"max_attempts", options.max_attempts},
       {"use_image_if_no_bounding_boxes",
        options.use_image_if_no_bounding_boxes}}));
}

image::SampledBox image::stateless_sample_distorted_bounding_box(
    const Tensor& image_size,
    const Tensor& bounding_boxes,
    const Tensor& seed,
    const StatelessSampleDistortedBoundingBoxOptions& options) {
  return sampled(raw<"StatelessSampleDistortedBoundingBox">.outputs(
      {image_size,
       bounding_boxes,
       constant(options.min_object_covered, float32),
       seed},
      {{"aspect_ratio_range", options.aspect_ratio_range},
       {"area_range", options.area_range},
       {"max_attempts", options.max_attempts},
       {"use_image_if_no_bounding_boxes",
        options.use_image_if_no_bounding_boxes}}));
}

}  // namespace tern

// CombinedNonMaxSuppression: non-maximum suppression class by class, then the
// best of all classes of an image.

#include <algorithm>
#include <limits>
#include <queue>
#include <vector>

#include "kernels/cpu/plain/image/box_overlap.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

struct Detection {
  const float* box = nullptr;  // none: a place that no box took
  float score = -std::numeric_limits<float>::infinity();
  std::int64_t label = -1;
};

struct Candidate {
  std::int64_t box;
  float score;
  bool operator<(const Candidate& other) const { return score < other.score; }
};

/// One image: boxes [n, q, 4] with q being 1 or the number of classes, scores
/// [n, classes].
struct Image {
  const float* boxes;
  const float* scores;
  std::int64_t count, boxes_per_anchor, classes;

  const float* box(std::int64_t i, std::int64_t label) const {
    std::int64_t own = boxes_per_anchor > 1 ? label : 0;
    return boxes + (i * boxes_per_anchor + own) * 4;
  }
};

/// Fills up to `size` detections of a class. Heaps and sorts are those of
/// TensorFlow, so that equal scores come out in its order.
void detect_class(const Image& image,
                  std::int64_t label,
                  std::int64_t size,
                  float iou_threshold,
                  float score_threshold,
                  Detection* to) {
  std::priority_queue<Candidate> candidates;
  for (std::int64_t i = 0; i < image.count; ++i) {
    float score = image.scores[i * image.classes + label];
    if (score > score_threshold) candidates.push({i, score});
  }
  std::int64_t found = 0;
  for (; found < size && !candidates.empty(); candidates.pop()) {
    const Candidate& next = candidates.top();
    const float* box = image.box(next.box, label);
    bool alike = false;
    for (std::int64_t j = found; j-- > 0 && !alike;)
      alike = box_overlap(box, to[j].box) > iou_threshold;
    if (!alike) to[found++] = {box, next.score, label};
  }
}

/// Inputs: boxes [batch, n, q, 4], scores [batch, n, classes],
/// max_output_size_per_class, max_total_size, iou_threshold, score_threshold.
void combined_non_max_suppression(KernelContext& c) {
  const Shape &boxes = c.input(0).shape(), &scores = c.input(1).shape();
  const std::int64_t batch = boxes[0], count = boxes[1], classes = scores[2];
  const std::int64_t per_class = std::min(c.host_int(2), count);
  const float iou_threshold = c.in<float>(4)[0];
  const float score_threshold = c.in<float>(5)[0];
  if (!(iou_threshold >= 0 && iou_threshold <= 1))
    throw InvalidArgumentError("iou_threshold must be in [0, 1], got ",
                               iou_threshold);
  if (classes > 0 &&
      per_class > std::numeric_limits<std::int32_t>::max() / classes)
    throw InvalidArgumentError("size_per_class * num_classes causes overflow: ",
                               per_class,
                               " * ",
                               classes);
  const bool clip = c.attr<bool>("clip_boxes");
  const std::int64_t total = c.output(1).shape()[1];
  float* to_boxes = c.out<float>(0).data();
  float* to_scores = c.out<float>(1).data();
  float* to_classes = c.out<float>(2).data();
  std::int32_t* valid = c.out<std::int32_t>(3).data();
  std::fill_n(to_boxes, batch * total * 4, 0.0f);
  std::fill_n(to_scores, batch * total, 0.0f);
  std::fill_n(to_classes, batch * total, 0.0f);
  parallel_for(batch, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      Image image{c.in<float>(0).data() + i * count * boxes[2] * 4,
                  c.in<float>(1).data() + i * count * classes,
                  count,
                  boxes[2],
                  classes};
      std::vector<Detection> found(
          static_cast<std::size_t>(per_class * classes));
      for (std::int64_t label = 0; label < classes; ++label)
        detect_class(image,
                     label,
                     per_class,
                     iou_threshold,
                     score_threshold,
                     found.data() + label * per_class);
      std::sort(found.begin(),
                found.end(),
                [](const Detection& a, const Detection& b) {
                  return b.score < a.score;
                });
      auto detected = std::count_if(
          found.begin(), found.end(), [](const Detection& detection) {
            return detection.box != nullptr;
          });
      std::int64_t given = std::min<std::int64_t>(total, detected);
      valid[i] = static_cast<std::int32_t>(given);
      for (std::int64_t k = 0; k < given; ++k) {
        const Detection& detection = found[static_cast<std::size_t>(k)];
        std::int64_t place = i * total + k;
        to_scores[place] = detection.score;
        to_classes[place] = static_cast<float>(detection.label);
        for (int corner = 0; corner < 4; ++corner) {
          float x = detection.box ? detection.box[corner] : 0.0f;
          to_boxes[4 * place + corner] =
              clip ? std::max(std::min(x, 1.0f), 0.0f) : x;
        }
      }
    }
  });
}

}  // namespace

void register_combined_non_max_suppression_kernels(KernelRegistry& registry) {
  registry.add("CombinedNonMaxSuppression", {}, combined_non_max_suppression);
}

}  // namespace tern

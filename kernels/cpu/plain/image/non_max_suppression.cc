// Non-maximum suppression: of boxes that overlap, those of the highest score.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "kernels/cpu/plain/image/box_overlap.h"
#include "kernels/cpu/plain/math/element_types.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// A box that may still be selected.
template <class T>
struct Candidate {
  std::int32_t box;
  T score;
  /// Selections before this one have lowered the score already.
  std::size_t compared = 0;

  /// The highest score comes first; of equal ones, the first box.
  bool operator<(const Candidate& other) const {
    return score == other.score ? box > other.box : score < other.score;
  }
};

template <class T>
struct Selection {
  std::vector<std::int32_t> boxes;
  std::vector<T> scores;
};

template <class T>
struct Thresholds {
  T overlap, score, sigma;
};

/// How much alike two boxes are.
using Similarity = std::function<float(std::int32_t, std::int32_t)>;

/// Up to `count` boxes. With sigma > 0, boxes like selected ones are not
/// suppressed but lose score (Bodla et al., "Soft-NMS", 2017). All in T's own
/// precision, as TensorFlow.
template <class T>
Selection<T> select(std::span<const T> scores,
                    std::int64_t count,
                    const Thresholds<T>& thresholds,
                    const Similarity& similarity) {
  const bool soft = static_cast<float>(thresholds.sigma) > 0;
  const T scale =
      soft ? T(-0.5f / static_cast<float>(thresholds.sigma)) : T(0.0f);
  auto weight = [&](T alike) {
    if (!soft && !(alike <= thresholds.overlap)) return T(0.0f);
    T exponent = static_cast<T>(static_cast<T>(scale * alike) * alike);
    return T(std::exp(static_cast<float>(exponent)));
  };
  std::priority_queue<Candidate<T>> candidates;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > thresholds.score)
      candidates.push({static_cast<std::int32_t>(i), scores[i]});
  Selection<T> selected;
  while (static_cast<std::int64_t>(selected.boxes.size()) < count &&
         !candidates.empty()) {
    Candidate<T> next = candidates.top();
    candidates.pop();
    const T score = next.score;
    bool suppressed = false;
    // Alike boxes have alike scores: the last selections are the likeliest.
    for (std::size_t j = selected.boxes.size(); j-- > next.compared;) {
      T alike = T(similarity(next.box, selected.boxes[j]));
      next.score = static_cast<T>(next.score * weight(alike));
      suppressed = !soft && alike > thresholds.overlap;
      if (suppressed || next.score <= thresholds.score) break;
    }
    next.compared = selected.boxes.size();
    if (suppressed) continue;
    if (next.score == score) {
      selected.boxes.push_back(next.box);
      selected.scores.push_back(score);
    } else if (next.score > thresholds.score) {
      candidates.push(next);
    }
  }
  return selected;
}

/// A scalar float or half as T.
template <class T>
T scalar_of(const KernelContext& c, int i) {
  return c.input(i).dtype() == float16 ? T(static_cast<float>(c.in<Half>(i)[0]))
                                       : T(c.in<float>(i)[0]);
}

std::int64_t output_size(const KernelContext& c, int i) {
  std::int64_t size = c.host_int(i);
  if (size < 0)
    throw InvalidArgumentError("output size must be non-negative, got ", size);
  return size;
}

template <class T>
void check_threshold(T overlap) {
  if (!(static_cast<float>(overlap) >= 0 && static_cast<float>(overlap) <= 1))
    throw InvalidArgumentError("iou_threshold must be in [0, 1], got ",
                               static_cast<float>(overlap));
}

/// The selection as outputs: boxes, and for later versions of the op the
/// scores and how many there are, zeros filling up what is padded.
template <class T>
void give(KernelContext& c,
          const Selection<T>& selected,
          std::int64_t size,
          bool padded) {
  auto found = static_cast<std::int64_t>(selected.boxes.size());
  std::int64_t length = padded ? size : found;
  auto* boxes = c.allocate_output(0, {length}).template data<std::int32_t>();
  std::copy_n(selected.boxes.data(), found, boxes);
  std::fill(boxes + found, boxes + length, 0);
  if (c.num_outputs() == 3) {
    T* scores = c.allocate_output(1, {length}).template data<T>();
    std::copy_n(selected.scores.data(), found, scores);
    std::fill(scores + found, scores + length, T(0.0f));
  }
  if (c.num_outputs() > 1)
    c.out<std::int32_t>(c.num_outputs() - 1)[0] =
        static_cast<std::int32_t>(found);
}

/// Inputs: boxes, scores, max_output_size, and by version iou_threshold,
/// score_threshold, soft_nms_sigma.
template <class T>
void non_max_suppression(KernelContext& c) {
  const T* boxes = c.in<T>(0).data();
  std::int64_t size = output_size(c, 2);
  Thresholds<T> thresholds{
      c.num_inputs() > 3 ? scalar_of<T>(c, 3)
                         : T(c.attr<float>("iou_threshold")),
      c.num_inputs() > 4 ? scalar_of<T>(c, 4)
                         : std::numeric_limits<T>::lowest(),
      c.num_inputs() > 5 ? scalar_of<T>(c, 5) : T(0.0f)};
  check_threshold(thresholds.overlap);
  if (!(static_cast<float>(thresholds.sigma) >= 0))
    throw InvalidArgumentError("soft_nms_sigma must be non-negative, got ",
                               static_cast<float>(thresholds.sigma));
  Selection<T> selected = select<T>(
      c.in<T>(1), size, thresholds, [boxes](std::int32_t i, std::int32_t j) {
        return box_overlap(boxes + 4 * i, boxes + 4 * j);
      });
  bool padded = c.op().find_attr("pad_to_max_output_size") >= 0 &&
                c.attr<bool>("pad_to_max_output_size");
  give(c, selected, size, padded);
}

/// Inputs: overlaps [n, n], scores, max_output_size, overlap_threshold,
/// score_threshold.
void suppress_by_overlaps(KernelContext& c) {
  const float* overlaps = c.in<float>(0).data();
  const std::int64_t n = c.input(0).shape()[0];
  std::int64_t size = output_size(c, 2);
  Thresholds<float> thresholds{c.in<float>(3)[0], c.in<float>(4)[0], 0};
  give(c,
       select<float>(
           c.in<float>(1),
           size,
           thresholds,
           [=](std::int32_t i, std::int32_t j) { return overlaps[i * n + j]; }),
       size,
       /*padded=*/false);
}

}  // namespace

void register_non_max_suppression_kernels(KernelRegistry& registry) {
  registry.add("NonMaxSuppression", {}, non_max_suppression<float>);
  for (const char* op : {"NonMaxSuppressionV2",
                         "NonMaxSuppressionV3",
                         "NonMaxSuppressionV4",
                         "NonMaxSuppressionV5"}) {
    registry.add(op, {{"T", float16}}, non_max_suppression<Half>);
    registry.add(op, {{"T", float32}}, non_max_suppression<float>);
  }
  registry.add("NonMaxSuppressionWithOverlaps", {}, suppress_by_overlaps);
}

}  // namespace tern

// Sequences of labels from inputs of connectionist temporal classification:
// the best label of each step, or a search over prefixes (Graves, 2012).

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Labels = std::vector<std::int64_t>;

constexpr double kLogZero = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  if (a == kLogZero) return b;
  if (b == kLogZero) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

struct Sizes {
  std::int64_t steps, batch, classes;
};

Sizes checked_sizes(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  const Sizes sizes{shape[0], shape[1], shape[2]};
  if (sizes.classes == 0)
    throw InvalidArgumentError("Expected number of classes to be non-zero.");
  auto lengths = c.in<std::int32_t>(1);
  for (std::size_t b = 0; b < lengths.size(); ++b)
    if (lengths[b] < 0 || lengths[b] > sizes.steps)
      throw InvalidArgumentError("sequence_length(", b, ") <= ", sizes.steps);
  return sizes;
}

/// Outputs first, first + stride and first + 2 stride: one path of each
/// sequence as a sparse matrix.
void set_decoded(KernelContext& c,
                 const std::vector<Labels>& sequences,
                 int first,
                 int stride) {
  std::int64_t count = 0, longest = 0;
  for (const Labels& labels : sequences) {
    const auto size = static_cast<std::int64_t>(labels.size());
    count += size;
    longest = std::max(longest, size);
  }
  auto* index = c.allocate_output(first, {count, 2}).data<std::int64_t>();
  auto* value = c.allocate_output(first + stride, {count}).data<std::int64_t>();
  auto* shape = c.allocate_output(first + 2 * stride, {2}).data<std::int64_t>();
  shape[0] = static_cast<std::int64_t>(sequences.size());
  shape[1] = longest;
  for (std::size_t b = 0; b < sequences.size(); ++b)
    for (std::size_t k = 0; k < sequences[b].size(); ++k) {
      *index++ = static_cast<std::int64_t>(b);
      *index++ = static_cast<std::int64_t>(k);
      *value++ = sequences[b][k];
    }
}

template <class T>
void greedy(KernelContext& c) {
  const Sizes sizes = checked_sizes(c);
  const bool merge = c.attr<bool>("merge_repeated");
  auto blank = c.attr<std::int64_t>("blank_index");
  if (blank < 0) blank += sizes.classes;
  if (blank < 0 || blank >= sizes.classes)
    throw InvalidArgumentError("blank_index expected to be between ",
                               -sizes.classes,
                               " and ",
                               sizes.classes - 1,
                               " but was ",
                               c.attr<std::int64_t>("blank_index"));
  const T* in = c.in<T>(0).data();
  auto lengths = c.in<std::int32_t>(1);
  std::vector<Labels> sequences(static_cast<std::size_t>(sizes.batch));
  T* score = c.allocate_output(3, {sizes.batch, 1}).template data<T>();
  for (std::int64_t b = 0; b < sizes.batch; ++b) {
    const auto at = static_cast<std::size_t>(b);
    std::int64_t last = -1;
    score[b] = T(0);
    for (std::int64_t t = 0; t < lengths[at]; ++t) {
      const T* row = in + (t * sizes.batch + b) * sizes.classes;
      const T* best = std::max_element(row, row + sizes.classes);
      const std::int64_t label = best - row;
      score[b] -= *best;
      if (label != blank && !(merge && label == last))
        sequences[at].push_back(label);
      last = label;
    }
  }
  set_decoded(c, sequences, 0, 1);
}

/// A prefix with the log probabilities of the paths that give it: those that
/// end in a blank, those that end in its last label, and all.
struct Prefix {
  struct Mass {
    double total = kLogZero, blank = kLogZero, label = kLogZero;
  };
  Prefix* parent = nullptr;
  std::int64_t label = -1;
  Mass before, now;
  std::map<std::int64_t, Prefix*> longer;

  bool is_active() const { return now.total != kLogZero; }
};

bool is_likelier(const Prefix* a, const Prefix* b) {
  return a->now.total > b->now.total;
}

class BeamSearch {
 public:
  BeamSearch(std::size_t width, std::int64_t classes)
      : width_(width), classes_(classes) {
    Prefix& root = prefixes_.emplace_back();
    root.now = {0, 0, kLogZero};
    beam_.push_back(&root);
  }

  /// `y`: log probabilities of the classes, the last being the blank.
  void step(const std::vector<double>& y) {
    std::vector<Prefix*> branches = beam_;
    std::sort(branches.begin(), branches.end(), is_likelier);
    for (Prefix* prefix : branches) prefix->before = prefix->now;
    for (Prefix* prefix : branches) repeat(*prefix, y);
    beam_ = branches;
    std::make_heap(beam_.begin(), beam_.end(), is_likelier);
    for (Prefix* prefix : branches) {
      // A longer prefix has no more mass than this one had.
      if (!is_candidate(prefix->before.total)) continue;
      for (std::int64_t label = 0; label + 1 < classes_; ++label)
        extend(*prefix, label, y[static_cast<std::size_t>(label)]);
    }
  }

  std::vector<Prefix*> best(std::size_t count) const {
    std::vector<Prefix*> sorted = beam_;
    std::sort(sorted.begin(), sorted.end(), is_likelier);
    if (sorted.size() < count)
      throw InvalidArgumentError(
          "Less leaves in the beam search than requested.");
    sorted.resize(count);
    return sorted;
  }

 private:
  /// The same prefix after one step more.
  void repeat(Prefix& prefix, const std::vector<double>& y) {
    Prefix::Mass& now = prefix.now;
    if (prefix.parent) {
      const Prefix& parent = *prefix.parent;
      // A label twice in a row needs a blank between.
      if (parent.is_active())
        now.label = log_sum(now.label,
                            prefix.label == parent.label ? parent.before.blank
                                                         : parent.before.total);
      now.label += y[static_cast<std::size_t>(prefix.label)];
    }
    now.blank = prefix.before.total + y.back();
    now.total = log_sum(now.blank, now.label);
  }

  bool is_candidate(double total) const {
    return total > kLogZero &&
           (beam_.size() < width_ || total > beam_.front()->now.total);
  }

  void extend(Prefix& prefix, std::int64_t label, double y) {
    auto known = prefix.longer.find(label);
    if (known != prefix.longer.end() && known->second->is_active()) return;
    const double from =
        label == prefix.label ? prefix.before.blank : prefix.before.total;
    if (!is_candidate(y + from)) return;
    if (known == prefix.longer.end()) {
      Prefix& fresh = prefixes_.emplace_back();
      fresh.parent = &prefix;
      fresh.label = label;
      known = prefix.longer.emplace(label, &fresh).first;
    }
    if (beam_.size() == width_) {
      std::pop_heap(beam_.begin(), beam_.end(), is_likelier);
      beam_.back()->now = {};
      beam_.pop_back();
    }
    Prefix& longer = *known->second;
    longer.before = {};
    longer.now = {y + from, kLogZero, y + from};
    beam_.push_back(&longer);
    std::push_heap(beam_.begin(), beam_.end(), is_likelier);
  }

  std::size_t width_;
  std::int64_t classes_;
  std::deque<Prefix> prefixes_;
  std::vector<Prefix*> beam_;  // a heap, the least likely in front
};

Labels labels_of(const Prefix* prefix, bool merge_repeated) {
  Labels labels;
  std::int64_t last = -1;
  for (; prefix->parent; prefix = prefix->parent) {
    if (!merge_repeated || prefix->label != last)
      labels.push_back(prefix->label);
    last = prefix->label;
  }
  std::reverse(labels.begin(), labels.end());
  return labels;
}

template <class T>
void beam_search(KernelContext& c) {
  const Sizes sizes = checked_sizes(c);
  const auto width = c.attr<std::int64_t>("beam_width");
  const auto paths = c.attr<std::int64_t>("top_paths");
  const bool merge = c.attr<bool>("merge_repeated");
  if (paths > width)
    throw InvalidArgumentError(
        "Requested more paths than the beam width: ", paths, " > ", width);
  const T* in = c.in<T>(0).data();
  auto lengths = c.in<std::int32_t>(1);
  const auto count = static_cast<int>(paths);
  std::vector<std::vector<Labels>> decoded(static_cast<std::size_t>(paths));
  T* scores =
      c.allocate_output(3 * count, {sizes.batch, paths}).template data<T>();
  std::vector<double> y(static_cast<std::size_t>(sizes.classes));
  for (std::int64_t b = 0; b < sizes.batch; ++b) {
    BeamSearch search(static_cast<std::size_t>(width), sizes.classes);
    for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(b)]; ++t) {
      const T* row = in + (t * sizes.batch + b) * sizes.classes;
      const auto largest =
          static_cast<double>(*std::max_element(row, row + sizes.classes));
      double sum = 0;
      for (std::size_t k = 0; k < y.size(); ++k) {
        y[k] = static_cast<double>(row[k]) - largest;
        sum += std::exp(y[k]);
      }
      for (double& value : y) value -= std::log(sum);
      search.step(y);
    }
    std::vector<Prefix*> best = search.best(static_cast<std::size_t>(paths));
    for (std::size_t p = 0; p < best.size(); ++p) {
      decoded[p].push_back(labels_of(best[p], merge));
      *scores++ = static_cast<T>(best[p]->now.total);
    }
  }
  for (int p = 0; p < count; ++p) {
    auto& sequences = decoded[static_cast<std::size_t>(p)];
    set_decoded(c, sequences, p, count);
  }
}

}  // namespace

void register_ctc_decoder_kernels(KernelRegistry& registry) {
  registry.add("CTCGreedyDecoder", {{"T", float32}}, greedy<float>);
  registry.add("CTCGreedyDecoder", {{"T", float64}}, greedy<double>);
  registry.add("CTCBeamSearchDecoder", {{"T", float32}}, beam_search<float>);
  registry.add("CTCBeamSearchDecoder", {{"T", float64}}, beam_search<double>);
}

}  // namespace tern

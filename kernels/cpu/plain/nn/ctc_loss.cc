// Connectionist temporal classification (Graves et al., 2006): the negative
// log likelihood of labels, and its gradient by the inputs.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"

namespace tern {
namespace {

using Labels = std::vector<std::int64_t>;

constexpr double kLogZero = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  if (a == kLogZero) return b;
  if (b == kLogZero) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

/// A table [steps, states] of log probabilities, at first all of 0.
class LogTable {
 public:
  LogTable(std::int64_t steps, std::int64_t states)
      : states_(states),
        values_(static_cast<std::size_t>(steps * states), kLogZero) {}
  double& operator()(std::int64_t step, std::int64_t state) {
    return values_[static_cast<std::size_t>(step * states_ + state)];
  }

 private:
  std::int64_t states_;
  std::vector<double> values_;
};

struct Options {
  bool collapse_labels, merge_repeated, ignore_longer;
  std::int64_t blank;
};

/// The inputs of one sequence as log probabilities.
LogTable log_softmax(const std::vector<double>& logits,
                     std::int64_t steps,
                     std::int64_t classes) {
  LogTable y(steps, classes);
  for (std::int64_t t = 0; t < steps; ++t) {
    const double* row = logits.data() + t * classes;
    const double largest = *std::max_element(row, row + classes);
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c)
      sum += std::exp(row[c] - largest);
    for (std::int64_t c = 0; c < classes; ++c)
      y(t, c) = row[c] - largest - std::log(sum);
  }
  return y;
}

/// The labels with blanks between and around them, and which steps from state
/// to state there are.
class States {
 public:
  States(const Labels& labels, const Options& options) : options_(options) {
    for (std::int64_t label : labels) {
      symbols_.push_back(options.blank);
      symbols_.push_back(label);
    }
    symbols_.push_back(options.blank);
  }
  std::int64_t size() const {
    return static_cast<std::int64_t>(symbols_.size());
  }
  std::int64_t symbol(std::int64_t state) const {
    return symbols_[static_cast<std::size_t>(state)];
  }
  bool may_stay(std::int64_t state) const {
    return options_.merge_repeated || symbol(state) == options_.blank;
  }
  /// Whether the blank before `state` may be left out.
  bool may_skip_to(std::int64_t state) const {
    if (state < 2 || symbol(state) == options_.blank) return false;
    return !options_.merge_repeated || symbol(state) != symbol(state - 2);
  }

 private:
  const Options& options_;
  Labels symbols_;
};

LogTable forward(const States& states, LogTable& y, std::int64_t steps) {
  LogTable alpha(steps, states.size());
  alpha(0, 0) = y(0, states.symbol(0));
  if (states.size() > 1) alpha(0, 1) = y(0, states.symbol(1));
  for (std::int64_t t = 1; t < steps; ++t)
    for (std::int64_t s = 0; s < states.size(); ++s) {
      double sum = states.may_stay(s) ? alpha(t - 1, s) : kLogZero;
      if (s > 0) sum = log_sum(sum, alpha(t - 1, s - 1));
      if (states.may_skip_to(s)) sum = log_sum(sum, alpha(t - 1, s - 2));
      alpha(t, s) = sum + y(t, states.symbol(s));
    }
  return alpha;
}

/// Without the probability of the step itself.
LogTable backward(const States& states, LogTable& y, std::int64_t steps) {
  LogTable beta(steps, states.size());
  const std::int64_t last = states.size() - 1;
  beta(steps - 1, last) = 0;
  if (last > 0) beta(steps - 1, last - 1) = 0;
  for (std::int64_t t = steps - 2; t >= 0; --t)
    for (std::int64_t s = 0; s <= last; ++s) {
      auto through = [&](std::int64_t next) {
        return beta(t + 1, next) + y(t + 1, states.symbol(next));
      };
      double sum = states.may_stay(s) ? through(s) : kLogZero;
      if (s < last) sum = log_sum(sum, through(s + 1));
      if (s + 2 <= last && states.may_skip_to(s + 2))
        sum = log_sum(sum, through(s + 2));
      beta(t, s) = sum;
    }
  return beta;
}

/// Checks the labels of one sequence; null labels (from blank on, the last
/// class) may stand at the end only.
Labels prepared(const Labels& given,
                const Options& options,
                std::int64_t classes,
                std::int64_t batch) {
  Labels labels;
  bool ended = false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::int64_t label = given[i];
    if (label < 0)
      throw InvalidArgumentError(
          "All labels must be nonnegative integers, batch: ",
          batch,
          " labels: ",
          label);
    const bool null =
        options.blank == classes - 1 ? label >= classes - 1 : label >= classes;
    if (ended && !null)
      throw InvalidArgumentError(
          "Saw a non-null label (index >= num_classes - "
          "1) following a null label, batch: ",
          batch,
          " num_classes: ",
          classes);
    ended = ended || null;
    if (null || (options.collapse_labels && i > 0 && label == given[i - 1]))
      continue;
    labels.push_back(label);
  }
  return labels;
}

/// Whether the labels fit into the steps. Throws unless that is ignored.
bool fits(const Labels& labels,
          std::int64_t steps,
          const Options& options,
          std::int64_t batch) {
  auto required = static_cast<std::int64_t>(labels.size());
  for (std::size_t i = 1; i < labels.size(); ++i)
    required += options.merge_repeated && labels[i] == labels[i - 1];
  if (required <= steps) return true;
  if (options.ignore_longer) return false;
  throw InvalidArgumentError(
      "Not enough time for target transition sequence (required: ",
      required,
      ", available: ",
      steps,
      ")",
      batch,
      "You can turn this error into a warning by using the flag "
      "ignore_longer_outputs_than_inputs");
}

std::vector<Labels> labels_of(const KernelContext& c, std::int64_t batch) {
  auto indices = c.in<std::int64_t>(1);
  auto values = c.in<std::int32_t>(2);
  if (indices.size() != 2 * values.size())
    throw InvalidArgumentError(
        "labels_indices and labels_values must contain the same number of "
        "rows, but saw shapes: ",
        c.input(1).shape().debug_string(),
        " vs. ",
        c.input(2).shape().debug_string());
  std::vector<Labels> labels(static_cast<std::size_t>(batch));
  for (std::size_t k = 0; k < values.size(); ++k) {
    const std::int64_t row = indices[2 * k];
    if (row < 0 || row >= batch)
      throw InvalidArgumentError(
          "labels batch must be in [0, ", batch, ") but saw: ", row);
    labels[static_cast<std::size_t>(row)].push_back(values[k]);
  }
  return labels;
}

template <class T, bool blank_first>
void ctc_loss(KernelContext& c) {
  const Shape& shape = c.input(0).shape();
  const std::int64_t most = shape[0], batch = shape[1], classes = shape[2];
  if (classes == 0)
    throw InvalidArgumentError("Expected number of classes to be non-zero.");
  auto lengths = c.in<std::int32_t>(3);
  for (std::size_t b = 0; b < lengths.size(); ++b)
    if (lengths[b] < 0 || lengths[b] > most)
      throw InvalidArgumentError("sequence_length(", b, ") <= ", most);
  const Options options{c.attr<bool>("preprocess_collapse_repeated"),
                        c.attr<bool>("ctc_merge_repeated"),
                        c.attr<bool>("ignore_longer_outputs_than_inputs"),
                        blank_first ? 0 : classes - 1};
  const std::vector<Labels> given = labels_of(c, batch);
  auto in = c.in<T>(0);
  auto loss = c.out<T>(0), gradient = c.out<T>(1);
  std::fill(gradient.begin(), gradient.end(), T(0));
  parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const auto at = static_cast<std::size_t>(b);
      const std::int64_t steps = lengths[at];
      loss[at] = T(0);
      if (steps == 0) continue;
      if (given[at].empty())
        throw InvalidArgumentError("Labels length is zero in batch ", b);
      const Labels labels = prepared(given[at], options, classes, b);
      if (!fits(labels, steps, options, b)) continue;
      auto place = [&](std::int64_t t, std::int64_t k) {
        return static_cast<std::size_t>((t * batch + b) * classes + k);
      };
      std::vector<double> logits;
      for (std::int64_t t = 0; t < steps; ++t)
        for (std::int64_t k = 0; k < classes; ++k)
          logits.push_back(static_cast<double>(in[place(t, k)]));
      LogTable y = log_softmax(logits, steps, classes);
      const States states(labels, options);
      LogTable alpha = forward(states, y, steps);
      LogTable beta = backward(states, y, steps);
      double likelihood = kLogZero;
      for (std::int64_t s = 0; s < states.size(); ++s)
        likelihood = log_sum(likelihood, alpha(0, s) + beta(0, s));
      loss[at] = static_cast<T>(-likelihood);
      for (std::int64_t t = 0; t < steps; ++t) {
        std::vector<double> share(static_cast<std::size_t>(classes), kLogZero);
        for (std::int64_t s = 0; s < states.size(); ++s) {
          double& sum = share[static_cast<std::size_t>(states.symbol(s))];
          sum = log_sum(sum, alpha(t, s) + beta(t, s));
        }
        for (std::int64_t k = 0; k < classes; ++k) {
          const double taken =
              likelihood == kLogZero
                  ? 0
                  : std::exp(share[static_cast<std::size_t>(k)] - likelihood);
          gradient[place(t, k)] = static_cast<T>(std::exp(y(t, k)) - taken);
        }
      }
    }
  });
}

}  // namespace

void register_ctc_loss_kernels(KernelRegistry& registry) {
  registry.add("CTCLoss", {{"T", float32}}, ctc_loss<float, false>);
  registry.add("CTCLoss", {{"T", float64}}, ctc_loss<double, false>);
  registry.add("CTCLossV2", {}, ctc_loss<float, true>);
}

}  // namespace tern

// Candidates for sampled losses.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <string>
#include <unordered_set>
#include <vector>

#include "kernels/cpu/plain/random/random_state.h"
#include "kernels/cpu/plain/random/words.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// How candidates are drawn: a number below `range`, of this probability.
struct CandidateLaw {
  std::int64_t range;
  std::function<std::int64_t(Words&)> draw;
  std::function<double(std::int64_t)> probability;
};

CandidateLaw uniform_law(std::int64_t range) {
  const auto n = static_cast<std::uint64_t>(range);
  return {
      range,
      [n](Words& words) { return static_cast<std::int64_t>(words.below(n)); },
      [range](std::int64_t) { return 1.0 / static_cast<double>(range); }};
}

/// Small numbers are the more likely: Zipf's law, nearly.
CandidateLaw log_uniform_law(std::int64_t range) {
  const double log_range = std::log1p(static_cast<double>(range));
  return {range,
          [=](Words& words) {
            const auto value = static_cast<std::int64_t>(
                std::exp(words.uniform() * log_range));
            return (value - 1) % range;
          },
          [=](std::int64_t value) {
            const auto x = static_cast<double>(value);
            return std::log((x + 2) / (x + 1)) / log_range;
          }};
}

/// How often a class of probability p is expected among `count` candidates
/// that took `tries`.
float expected_count(double p, std::int64_t count, std::int64_t tries) {
  const auto probability = static_cast<float>(p);
  if (tries == count) return probability * static_cast<float>(count);
  return -std::expm1(static_cast<float>(tries) * std::log1p(-probability));
}

void sample_candidates(KernelContext& c,
                       const CandidateLaw& law,
                       RandomState& random) {
  const auto count = c.attr<std::int64_t>("num_sampled");
  const bool unique = c.attr<bool>("unique");
  if (unique && count > law.range)
    throw InvalidArgumentError(
        "Sampler's range is too small.: ", count, " vs. ", law.range);
  const auto classes = c.in<std::int64_t>(0);
  for (const std::int64_t value : classes)
    if (value < 0 || value >= law.range)
      throw InvalidArgumentError("`true_candidate` out of range [0, ",
                                 law.range,
                                 "), received ",
                                 value);
  Words words(
      random.reserve((static_cast<std::uint64_t>(count) * 2048 + 3) / 4));
  const auto candidates = c.out<std::int64_t>(0);
  std::unordered_set<std::int64_t> used;
  std::int64_t tries = 0;
  for (std::size_t i = 0; i < candidates.size();) {
    ++tries;
    const std::int64_t value = law.draw(words);
    if (!unique || used.insert(value).second) candidates[i++] = value;
  }
  auto store_counts = [&](std::span<const std::int64_t> values, int output) {
    const auto counts = c.out<float>(output);
    for (std::size_t i = 0; i < values.size(); ++i)
      counts[i] = expected_count(law.probability(values[i]), count, tries);
  };
  store_counts(classes, 1);
  store_counts(candidates, 2);
}

void sample_candidates(KernelContext& c, const CandidateLaw& law) {
  sample_candidates(c, law, random_state(c));
}

void uniform_candidates(KernelContext& c) {
  sample_candidates(c, uniform_law(c.attr<std::int64_t>("range_max")));
}
void log_uniform_candidates(KernelContext& c) {
  sample_candidates(c, log_uniform_law(c.attr<std::int64_t>("range_max")));
}

/// Draws i with the probability weights[i] / sum, by two comparisons (Walker's
/// alias method, 1977).
class AliasTable {
 public:
  explicit AliasTable(const std::vector<float>& weights) {
    const auto n = static_cast<double>(weights.size());
    double sum = 0;
    for (float w : weights) sum += w;
    std::vector<double> share;
    std::vector<int> low, high;
    for (float w : weights) {
      (w * n < sum ? low : high).push_back(static_cast<int>(share.size()));
      share.push_back(w * n / sum);
    }
    rows_.assign(weights.size(), {1.0f, -1});
    while (!low.empty() && !high.empty()) {
      const int l = low.back(), h = high.back();
      low.pop_back();
      high.pop_back();
      auto& rest = share[static_cast<std::size_t>(h)];
      const double part = share[static_cast<std::size_t>(l)];
      rows_[static_cast<std::size_t>(l)] = {static_cast<float>(part), h};
      rest -= 1.0 - part;
      (rest < 1.0 ? low : high).push_back(h);
    }
  }
  std::int64_t operator()(Words& words) const {
    const float share = words.uniform_float();
    const std::size_t i =
        words.below32(static_cast<std::uint32_t>(rows_.size()));
    return share < rows_[i].share ? static_cast<std::int64_t>(i)
                                  : rows_[i].other;
  }

 private:
  struct Row {
    float share;
    int other;
  };
  std::vector<Row> rows_;
};

/// The weights that the attrs give, to the power of the distortion; those of
/// one shard, reserved ids in front with none.
std::vector<float> unigram_weights(const KernelContext& c) {
  const auto& file = c.attr<std::string>("vocab_file");
  std::vector<float> given = c.attr<std::vector<float>>("unigrams");
  if (file.empty() == given.empty())
    throw InvalidArgumentError(
        given.empty() ? "Must provide either vocab_file or unigrams."
                      : "Must only provide one of vocab_file and unigrams.");
  if (!file.empty()) {
    std::ifstream lines(file);
    if (!lines) throw NotFoundError(file, "; No such file or directory");
    for (std::string line; std::getline(lines, line);) {
      const std::string last = line.substr(line.rfind(',') + 1);
      char* end = nullptr;
      given.push_back(std::strtof(last.c_str(), &end));
      if (end == last.c_str())
        throw InvalidArgumentError("Wrong vocabulary format at line: ", line);
    }
  }
  const float distortion = c.attr<float>("distortion");
  const auto shards = c.attr<std::int64_t>("num_shards");
  const auto shard = c.attr<std::int64_t>("shard");
  const auto reserved = c.attr<std::int64_t>("num_reserved_ids");
  const auto range = c.attr<std::int64_t>("range_max");
  if (shard < 0 || shard >= shards)
    throw InvalidArgumentError(
        "shard (", shard, ") must be in [0, ", shards, ")");
  if (reserved < 0 || reserved > range * shards)
    throw InvalidArgumentError("num_reserved_ids is out of range: ", reserved);
  std::vector<float> weights;
  for (std::int64_t id = 0; id < reserved; ++id)
    if (id % shards == shard) weights.push_back(0);
  auto id = static_cast<std::int64_t>(weights.size());
  for (const float w : given)
    if (id++ % shards == shard) weights.push_back(std::pow(w, distortion));
  if (static_cast<std::int64_t>(weights.size()) != range)
    throw InvalidArgumentError(
        "range is ", range, " must be equal to weights size  ", weights.size());
  return weights;
}

void fixed_unigram_candidates(KernelContext& c) {
  const std::vector<float> weights = unigram_weights(c);
  float total = 0;
  for (const float w : weights) total += w;
  if (!(total > 0))
    throw InvalidArgumentError("The weights of all candidates are 0");
  const AliasTable table(weights);
  sample_candidates(c,
                    {static_cast<std::int64_t>(weights.size()),
                     [&](Words& words) { return table(words); },
                     [&](std::int64_t value) {
                       return static_cast<double>(
                           weights[static_cast<std::size_t>(value)] / total);
                     }});
}

/// Weights that grow with each true class seen; 1 at first.
struct LearnedState {
  LearnedState(const Philox& generator, std::int64_t range)
      : random(generator),
        weights(static_cast<std::size_t>(range), 1),
        total(range) {}
  LearnedState(LearnedState&& other) noexcept
      : random(std::move(other.random)),
        weights(std::move(other.weights)),
        total(other.total) {}

  RandomState random;
  std::mutex mutex;
  std::vector<std::int32_t> weights;
  std::int64_t total;
};

void learned_unigram_candidates(KernelContext& c) {
  const auto range = c.attr<std::int64_t>("range_max");
  constexpr std::int64_t kLargest = std::numeric_limits<std::int32_t>::max();
  if (range >= kLargest)
    throw InvalidArgumentError("Expected range <= kint32max. Got range: ",
                               range);
  LearnedState& state = c.state<LearnedState>(
      [&] { return LearnedState(initial_generator(c), range); });
  std::scoped_lock lock(state.mutex);
  sample_candidates(c,
                    {range,
                     [&](Words& words) {
                       std::int64_t place = words.below32(
                           static_cast<std::uint32_t>(state.total));
                       std::int64_t value = 0;
                       for (std::int32_t weight : state.weights) {
                         if (place < weight) break;
                         place -= weight;
                         ++value;
                       }
                       return value;
                     },
                     [&](std::int64_t value) {
                       return static_cast<double>(
                           static_cast<float>(
                               state.weights[static_cast<std::size_t>(value)]) /
                           static_cast<float>(state.total));
                     }},
                    state.random);
  for (const std::int64_t value : c.in<std::int64_t>(0)) {
    if (state.total == kLargest) break;
    ++state.weights[static_cast<std::size_t>(value)];
    ++state.total;
  }
}

void all_candidates(KernelContext& c) {
  const auto candidates = c.out<std::int64_t>(0);
  std::iota(candidates.begin(), candidates.end(), 0);
  for (int output : {1, 2}) std::ranges::fill(c.out<float>(output), 1.0f);
}

/// Which sampled candidates are among the true classes of a row: their
/// positions, and the lowest number, to be added to their logits.
void accidental_hits(KernelContext& c) {
  const auto classes = c.in<std::int64_t>(0), sampled = c.in<std::int64_t>(1);
  const auto num_true =
      static_cast<std::size_t>(c.attr<std::int64_t>("num_true"));
  std::vector<std::int32_t> rows;
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < classes.size(); ++i)
    for (std::size_t j = 0; j < sampled.size(); ++j)
      if (classes[i] == sampled[j]) {
        rows.push_back(static_cast<std::int32_t>(i / num_true));
        ids.push_back(static_cast<std::int64_t>(j));
      }
  const auto count = static_cast<std::int64_t>(rows.size());
  std::ranges::copy(rows, c.allocate_output(0, {count}).data<std::int32_t>());
  std::ranges::copy(ids, c.allocate_output(1, {count}).data<std::int64_t>());
  std::fill_n(c.allocate_output(2, {count}).data<float>(),
              count,
              -std::numeric_limits<float>::max());
}

}  // namespace

void register_candidate_kernels(KernelRegistry& registry) {
  registry.add("UniformCandidateSampler", {}, uniform_candidates);
  registry.add("LogUniformCandidateSampler", {}, log_uniform_candidates);
  registry.add("FixedUnigramCandidateSampler", {}, fixed_unigram_candidates);
  for (const char* op : {"LearnedUnigramCandidateSampler",
                         "ThreadUnsafeUnigramCandidateSampler"})
    registry.add(op, {}, learned_unigram_candidates);
  registry.add("AllCandidateSampler", {}, all_candidates);
  registry.add("ComputeAccidentalHits", {}, accidental_hits);
}

}  // namespace tern

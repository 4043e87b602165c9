// categorical.cc: classes, candidates and permutations at random.

#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "ops/random/random_generator.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

/// logits [batch, classes] and a number of samples.
void infer_multinomial(InferContext& c) {
  const Shape &logits = c.input(0), &count = c.input(1);
  if (logits.has_rank() && logits.rank() != 2)
    throw InvalidArgumentError("logits should be a matrix, got shape ",
                               logits.debug_string());
  if (count.has_rank() && count.rank() != 0)
    throw InvalidArgumentError("num_samples should be a scalar, got shape ",
                               count.debug_string());
  const auto samples = c.value_as_int(1);
  if (samples && *samples < 0)
    throw InvalidArgumentError("num_samples should be non-negative, got ",
                               *samples);
  if (logits.has_rank() && logits[1] == 0)
    throw InvalidArgumentError("num_classes should be positive, got 0");
  c.set_output(0, {logits.has_rank() ? logits[0] : -1, samples.value_or(-1)});
}

void infer_candidates(InferContext& c) {
  const Shape& classes = c.with_rank(0, 2);
  const auto num_true = c.attr<std::int64_t>("num_true");
  if (classes.has_rank() && classes[1] >= 0 && classes[1] != num_true)
    throw InvalidArgumentError(
        "true_classes must have num_true columns, expected: ",
        num_true,
        " was: ",
        classes[1]);
  const auto sampled = c.attr<std::int64_t>("num_sampled");
  c.set_output(0, {sampled});
  c.set_output(1, classes);
  c.set_output(2, {sampled});
}

void add_candidate_sampler(OpRegistry& registry,
                           const char* name,
                           bool has_range,
                           bool is_fixed = false) {
  OpBuilder op = registry.add(name);
  op.input("true_classes: int64")
      .output("sampled_candidates: int64")
      .output("true_expected_count: float")
      .output("sampled_expected_count: float")
      .attr("num_true: int >= 1")
      .attr("num_sampled: int >= 1")
      .attr("unique: bool");
  if (has_range) op.attr("range_max: int >= 1");
  if (is_fixed)
    op.attr("vocab_file: string = ''")
        .attr("distortion: float = 1")
        .attr("num_reserved_ids: int = 0")
        .attr("num_shards: int >= 1 = 1")
        .attr("shard: int >= 0 = 0")
        .attr("unigrams: list(float) = []");
  op.attr("seed: int = 0")
      .attr("seed2: int = 0")
      .infer(infer_candidates)
      .traits(kStateful | kRandom);
}

/// index, seed [3] and max_index may each be one, or one for each result.
void infer_index_shuffle(InferContext& c) {
  const int ranks[] = {0, 1, 0};
  std::int64_t count = -1;
  bool is_scalar = true, is_known = true;
  for (int i = 0; i < 3; ++i) {
    const Shape& shape = c.input(i);
    is_known = is_known && shape.has_rank();
    if (!shape.has_rank()) continue;
    const int extra = shape.rank() - ranks[i];
    if (extra < 0 || extra > 1)
      throw InvalidArgumentError(
          c.op().inputs[static_cast<std::size_t>(i)].name,
          " must have rank ",
          ranks[i],
          " or ",
          ranks[i] + 1,
          ", got shape ",
          shape.debug_string());
    if (i == 1 && shape[-1] >= 0 && shape[-1] != 3)
      throw InvalidArgumentError(
          "seed must have 3 entries in its last "
          "dimension, got shape ",
          shape.debug_string());
    if (extra == 0) continue;
    is_scalar = false;
    if (count >= 0 && shape[0] >= 0 && shape[0] != count)
      throw InvalidArgumentError(
          "RandomIndexShuffle: sizes differ: ", count, " and ", shape[0]);
    count = std::max(count, shape[0]);
  }
  if (!is_known) return c.set_output(0, Shape::unknown());
  c.set_output(0, is_scalar ? Shape() : Shape{count});
}

}  // namespace

void register_categorical_ops(OpRegistry& registry) {
  registry.add("Multinomial")
      .input("logits: T")
      .input("num_samples: int32")
      .output("output: output_dtype")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("T: realnumbertype")
      .attr("output_dtype: {int32, int64} = DT_INT64")
      .host("num_samples")
      .infer(infer_multinomial)
      .no_grad()
      .traits(kStateful | kRandom);
  registry.add("StatelessMultinomial")
      .input("logits: T")
      .input("num_samples: int32")
      .input("seed: Tseed")
      .output("output: output_dtype")
      .attr("T: realnumbertype")
      .attr("Tseed: {int32, int64} = DT_INT64")
      .attr("output_dtype: {int32, int64} = DT_INT64")
      .host({"num_samples", "seed"})
      .infer([](InferContext& c) {
        if (!c.input(2).is_compatible_with({2}))
          throw InvalidArgumentError("seed must have shape [2], not ",
                                     c.input(2).debug_string());
        infer_multinomial(c);
      })
      .no_grad();

  add_candidate_sampler(registry, "UniformCandidateSampler", true);
  add_candidate_sampler(registry, "LogUniformCandidateSampler", true);
  add_candidate_sampler(registry, "FixedUnigramCandidateSampler", true, true);
  add_candidate_sampler(registry, "LearnedUnigramCandidateSampler", true);
  add_candidate_sampler(registry, "ThreadUnsafeUnigramCandidateSampler", true);
  add_candidate_sampler(registry, "AllCandidateSampler", false);
  registry.add("ComputeAccidentalHits")
      .input("true_classes: int64")
      .input("sampled_candidates: int64")
      .output("indices: int32")
      .output("ids: int64")
      .output("weights: float")
      .attr("num_true: int")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .infer([](InferContext& c) {
        const Shape& classes = c.with_rank(0, 2);
        c.with_rank(1, 1);
        const auto num_true = c.attr<std::int64_t>("num_true");
        if (num_true < 1 ||
            (classes.has_rank() && classes[1] >= 0 && classes[1] != num_true))
          throw InvalidArgumentError(
              "true_classes must have num_true columns, expected: ",
              num_true,
              " was: ",
              classes.has_rank() ? classes[1] : -1);
        for (int i = 0; i < 3; ++i) c.set_output(i, {-1});
      })
      .all_set_by_kernel();

  registry.add("StatelessShuffle")
      .input("value: T")
      .input("key: uint64")
      .input("counter: uint64")
      .input("alg: int32")
      .output("output: T")
      .attr("T: type")
      .host({"key", "counter", "alg"})
      .infer([](InferContext& c) {
        c.with_rank(3, 0);
        if (auto alg = c.value_as_int(3))
          check_generator(c.input(1), c.input(2), *alg);
        c.set_output(0, c.input(0));
      });
  registry.add("RandomIndexShuffle")
      .input("index: dtype")
      .input("seed: Tseed")
      .input("max_index: dtype")
      .output("output: dtype")
      .attr("rounds: int = 4")
      .attr("dtype: {int32, uint32, int64, uint64}")
      .attr("Tseed: {int32, uint32, int64, uint64}")
      .infer(infer_index_shuffle)
      .no_grad();
}

namespace random {

Tensor categorical(const Tensor& logits,
                   const Tensor& num_samples,
                   const CategoricalOptions& options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  return raw<"Multinomial">(
      logits,
      num_samples,
      {{"seed", seed},
       {"seed2", seed2},
       {"output_dtype",
        options.dtype.code != 0 ? options.dtype : DType(int64)}});
}

Tensor stateless_categorical(const Tensor& logits,
                             const Tensor& num_samples,
                             const Tensor& seed,
                             DType dtype) {
  return raw<"StatelessMultinomial">(
      logits, num_samples, seed, {{"output_dtype", dtype}});
}

Tensor stateless_shuffle(const Tensor& value, const Tensor& seed) {
  Tensors generator = raw<"StatelessRandomGetKeyCounter">.outputs({seed});
  return raw<"StatelessShuffle">(
      {value,
       generator[0],
       generator[1],
       Tensor::from_literal(kAutoSelectAlgorithm, int32)});
}

Tensor index_shuffle(const Tensor& index,
                     const Tensor& seed,
                     const Tensor& max_index) {
  return raw<"RandomIndexShuffle">(index, seed, max_index);
}

Tensor split(const Tensor& seed, int num) {
  return stateless_uniform_full_int({num, 2}, seed, int64);
}

Tensor fold_in(const Tensor& seed, const Tensor& data) {
  Tensor number = reshape(cast(data, seed.dtype()), {1});
  return concat({stateless_uniform_full_int({1}, seed, seed.dtype()), number},
                0);
}

Tensor stateless_uniform_full_int(const ShapeArg& shape,
                                  const Tensor& seed,
                                  DType dtype) {
  Tensors generator = raw<"StatelessRandomGetKeyCounter">.outputs({seed});
  return raw<"StatelessRandomUniformFullIntV2">(
      {shape.tensor(),
       generator[0],
       generator[1],
       Tensor::from_literal(kAutoSelectAlgorithm, int32)},
      {{"dtype", dtype}});
}

namespace {

Candidates candidates(Tensors outputs) {
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace

Candidates uniform_candidate_sampler(const Tensor& true_classes,
                                     int num_true,
                                     int num_sampled,
                                     bool unique,
                                     int range_max,
                                     const CandidateOptions& options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  return candidates(
      raw<"UniformCandidateSampler">.outputs({true_classes},
                                             {{"num_true", num_true},
                                              {"num_sampled", num_sampled},
                                              {"unique", unique},
                                              {"range_max", range_max},
                                              {"seed", seed},
                                              {"seed2", seed2}}));
}

Candidates log_uniform_candidate_sampler(const Tensor& true_classes,
                                         int num_true,
                                         int num_sampled,
                                         bool unique,
                                         int range_max,
                                         const CandidateOptions& options) {
  auto [seed, seed2] = next_seed_pair(options.seed);
  return candidates(
      raw<"LogUniformCandidateSampler">.outputs({true_classes},
                                                {{"num_true", num_true},
                                                 {"num_sampled", num_sampled},
                                                 {"unique", unique},
                                                 {"range_max", range_max},
                                                 {"seed", seed},
                                                 {"seed2", seed2}}));
}

}  // namespace random
}  // namespace tern

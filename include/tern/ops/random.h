#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"
#include "tern/ops/variable.h"

namespace tern {

struct ShuffleOptions {
  std::optional<std::int64_t> seed = {};
};

/// Without a dtype float32; integer dtypes take the limits cut to integers.
struct StatelessUniformOptions {
  double minval = 0;
  double maxval = 1;
  DType dtype = {};
};

struct StatelessRandomOptions {
  double mean = 0;
  double stddev = 1;
  DType dtype = {};
};

struct GammaOptions {
  Tensor beta = 1;  ///< the rate: the mean is alpha / beta
  DType dtype = {};
  std::optional<std::int64_t> seed = {};
};
struct StatelessGammaOptions {
  Tensor beta = 1;
  DType dtype = {};
};
struct PoissonOptions {
  DType dtype = {};
  std::optional<std::int64_t> seed = {};
};
struct StatelessPoissonOptions {
  DType dtype = {};
};
struct StatelessBinomialOptions {
  DType dtype = {};
};
struct TruncatedNormalOptions {
  Tensor means = 0.0;
  Tensor stddevs = 1.0;
  Tensor minvals = -2.0;
  Tensor maxvals = 2.0;
};
struct CategoricalOptions {
  DType dtype = {};
  std::optional<std::int64_t> seed = {};
};
struct CandidateOptions {
  std::optional<std::int64_t> seed = {};
};
struct Candidates {
  Tensor sampled_candidates, true_expected_count, sampled_expected_count;
};

/// Random tensors. The numbers are TensorFlow's for the same seeds: those of
/// set_seed, and of the `seed` option where given.
namespace random {

/// Restarts all random ops of the process from `seed`; nothing (std::nullopt)
/// makes them differ from run to run.
void set_seed(std::optional<std::int64_t> seed);

/// Evenly from [minval, maxval): float16, bfloat16, float32, float64, int32 or
/// int64. Throws InvalidArgumentError for integers unless minval < maxval.
Tensor uniform(const ShapeArg& shape, UniformOptions options = {});
/// From the normal distribution of that mean and standard deviation.
Tensor normal(const ShapeArg& shape, RandomOptions options = {});
/// Like normal, with values beyond two standard deviations drawn again.
Tensor truncated_normal(const ShapeArg& shape, RandomOptions options = {});
/// The rows of `value` (its first dimension) in random order.
Tensor shuffle(const Tensor& value, ShuffleOptions options = {});

/// Like the functions above, with numbers that depend on `seed` alone: two
/// integers, [2].
Tensor stateless_uniform(const ShapeArg& shape,
                         const Tensor& seed,
                         StatelessUniformOptions options = {});
Tensor stateless_normal(const ShapeArg& shape,
                        const Tensor& seed,
                        StatelessRandomOptions options = {});
Tensor stateless_truncated_normal(const ShapeArg& shape,
                                  const Tensor& seed,
                                  StatelessRandomOptions options = {});

// ---- Distributions with parameters

/// From the gamma distribution of each alpha: [shape..., alpha's shape...].
/// Differentiable in alpha and .beta.
Tensor gamma(const ShapeArg& shape,
             const Tensor& alpha,
             const GammaOptions& options = {});
/// From the Poisson distribution of each rate: [shape..., lam's shape...].
Tensor poisson(const ShapeArg& shape,
               const Tensor& lam,
               const PoissonOptions& options = {});
/// Classes (int64) drawn by their logits [batch, classes]:
/// [batch, num_samples].
Tensor categorical(const Tensor& logits,
                   const Tensor& num_samples,
                   const CategoricalOptions& options = {});

/// Like these, with numbers that depend on `seed` alone. `shape` is that of the
/// result and ends with the shape that the parameters broadcast to; otherwise
/// InvalidArgumentError.
Tensor stateless_gamma(const ShapeArg& shape,
                       const Tensor& seed,
                       const Tensor& alpha,
                       const StatelessGammaOptions& options = {});
Tensor stateless_poisson(const ShapeArg& shape,
                         const Tensor& seed,
                         const Tensor& lam,
                         const StatelessPoissonOptions& options = {});
Tensor stateless_binomial(const ShapeArg& shape,
                          const Tensor& seed,
                          const Tensor& counts,
                          const Tensor& probs,
                          const StatelessBinomialOptions& options = {});
Tensor stateless_parameterized_truncated_normal(
    const ShapeArg& shape,
    const Tensor& seed,
    const TruncatedNormalOptions& options = {});
Tensor stateless_categorical(const Tensor& logits,
                             const Tensor& num_samples,
                             const Tensor& seed,
                             DType dtype = int64);
/// Any bits: int32, int64, uint32 or uint64.
Tensor stateless_uniform_full_int(const ShapeArg& shape,
                                  const Tensor& seed,
                                  DType dtype = uint64);
/// The rows of `value` in random order.
Tensor stateless_shuffle(const Tensor& value, const Tensor& seed);
/// Where a permutation of 0 … max_index, chosen by `seed` (three integers),
/// takes `index`.
Tensor index_shuffle(const Tensor& index,
                     const Tensor& seed,
                     const Tensor& max_index);
/// `num` seeds [num, 2] made of one, and one that depends on data, too.
Tensor split(const Tensor& seed, int num = 2);
Tensor fold_in(const Tensor& seed, const Tensor& data);

/// Classes below range_max for a sampled loss, and how often those and the true
/// ones [batch, num_true] are expected among them.
Candidates uniform_candidate_sampler(const Tensor& true_classes,
                                     int num_true,
                                     int num_sampled,
                                     bool unique,
                                     int range_max,
                                     const CandidateOptions& options = {});
/// The same where small classes are the more frequent.
Candidates log_uniform_candidate_sampler(const Tensor& true_classes,
                                         int num_true,
                                         int num_sampled,
                                         bool unique,
                                         int range_max,
                                         const CandidateOptions& options = {});

// ---- Generators

/// A generator (Philox) that is a variable: its state goes on with each call,
/// and into checkpoints. A handle: copies share the state.
class Generator {
 public:
  static Generator from_seed(std::int64_t seed);
  /// int64 [3]: a counter of two words and a key.
  static Generator from_state(const Tensor& state);
  static Generator from_key_counter(std::int64_t key,
                                    std::int64_t counter_low,
                                    std::int64_t counter_high = 0);
  static Generator from_non_deterministic_state();

  const Variable& state() const { return state_; }
  void reset(const Tensor& state);
  void reset_from_seed(std::int64_t seed);
  void reset_from_key_counter(std::int64_t key,
                              std::int64_t counter_low,
                              std::int64_t counter_high = 0);
  /// Moves on as if `delta` numbers had been drawn; gives the state before.
  Tensor skip(const Tensor& delta);

  Tensor normal(const ShapeArg& shape,
                const StatelessRandomOptions& options = {});
  Tensor truncated_normal(const ShapeArg& shape,
                          const StatelessRandomOptions& options = {});
  Tensor uniform(const ShapeArg& shape,
                 const StatelessUniformOptions& options = {});
  Tensor uniform_full_int(const ShapeArg& shape, DType dtype = uint64);
  Tensor binomial(const ShapeArg& shape,
                  const Tensor& counts,
                  const Tensor& probs,
                  DType dtype = int32);
  /// Seeds [2, count] for the stateless functions, one a column.
  Tensor make_seeds(int count = 1);
  /// Independent generators.
  std::vector<Generator> split(int count = 1);

 private:
  explicit Generator(const Tensor& state);
  Tensors inputs(const Tensor& shape);

  Variable state_;
};

}  // namespace random
}  // namespace tern

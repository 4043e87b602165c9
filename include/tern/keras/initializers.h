#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "tern/keras/config.h"
#include "tern/ops/options.h"

namespace tern::keras {

/// How a weight starts: a name ("glorot_uniform") or one of `initializers`.
/// Nothing at all stands for the weight's own default.
class Initializer {
 public:
  using Function = std::function<Tensor(const Shape&, DType)>;

  Initializer() = default;
  /// Throws InvalidArgumentError for a name Keras does not know.
  Initializer(const char* name) : Initializer(std::string(name)) {}
  Initializer(std::string name);
  /// An initializer of Keras' class name, with `config` for files.
  Initializer(std::string class_name, Config config, Function function)
      : class_name_(std::move(class_name)),
        config_(std::move(config)),
        function_(std::move(function)) {}
  template <class F>
  requires std::is_invocable_r_v<Tensor, F, const Shape&, DType> Initializer(
      F function)
      : function_(std::move(function)) {}

  bool is_given() const { return static_cast<bool>(function_); }
  /// A tensor of that shape and dtype. The same initializer gives the same
  /// values each time, as in Keras 3.
  Tensor operator()(const Shape& shape, DType dtype = float32) const;

  /// {"class_name": "GlorotUniform", "config": {"seed": null}, ...}.
  Config serialize() const;
  /// The inverse of `serialize`; also takes a bare name.
  static Initializer deserialize(const Config& config);

 private:
  std::string class_name_;
  Config config_;
  Function function_;
};

namespace initializers {

struct SeedOptions {
  std::optional<std::int64_t> seed = {};
};
struct NormalOptions {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};
};
struct UniformOptions {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<std::int64_t> seed = {};
};
struct VarianceScalingOptions {
  double scale = 1;
  std::string mode = "fan_in";                    // fan_out, fan_avg
  std::string distribution = "truncated_normal";  // untruncated_normal, uniform
  std::optional<std::int64_t> seed = {};
};

Initializer Zeros();
Initializer Ones();
Initializer Constant(double value = 0);
/// Normal samples; TruncatedNormal redraws those beyond two deviations.
Initializer RandomNormal(NormalOptions options = {});
Initializer TruncatedNormal(NormalOptions options = {});
Initializer RandomUniform(UniformOptions options = {});
/// Samples of a variance scaled by the number of inputs or outputs of the
/// weight ("fan"); the next six are special cases (Glorot & Bengio 2010, He et
/// al. 2015, LeCun et al. 1998).
Initializer VarianceScaling(VarianceScalingOptions options = {});
Initializer GlorotUniform(SeedOptions options = {});
Initializer GlorotNormal(SeedOptions options = {});
Initializer HeUniform(SeedOptions options = {});
Initializer HeNormal(SeedOptions options = {});
Initializer LecunUniform(SeedOptions options = {});
Initializer LecunNormal(SeedOptions options = {});

}  // namespace initializers

namespace utils {
/// Seeds everything random in this process: the seeds of initializers and
/// dropout, the shuffling of `fit`, and `tern::random`.
void set_random_seed(std::int64_t seed);
}  // namespace utils

}  // namespace tern::keras

#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/apply.h"

namespace tern::harness {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

/// How one input of a sample is made, in whatever dtype a check asks for.
class Input {
 public:
  using Make = std::function<Tensor(DType)>;
  Input(DType preferred, Make make)
      : preferred_(preferred), make_(std::move(make)) {}

  /// The dtype where the signature leaves the choice; code 0: no opinion.
  DType preferred() const { return preferred_; }
  Tensor make(DType dtype) const { return make_(dtype); }
  /// Whether TensorFlow defines no derivative by it.
  bool is_constant() const { return constant_; }

 private:
  friend Input held_constant(Input input);
  DType preferred_;
  Make make_;
  bool constant_ = false;
};

/// Numbers between low and high, no two alike, the same in each run.
Input random(std::vector<std::int64_t> dims, double low = -2, double high = 2);
/// These numbers; the shape is [size] unless given.
Input values(std::vector<double> numbers,
             std::optional<std::vector<std::int64_t>> dims = {});
Input scalar(double number);
/// int32 unless a check asks for another integer dtype: shapes, axes, indices.
Input ints(std::vector<std::int64_t> numbers,
           std::optional<std::vector<std::int64_t>> dims = {});
Input axis(std::int64_t number);
Input bools(std::vector<bool> truths, std::vector<std::int64_t> dims);
Input strings(std::vector<std::string> texts);
/// As `input`, in float64 where the signature leaves it open.
Input in_float64(const Input& input);
/// A handle to a new variable that starts with `value`, in the dtype of the
/// sample's attr T or dtype.
Input variable(std::vector<std::int64_t> dims,
               double low = 0.5,
               double high = 2);
/// As `input`, which finite differences leave alone.
Input held_constant(Input input);
/// Any tensor, made anew for each call.
Input made(std::function<Tensor()> make);

/// What does not hold for a sample.
enum SampleFlag : unsigned {
  kNoFiniteDifferences = 1,    ///< ties, specials, not differentiable there
  kOnlyFirstOrder = 2,         ///< TensorFlow, too, has no second derivative
  kRandomResult = 4,           ///< shapes and dtypes can be compared, no more
  kNotRunnable = 8,            ///< a node that only a graph gives a value
  kFixedTypes = 16,            ///< its dtypes go together: no other is tried
  kHasEffects = 32,            ///< prints, destroys, …: called once, eagerly
  kOnlyFirstOutput = 64,       ///< TensorFlow has derivatives of no other
  kOnlyRealDerivatives = 128,  ///< TensorFlow's complex one is no derivative
};

/// One call of an op.
struct Call {
  Tensors inputs;
  Attrs attrs;
};

using TypeChoice = std::map<std::string, DType, std::less<>>;

class Sample {
 public:
  using NamedAttrs = std::vector<std::pair<std::string, AttrValue>>;

  std::vector<Input> inputs;
  NamedAttrs attrs;
  unsigned flags = 0;

  bool has(SampleFlag flag) const { return (flags & flag) != 0; }
  /// The call with these dtypes for type attrs; others as the sample prefers,
  /// then float32 where allowed.
  Call call(const OpDef& op, const TypeChoice& types = {}) const;
};

/// The samples of one op.
class OpSamples {
 public:
  OpSamples& add(Input input, unsigned flags = 0) {
    return add(std::vector<Input>{std::move(input)}, flags);
  }
  OpSamples& add(std::vector<Input> inputs, unsigned flags = 0) {
    return add(std::move(inputs), Sample::NamedAttrs{}, flags);
  }
  OpSamples& add(Input input, Sample::NamedAttrs attrs, unsigned flags = 0) {
    return add(std::vector<Input>{std::move(input)}, std::move(attrs), flags);
  }
  OpSamples& add(std::vector<Input> inputs,
                 Sample::NamedAttrs attrs,
                 unsigned flags = 0) {
    list_.push_back({std::move(inputs), std::move(attrs), flags});
    return *this;
  }
  const std::vector<Sample>& list() const { return list_; }

 private:
  std::vector<Sample> list_;
};

/// Samples by op name.
class Samples {
 public:
  OpSamples& of(std::string_view op) { return ops_[std::string(op)]; }
  /// Null when the op has none.
  const OpSamples* find(std::string_view op) const {
    auto it = ops_.find(op);
    return it == ops_.end() ? nullptr : &it->second;
  }
  const std::map<std::string, OpSamples, std::less<>>& all() const {
    return ops_;
  }

 private:
  std::map<std::string, OpSamples, std::less<>> ops_;
};

/// A tensor of any dtype: numbers rounded to it, text for strings, handles and
/// lists for resources and variants.
Tensor tensor_of_numbers(DType dtype,
                         const Shape& shape,
                         const std::vector<double>& numbers);

}  // namespace tern::harness

namespace tern {

// Each family's samples, tests/ops/samples/<family>.cc.
void add_elementwise_samples(harness::Samples& samples);
void add_reduction_samples(harness::Samples& samples);
void add_array_samples(harness::Samples& samples);
void add_indexing_samples(harness::Samples& samples);
void add_nn_samples(harness::Samples& samples);
void add_random_samples(harness::Samples& samples);
void add_state_samples(harness::Samples& samples);
void add_string_samples(harness::Samples& samples);
void add_parsing_samples(harness::Samples& samples);
void add_lookup_samples(harness::Samples& samples);
void add_sparse_samples(harness::Samples& samples);
void add_ragged_samples(harness::Samples& samples);
void add_queue_samples(harness::Samples& samples);
void add_list_samples(harness::Samples& samples);
void add_functional_samples(harness::Samples& samples);
void add_linalg_samples(harness::Samples& samples);
void add_image_samples(harness::Samples& samples);
void add_quantize_samples(harness::Samples& samples);
void add_fused_samples(harness::Samples& samples);
void add_convolution_samples(harness::Samples& samples);
void add_pooling_samples(harness::Samples& samples);
void add_special_samples(harness::Samples& samples);
void add_signal_samples(harness::Samples& samples);
void add_searching_samples(harness::Samples& samples);
void add_rnn_samples(harness::Samples& samples);

/// All of them.
const harness::Samples& all_samples();

}  // namespace tern

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tern/core/dtype.h"
#include "tern/core/shape.h"
#include "tern/core/tensor.h"

namespace tern {

/// One integer or a list of them: an axis or axes, sizes, a permutation.
class Ints {
 public:
  /// Not given; `{}` in an options struct. A vector without entries is given.
  Ints() = default;
  template <std::integral T>
  Ints(T value) : values_{static_cast<std::int64_t>(value)}, kind_(kScalar) {}
  Ints(std::initializer_list<Dim> values) : kind_(kList) {
    for (Dim value : values) values_.push_back(value.value);
  }
  Ints(std::vector<std::int64_t> values)
      : values_(std::move(values)), kind_(kList) {}

  const std::vector<std::int64_t>& values() const { return values_; }
  bool is_given() const { return kind_ != kNone; }
  /// Whether a single integer was given, not a list.
  bool is_scalar() const { return kind_ == kScalar; }

 private:
  enum Kind { kNone, kScalar, kList };
  std::vector<std::int64_t> values_;
  Kind kind_ = kNone;
};

/// A shape known now, or an integer tensor that holds one.
class ShapeArg {
 public:
  ShapeArg(std::initializer_list<Dim> dims) : shape_(dims) {}
  ShapeArg(Shape shape) : shape_(std::move(shape)) {}
  ShapeArg(const Tensor& tensor) : tensor_(tensor) {}

  bool is_tensor() const { return tensor_.defined(); }
  /// The shape given as such; a scalar's where a tensor was given.
  const Shape& shape() const { return shape_; }
  /// As the shape input of an op: int32 [rank], int64 where a dimension needs
  /// it. Throws InvalidArgumentError for a shape of unknown rank.
  Tensor tensor() const;

 private:
  Shape shape_;
  Tensor tensor_;
};

struct AxisOptions {
  int axis = 0;
};

struct LastAxisOptions {
  int axis = -1;
};

/// Without an axis all axes are reduced; keepdims leaves them in as 1.
struct ReduceOptions {
  Ints axis = {};
  bool keepdims = false;
};

struct GatherOptions {
  std::optional<int> axis = {};
  int batch_dims = 0;
};

struct MaskOptions {
  std::optional<int> axis = {};
};

struct CumOptions {
  int axis = 0;
  bool exclusive = false;
  bool reverse = false;
};

struct TransposeOptions {
  Ints perm = {};
  bool conjugate = false;
};

struct OneHotOptions {
  double on_value = 1;
  double off_value = 0;
  int axis = -1;
  DType dtype = {};
};

struct RandomOptions {
  double mean = 0;
  double stddev = 1;
  DType dtype = {};
  std::optional<std::int64_t> seed = {};
};

struct UniformOptions {
  double minval = 0;
  double maxval = 1;
  DType dtype = {};
  std::optional<std::int64_t> seed = {};
};

struct RangeOptions {
  Tensor delta = 1;
  DType dtype = {};
};

struct MatMulOptions {
  bool transpose_a = false;
  bool transpose_b = false;
};

struct PrintOptions {
  std::string end = "\n";
  std::string sep = " ";
  int summarize = 3;
  std::string output_stream = "stderr";
};

}  // namespace tern

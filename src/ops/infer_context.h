#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "ops/op_def.h"
#include "tern/core/inlined_vector.h"

namespace tern {

/// dtype and shape behind a resource handle or of a tensor list's elements.
struct HandleInfo {
  DType dtype;
  Shape shape = Shape::unknown();
};

/// What a shape rule sees of one call, eager, traced or imported. Shapes may be
/// partly unknown; values are there when they can be known before running.
class InferContext {
 public:
  /// Finds the value of input i where it is known before running; undefined
  /// otherwise.
  using ValueSource = Tensor (*)(const void* source, int input);
  /// The input as a shape: entries that are not known are -1.
  using PartialShapeSource = Shape (*)(const void* source, int input);

  InferContext(const OpDef& op,
               std::span<const Tensor> inputs,
               const Attrs& attrs);

  const OpDef& op() const { return op_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(shapes_.size()); }
  const Shape& input(int i) const { return inputs_[check_input(i)].shape(); }
  DType input_dtype(int i) const { return inputs_[check_input(i)].dtype(); }
  /// Position of the first tensor of an input arg among the flat inputs, and
  /// how many it has.
  int input_begin(int arg) const;
  int input_count(int arg) const;

  /// The elements of input i where known (host memory), else undefined.
  Tensor value(int i) const;
  /// Input i (rank 1 integers) read as a shape; unknown dims where an entry is
  /// not known, unknown rank where its length is not.
  Shape value_as_partial_shape(int i) const;
  /// Input i as a list of integers where known.
  std::optional<std::vector<std::int64_t>> value_as_ints(int i) const;
  /// An integer scalar where known.
  std::optional<std::int64_t> value_as_int(int i) const;

  template <class T>
  const T& attr(std::string_view name) const {
    return attr_value(op_.attr_index(name)).template get<T>();
  }
  /// Attr by index: given, inferred from inputs or default.
  const AttrValue& attr_value(int index) const;

  void set_output(int i, Shape shape) {
    shapes_[check_output(i)] = std::move(shape);
  }
  const Shape& output(int i) const { return shapes_[check_output(i)]; }
  Shape& mutable_output(int i) { return shapes_[check_output(i)]; }

  /// What is behind a resource or variant input; unknown where it is not known.
  HandleInfo handle(int i) const;
  void set_output_handle(int i, HandleInfo info);
  std::span<const Shape> outputs() const { return shapes_; }
  const std::vector<std::pair<int, HandleInfo>>& output_handles() const {
    return handles_;
  }

  /// Input i must have this rank. Throws InvalidArgumentError "Shape must be
  /// rank 2 but is rank 1".
  const Shape& with_rank(int i, int rank) const;
  const Shape& with_rank_at_least(int i, int rank) const;

 private:
  int check_input(int i) const;
  int check_output(int i) const;

  const OpDef& op_;
  std::span<const Tensor> inputs_;
  const Attrs& attrs_;
  mutable Attrs completed_;
  InlinedVector<Shape, 2> shapes_;
  std::vector<std::pair<int, HandleInfo>> handles_;
};

/// Finds the value of a symbolic tensor: set by the graph layer.
struct SymbolicValues {
  /// Undefined when not a constant.
  Tensor (*constant_value)(const Tensor& tensor) = nullptr;
  /// Unknown rank or dims where not known.
  Shape (*partial_shape)(const Tensor& tensor) = nullptr;
  /// Handle info of a symbolic resource or variant.
  HandleInfo (*handle)(const Tensor& tensor) = nullptr;
};
SymbolicValues& symbolic_values();

// Shape rules many ops share.
void same_as_input(InferContext& c);     // output 0 has input 0's shape
void merge_inputs(InferContext& c);      // all inputs and outputs alike
void scalar_output(InferContext& c);     // every output is a scalar
void broadcast_inputs(InferContext& c);  // numpy broadcasting of 0 and 1
void unknown_outputs(InferContext& c);   // nothing can be said

}  // namespace tern

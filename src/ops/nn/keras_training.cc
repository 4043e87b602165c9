// Keras 3's Adam: of TensorFlow's own op it differs in the last digits and in
// what repeated rows of a sparse gradient do.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// The variable and its slots share a shape, the hyperparameters are scalars.
void infer_adam(InferContext& c) {
  Shape shape = c.handle(0).shape;
  for (int slot : {1, 2}) shape = shape.merge(c.handle(slot).shape);
  for (int scalar = 3; scalar < 7; ++scalar) c.with_rank(scalar, 0);
}

void infer_dense(InferContext& c) {
  infer_adam(c);
  if (!c.handle(0).shape.is_compatible_with(c.input(7)))
    throw InvalidArgumentError("var and grad do not have the same shape",
                               c.handle(0).shape.debug_string(),
                               " ",
                               c.input(7).debug_string());
}

/// The rows of grad are rows of var, as many as there are indices.
void infer_sparse(InferContext& c) {
  infer_adam(c);
  const Shape& values = c.with_rank_at_least(7, 1);
  const Shape& rows = c.with_rank(8, 1);
  if (rows.has_rank() && values.has_rank() &&
      !Shape({rows[0]}).is_compatible_with(Shape({values[0]})))
    throw InvalidArgumentError(
        "grad must be the same size as indices in the first dimension: ",
        values.debug_string(),
        " and ",
        rows.debug_string());
  Shape variable = c.handle(0).shape;
  if (variable.rank() > 0 && values.has_rank() &&
      !variable.slice(1).is_compatible_with(values.slice(1)))
    throw InvalidArgumentError("the rows of var ",
                               variable.debug_string(),
                               " and of grad ",
                               values.debug_string(),
                               " do not have the same shape");
}

/// In public ops, which take handles that are not known yet as well; `inputs`
/// are those of both ops up to epsilon.
struct Adam {
  explicit Adam(const Tensors& inputs)
      : variable(inputs[0]),
        m(inputs[1]),
        v(inputs[2]),
        alpha(inputs[3]),
        rate_1(inputs[4]),
        rate_2(inputs[5]),
        epsilon(inputs[6]) {}

  Tensor read(const Tensor& handle) const {
    return raw<"ReadVariableOp">(handle, {{"dtype", alpha.dtype()}});
  }
  void move() const {
    raw<"AssignSubVariableOp">(variable,
                               read(m) * alpha / (sqrt(read(v)) + epsilon));
  }

  Tensor variable, m, v;  // handles
  Tensor alpha, rate_1, rate_2, epsilon;
};

Tensors decompose_dense(const Tensors& inputs, const Attrs&) {
  Adam adam(inputs);
  const Tensor& g = inputs[7];
  raw<"AssignAddVariableOp">(adam.m, (g - adam.read(adam.m)) * adam.rate_1);
  raw<"AssignAddVariableOp">(adam.v,
                             (square(g) - adam.read(adam.v)) * adam.rate_2);
  adam.move();
  return {};
}

/// All rows decay and move; rows that occur several times add their squares
/// one by one.
Tensors decompose_sparse(const Tensors& inputs, const Attrs&) {
  Adam adam(inputs);
  const Tensor &g = inputs[7], &indices = inputs[8];
  raw<"AssignSubVariableOp">(adam.m, adam.read(adam.m) * adam.rate_1);
  raw<"AssignSubVariableOp">(adam.v, adam.read(adam.v) * adam.rate_2);
  raw<"ResourceScatterAdd">(adam.m, indices, g * adam.rate_1);
  raw<"ResourceScatterAdd">(adam.v, indices, square(g) * adam.rate_2);
  adam.move();
  return {};
}

OpBuilder add_adam(OpRegistry& registry,
                   std::string_view name,
                   std::string_view dtypes) {
  OpBuilder op = registry.add(name);
  op.input("var: resource").input("m: resource").input("v: resource");
  for (const char* input : {"alpha", "rate_1", "rate_2", "epsilon", "grad"})
    op.input(std::string(input) + ": T");
  op.attr(dtypes).traits(kStateful | kKeepsNoInput);
  return op;
}

}  // namespace

void register_keras_training_ops(OpRegistry& registry) {
  add_adam(
      registry, "_TernResourceApplyAdam", "T: {float, double, half, bfloat16}")
      .infer(infer_dense)
      .decompose(decompose_dense);
  // In place: the update of a table must not need further tables.
  add_adam(registry, "_TernResourceSparseApplyAdam", "T: {float, double}")
      .input("indices: Tindices")
      .attr("Tindices: {int32, int64}")
      .infer(infer_sparse)
      .decompose(decompose_sparse);
}

}  // namespace tern

// Optimizer updates of rows of variables: ResourceSparseApply*, and Adagrad's
// dual averaging, dense and sparse.

#include <initializer_list>
#include <string>

#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr const char* kVariableTypes =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";

/// Shape of a variable: behind a handle, or the reference's own.
Shape variable_shape(const InferContext& c, int i) {
  return c.input_dtype(i) == resource ? c.handle(i).shape : c.input(i);
}

void check_same(const Shape& a, const Shape& b, const char* what) {
  if (!a.is_compatible_with(b))
    throw InvalidArgumentError("var and ",
                               what,
                               " do not have the same shape",
                               a.debug_string(),
                               " ",
                               b.debug_string());
}

/// Slots are as the variable, gradients as rows of it, one an index;
/// hyperparameters are scalars.
void infer_update(InferContext& c) {
  const Shape variable = variable_shape(c, 0);
  const bool sparse = c.op().find_attr("Tindices") >= 0;
  Shape rows = Shape::unknown(), indices = Shape::unknown();
  for (int i = 1; i < c.num_inputs(); ++i) {
    const std::string& name = c.op().inputs[static_cast<std::size_t>(i)].name;
    const bool is_slot = c.input_dtype(i) == resource ||
                         c.op().inputs[static_cast<std::size_t>(i)].is_ref;
    if (is_slot) {
      check_same(variable, variable_shape(c, i), name.c_str());
    } else if (name == "grad") {
      rows = c.input(i);
    } else if (name == "indices") {
      indices = c.with_rank(i, 1);
    } else if (c.input(i).has_rank() && c.input(i).rank() != 0) {
      throw InvalidArgumentError(
          name, " is not a scalar: ", c.input(i).debug_string());
    }
  }
  if (c.num_outputs() > 0) c.set_output(0, variable);
  if (!sparse) return check_same(variable, rows, "grad");
  if (!rows.has_rank() || !variable.has_rank()) return;
  if (variable.rank() < 1)
    throw InvalidArgumentError("var must be at least 1 dimensional");
  if (rows.rank() != variable.rank() ||
      !rows.slice(1).is_compatible_with(variable.slice(1)))
    throw InvalidArgumentError("var and grad must match after dimension 0: ",
                               variable.debug_string(),
                               " and ",
                               rows.debug_string());
  if (indices.has_rank() && !Shape{rows[0]}.is_compatible_with(indices))
    throw InvalidArgumentError(
        "grad must be the same size as indices in the first dimension: ",
        rows[0],
        " and ",
        indices[0]);
}

/// One optimizer: its variable and slots, then its inputs, in the order of
/// TensorFlow's signature.
struct Update {
  const char* name;
  std::initializer_list<const char*> variables;
  std::initializer_list<const char*> inputs;
  const char* attr = nullptr;
  bool has_ref_form = true;
};

void add_update(OpRegistry& registry, const Update& update, bool by_reference) {
  constexpr std::size_t kResource = 8;  // "Resource"
  OpBuilder op = registry.add(
      std::string_view(update.name).substr(by_reference ? kResource : 0));
  for (const char* variable : update.variables)
    op.input(std::string(variable) +
             (by_reference ? ": Ref(T)" : ": resource"));
  bool sparse = false;
  for (const std::string input : update.inputs) {
    sparse = sparse || input == "indices";
    op.input(input + (input == "indices"       ? ": Tindices"
                      : input == "global_step" ? ": int64"
                                               : ": T"));
  }
  if (by_reference) op.output("out: Ref(T)");
  op.attr(kVariableTypes);
  if (sparse) op.attr("Tindices: {int32, int64}");
  op.attr("use_locking: bool = false");
  if (update.attr) op.attr(update.attr);
  op.infer(infer_update).traits(kStateful | kKeepsNoInput);
}

}  // namespace

void register_sparse_training_ops(OpRegistry& registry) {
  constexpr const char* kNesterov = "use_nesterov: bool = false";
  constexpr const char* kUpdateSlots = "update_slots: bool = true";
  constexpr const char* kByRate = "multiply_linear_by_lr: bool = false";
  for (const Update& update : std::initializer_list<Update>{
           {"ResourceSparseApplyMomentum",
            {"var", "accum"},
            {"lr", "grad", "indices", "momentum"},
            kNesterov},
           {"ResourceSparseApplyKerasMomentum",
            {"var", "accum"},
            {"lr", "grad", "indices", "momentum"},
            kNesterov,
            false},
           {"ResourceSparseApplyRMSProp",
            {"var", "ms", "mom"},
            {"lr", "rho", "momentum", "epsilon", "grad", "indices"}},
           {"ResourceSparseApplyCenteredRMSProp",
            {"var", "mg", "ms", "mom"},
            {"lr", "rho", "momentum", "epsilon", "grad", "indices"}},
           {"ResourceSparseApplyAdagrad",
            {"var", "accum"},
            {"lr", "grad", "indices"},
            kUpdateSlots},
           {"ResourceSparseApplyAdagradV2",
            {"var", "accum"},
            {"lr", "epsilon", "grad", "indices"},
            kUpdateSlots},
           {"ResourceSparseApplyAdadelta",
            {"var", "accum", "accum_update"},
            {"lr", "rho", "epsilon", "grad", "indices"}},
           {"ResourceSparseApplyFtrl",
            {"var", "accum", "linear"},
            {"grad", "indices", "lr", "l1", "l2", "lr_power"},
            kByRate},
           {"ResourceSparseApplyFtrlV2",
            {"var", "accum", "linear"},
            {"grad", "indices", "lr", "l1", "l2", "l2_shrinkage", "lr_power"},
            kByRate},
           {"ResourceSparseApplyProximalGradientDescent",
            {"var"},
            {"alpha", "l1", "l2", "grad", "indices"}},
           {"ResourceSparseApplyProximalAdagrad",
            {"var", "accum"},
            {"lr", "l1", "l2", "grad", "indices"}},
           {"ResourceSparseApplyAdagradDA",
            {"var", "gradient_accumulator", "gradient_squared_accumulator"},
            {"grad", "indices", "lr", "l1", "l2", "global_step"}},
           {"ResourceApplyAdagradDA",
            {"var", "gradient_accumulator", "gradient_squared_accumulator"},
            {"grad", "lr", "l1", "l2", "global_step"}}}) {
    add_update(registry, update, /*by_reference=*/false);
    if (update.has_ref_form) add_update(registry, update, true);
  }
}

}  // namespace tern

// Optimizer updates of variables, dense gradients: ResourceApply*.

#include <initializer_list>
#include <string>
#include <vector>

#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

constexpr const char* kVariableTypes =
    "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, "
    "quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, "
    "uint32, uint64}";

bool is_gradient(const std::string& input) {
  return input == "grad" || input == "delta";
}

/// The slots and the gradient have the variable's shape, the hyperparameters
/// are scalars. What a handle does not tell, the kernel checks.
void infer_update(InferContext& c) {
  Shape variable = c.handle(0).shape;
  for (int i = 1; i < c.num_inputs(); ++i) {
    const std::string& name = c.op().inputs[static_cast<std::size_t>(i)].name;
    bool is_slot = c.input_dtype(i) == resource;
    Shape shape = is_slot ? c.handle(i).shape : c.input(i);
    if (!is_slot && !is_gradient(name)) {
      if (shape.has_rank() && shape.rank() != 0)
        throw InvalidArgumentError(
            name, " is not a scalar: ", shape.debug_string());
      continue;
    }
    if (!variable.is_compatible_with(shape))
      throw InvalidArgumentError("var and ",
                                 name,
                                 " do not have the same shape",
                                 variable.debug_string(),
                                 " ",
                                 shape.debug_string());
    variable = variable.merge(shape);
  }
}

/// One optimizer: its variable and slots, then its inputs, in the order of
/// TensorFlow's signature.
struct Update {
  const char* name;
  std::initializer_list<const char*> variables;
  std::initializer_list<const char*> inputs;
  std::initializer_list<const char*> attrs = {};
};

constexpr const char* kNesterov = "use_nesterov: bool = false";
constexpr const char* kUpdateSlots = "update_slots: bool = true";
constexpr const char* kMultiplyLinear = "multiply_linear_by_lr: bool = false";

void register_update(OpRegistry& registry, const Update& update) {
  OpBuilder op = registry.add(update.name);
  for (const char* variable : update.variables)
    op.input(std::string(variable) + ": resource");
  for (const char* input : update.inputs) op.input(std::string(input) + ": T");
  op.attr(kVariableTypes).attr("use_locking: bool = false");
  for (const char* attr : update.attrs) op.attr(attr);
  op.infer(infer_update).traits(kStateful | kKeepsNoInput);
}

/// The same for variables of TensorFlow 1: "ApplyAdam" takes and gives
/// references where "ResourceApplyAdam" takes handles.
void register_ref_update(OpRegistry& registry, const Update& update) {
  OpBuilder op = registry.add(std::string_view(update.name).substr(8));
  for (const char* variable : update.variables)
    op.input(std::string(variable) + ": Ref(T)");
  for (const char* input : update.inputs) op.input(std::string(input) + ": T");
  op.output("out: Ref(T)").attr(kVariableTypes);
  op.attr("use_locking: bool = false");
  for (const char* attr : update.attrs) op.attr(attr);
  op.infer(same_as_input).traits(kStateful);
}

/// Those that came after references were given up.
bool has_ref_form(std::string_view name) {
  return name != "ResourceApplyKerasMomentum" &&
         name != "ResourceApplyAdamWithAmsgrad";
}

}  // namespace

void register_training_ops(OpRegistry& registry) {
  for (const Update& update : std::initializer_list<Update>{
           {"ResourceApplyGradientDescent", {"var"}, {"alpha", "delta"}},
           {"ResourceApplyMomentum",
            {"var", "accum"},
            {"lr", "grad", "momentum"},
            {kNesterov}},
           {"ResourceApplyKerasMomentum",
            {"var", "accum"},
            {"lr", "grad", "momentum"},
            {kNesterov}},
           {"ResourceApplyAdam",
            {"var", "m", "v"},
            {"beta1_power",
             "beta2_power",
             "lr",
             "beta1",
             "beta2",
             "epsilon",
             "grad"},
            {kNesterov}},
           {"ResourceApplyAdamWithAmsgrad",
            {"var", "m", "v", "vhat"},
            {"beta1_power",
             "beta2_power",
             "lr",
             "beta1",
             "beta2",
             "epsilon",
             "grad"}},
           {"ResourceApplyAdaMax",
            {"var", "m", "v"},
            {"beta1_power", "lr", "beta1", "beta2", "epsilon", "grad"}},
           {"ResourceApplyRMSProp",
            {"var", "ms", "mom"},
            {"lr", "rho", "momentum", "epsilon", "grad"}},
           {"ResourceApplyCenteredRMSProp",
            {"var", "mg", "ms", "mom"},
            {"lr", "rho", "momentum", "epsilon", "grad"}},
           {"ResourceApplyAdagrad",
            {"var", "accum"},
            {"lr", "grad"},
            {kUpdateSlots}},
           {"ResourceApplyAdagradV2",
            {"var", "accum"},
            {"lr", "epsilon", "grad"},
            {kUpdateSlots}},
           {"ResourceApplyAdadelta",
            {"var", "accum", "accum_update"},
            {"lr", "rho", "epsilon", "grad"}},
           {"ResourceApplyAddSign",
            {"var", "m"},
            {"lr", "alpha", "sign_decay", "beta", "grad"}},
           {"ResourceApplyPowerSign",
            {"var", "m"},
            {"lr", "logbase", "sign_decay", "beta", "grad"}},
           {"ResourceApplyFtrl",
            {"var", "accum", "linear"},
            {"grad", "lr", "l1", "l2", "lr_power"},
            {kMultiplyLinear}},
           {"ResourceApplyFtrlV2",
            {"var", "accum", "linear"},
            {"grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"},
            {kMultiplyLinear}},
           {"ResourceApplyProximalGradientDescent",
            {"var"},
            {"alpha", "l1", "l2", "delta"}},
           {"ResourceApplyProximalAdagrad",
            {"var", "accum"},
            {"lr", "l1", "l2", "grad"}}}) {
    register_update(registry, update);
    if (has_ref_form(update.name)) register_ref_update(registry, update);
  }
}

}  // namespace tern

// variable.cc: variables as ops see them, and the class users hold.

#include "tern/ops/variable.h"

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/state/variable_hooks.h"
#include "tern/core/error.h"
#include "tern/core/nest.h"
#include "tern/core/resource.h"

namespace tern {
namespace {

/// What is known of the variable behind input 0, whose dtype must be `dtype`.
HandleInfo variable_info(const InferContext& c, DType dtype) {
  HandleInfo info = c.handle(0);
  if (info.dtype.code != 0 && !(info.dtype == dtype))
    throw InvalidArgumentError(
        "Trying to read variable with wrong dtype. Expected ",
        info.dtype.name(),
        " got ",
        dtype.name());
  return info;
}

/// An assigned value must fit what is known of the variable's shape.
void assigned_value_fits(InferContext& c) {
  Shape shape = variable_info(c, c.input_dtype(1)).shape;
  const Shape& value = c.input(1);
  if (shape.is_compatible_with(value)) return;
  if (shape.rank() != value.rank())
    throw InvalidArgumentError("Shapes must be equal rank, but are ",
                               shape.rank(),
                               " and ",
                               value.rank());
  for (int i = 0; i < shape.rank(); ++i)
    if (shape[i] >= 0 && value[i] >= 0 && shape[i] != value[i])
      throw InvalidArgumentError("Dimension ",
                                 i,
                                 " in both shapes must be equal, but are ",
                                 shape[i],
                                 " and ",
                                 value[i],
                                 ". Shapes are ",
                                 shape.debug_string(),
                                 " and ",
                                 value.debug_string(),
                                 ".");
}

/// The values behind the handle can be told apart from others only when the
/// variable is asked: an update is an effect, with nothing to differentiate.
void add_assign_op(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("resource: resource")
      .input("value: dtype")
      .attr("dtype: type")
      .infer(assigned_value_fits)
      .no_grad()
      .traits(kStateful | kKeepsNoInput);
}

}  // namespace

void register_variable_ops(OpRegistry& registry) {
  registry.add("VarHandleOp")
      .attr("container: string = ''")
      .attr("shared_name: string = ''")
      .attr("debug_name: string = ''")
      .attr("dtype: type")
      .attr("shape: shape")
      .attr("allowed_devices: list(string) = []")
      .output("resource: resource")
      .infer([](InferContext& c) {
        c.set_output(0, Shape());
        c.set_output_handle(0,
                            {c.attr<DType>("dtype"), c.attr<Shape>("shape")});
      })
      .no_grad()
      .traits(kStateful | kHostOnly);

  registry.add("ReadVariableOp")
      .input("resource: resource")
      .output("value: dtype")
      .attr("dtype: type")
      .infer([](InferContext& c) {
        c.set_output(0, variable_info(c, c.attr<DType>("dtype")).shape);
      })
      .grad([](GradContext& g) { g.set(0, g.output_gradient()); })
      .grad_reads({})
      .traits(kStateful)
      .forwards();

  registry.add("AssignVariableOp")
      .input("resource: resource")
      .input("value: dtype")
      .attr("dtype: type")
      .attr("validate_shape: bool = false")
      .infer(assigned_value_fits)
      .no_grad()
      .traits(kStateful);
  add_assign_op(registry, "AssignAddVariableOp");
  add_assign_op(registry, "AssignSubVariableOp");

  registry.add("VarIsInitializedOp")
      .input("resource: resource")
      .output("is_initialized: bool")
      .infer(scalar_output)
      .no_grad()
      .traits(kStateful | kHostOnly);

  registry.add("VariableShape")
      .input("input: resource")
      .output("output: out_type")
      .attr("out_type: {int32, int64} = DT_INT32")
      .host_output("output")
      .infer(
          [](InferContext& c) { c.set_output(0, {c.handle(0).shape.rank()}); })
      .no_grad()
      .traits(kStateful | kHostOnly)
      .set_by_kernel();

  registry.add("DestroyResourceOp")
      .input("resource: resource")
      .attr("ignore_lookup_error: bool = true")
      .no_grad()
      .traits(kStateful | kHostOnly);
}

VariableCreatedHook& on_variable_created() {
  static VariableCreatedHook hook = nullptr;
  return hook;
}

struct Variable::Impl {
  explicit Impl(std::shared_ptr<VariableCell> cell_)
      : cell(std::move(cell_)),
        name((cell->name.empty() ? "Variable" : cell->name) + ":0"),
        read_attrs{AttrValue(cell->dtype)} {}

  std::shared_ptr<VariableCell> cell;
  std::string name;
  Tensor handle;  // of one identity for life: tapes watch it
  Attrs read_attrs;
};

Variable::Variable(const Tensor& initial, VariableOptions options) {
  if (initial.is_symbolic())
    throw InvalidArgumentError(
        "Tensor-typed variable initializers must be computed outside of the "
        "traced function: the initial value of variable '",
        options.name,
        "' is symbolic");
  Tensor value = initial.as_dtype(options.dtype.code != 0 ? options.dtype
                                                          : initial.dtype());
  auto cell = std::make_shared<VariableCell>(
      options.name, value.dtype(), value.shape(), options.trainable);
  cell->value = value.with_shape(value.shape());
  auto impl = std::make_shared<Impl>(cell);
  impl->handle = Tensor::allocate(resource, {});
  *impl->handle.data<ResourceHandle>() =
      ResourceHandle(cell, cell->dtype, cell->shape);
  impl_ = std::move(impl);
  if (current_interpreter() && on_variable_created())
    on_variable_created()(*this);
}

Variable Variable::from_handle(const Tensor& handle) {
  if (!(handle.dtype() == resource) || handle.is_symbolic() ||
      handle.num_elements() != 1)
    throw InvalidArgumentError(
        "Variable::from_handle: needs one resource, got ",
        handle.dtype().name(),
        " ",
        handle.shape().debug_string());
  auto cell = std::dynamic_pointer_cast<VariableCell>(
      handle.data<ResourceHandle>()->object());
  if (!cell)
    throw InvalidArgumentError(
        "Variable::from_handle: the resource is no variable");
  auto impl = std::make_shared<Impl>(std::move(cell));
  impl->handle = handle;
  Variable variable;
  variable.impl_ = std::move(impl);
  return variable;
}

const Variable::Impl& Variable::impl() const {
  if (!impl_)
    throw FailedPreconditionError(
        "this Variable was default-constructed: it "
        "stands for no variable");
  return *impl_;
}

Tensor Variable::read() const {
  const Impl& variable = impl();
  return apply(raw<"ReadVariableOp">.def(),
               {&variable.handle, 1},
               variable.read_attrs)[0];
}

const Shape& Variable::shape() const { return impl().cell->shape; }
DType Variable::dtype() const { return impl().cell->dtype; }
const std::string& Variable::name() const { return impl().name; }
bool Variable::trainable() const { return impl().cell->trainable; }
const Tensor& Variable::handle() const { return impl().handle; }

bool Variable::same_as(const Variable& other) const {
  return impl_ == other.impl_ ||
         (impl_ && other.impl_ && impl_->cell == other.impl_->cell);
}

namespace {

/// The value in the variable's dtype, its shape checked in Python's words.
Tensor value_for(const Variable& variable,
                 const Tensor& value,
                 std::string_view verb) {
  if (!value.shape().is_compatible_with(variable.shape()))
    throw InvalidArgumentError("Cannot ",
                               verb,
                               " value to variable '",
                               variable.name(),
                               "': Shape mismatch.The variable shape ",
                               variable.shape(),
                               ", and the assigned value shape ",
                               value.shape(),
                               " are incompatible.");
  return value.is_weak() ? value.as_dtype(variable.dtype()) : value;
}

}  // namespace

const Variable& Variable::assign(const Tensor& value) const {
  raw<"AssignVariableOp">(handle(), value_for(*this, value, "assign"));
  return *this;
}

const Variable& Variable::assign_add(const Tensor& delta) const {
  raw<"AssignAddVariableOp">(handle(), value_for(*this, delta, "add"));
  return *this;
}

const Variable& Variable::assign_sub(const Tensor& delta) const {
  raw<"AssignSubVariableOp">(handle(), value_for(*this, delta, "subtract"));
  return *this;
}

Nest::Nest(const Variable& variable) : Nest(variable.read()) {}

}  // namespace tern

#include "graph/gradient/branch_gradient.h"

#include <algorithm>

#include "autodiff/differentiable.h"
#include "graph/gradient/derivative.h"
#include "graph/tracer.h"

namespace tern {
namespace {

/// Carries the derivative of one branch on the branch's padded variant.
struct BranchDerivative : FunctionExtension {
  GraphFunctionPtr forward;     // its extension is the Derivative
  std::size_t num_outputs = 0;  // of the If before this level
  std::size_t first_saved = 0;  // among the If's outputs
  std::shared_ptr<const BranchDerivative> previous;
};

const BranchDerivative& branch_derivative(const GradContext& g,
                                          const char* branch) {
  return level_for(dynamic_cast<const BranchDerivative&>(
                       *g.attr<FunctionRef>(branch).function->extension()),
                   g);
}

/// Stands for a value that only the other branch computes.
Tensor dummy(const GraphFunction& other, std::size_t output) {
  DType dtype = other.output_types()[output];
  if (dtype == variant)
    return raw<"EmptyTensorList">(
        Tensors{Tensor::from_literal(-1), Tensor::from_literal(0)},
        {{"element_dtype", float32}});
  Tensor scalar = Tensor::allocate(dtype, Shape());
  if (!dtype.is_object()) std::fill_n(scalar.data<char>(), dtype.size(), '\0');
  return raw<"Const">.outputs({}, {{"dtype", dtype}, {"value", scalar}})[0];
}

/// The branch with outputs: f's, then `before` dummies of the other branch's
/// saved values or after its own.
GraphFunctionPtr pad_branch(const GraphFunction& branch,
                            const GraphFunctionPtr& own,
                            const GraphFunctionPtr& other,
                            bool own_first) {
  Tracer tracer("padded_" + own->name(), Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors arguments;
  for (int node : own->arguments())
    arguments.push_back(
        tracer.add_argument_like(symbol_of(own->graph(), {node, 0})));
  Tensors results = inline_function(*own, arguments);
  std::size_t n = derivative_of(*own).num_outputs;
  Tensors outputs(results.begin(),
                  results.begin() + static_cast<std::ptrdiff_t>(n));
  Tensors saved(results.begin() + static_cast<std::ptrdiff_t>(n),
                results.end());
  Tensors dummies;
  for (std::size_t i = n; i < other->outputs().size(); ++i)
    dummies.push_back(dummy(*other, i));
  auto extension = std::make_shared<BranchDerivative>();
  extension->forward = own;
  extension->num_outputs = n;
  extension->previous =
      std::dynamic_pointer_cast<const BranchDerivative>(branch.extension());
  extension->first_saved = n + (own_first ? 0 : dummies.size());
  for (const Tensors* part :
       own_first ? std::array{&saved, &dummies} : std::array{&dummies, &saved})
    outputs.insert(outputs.end(), part->begin(), part->end());
  return tracer.finish(outputs, extension);
}

/// What the branches' backward functions take and give together.
struct Plan {
  std::vector<int> dy_outputs;
  std::vector<int> dx_inputs;
};

Plan plan_of(const GradContext& g,
             const Derivative& yes,
             const Derivative& no) {
  Plan plan;
  for (int i = 0; i < static_cast<int>(yes.num_outputs); ++i)
    if (g.has_dy(i)) plan.dy_outputs.push_back(i);
  for (const Derivative* derivative : {&yes, &no})
    for (const Derivative::Part& part : derivative->dx)
      if (g.needs(part.argument + 1) &&
          std::find(plan.dx_inputs.begin(),
                    plan.dx_inputs.end(),
                    part.argument) == plan.dx_inputs.end())
        plan.dx_inputs.push_back(part.argument);
  return plan;
}

std::string key_of(const GradContext& g, const Plan& plan) {
  std::string key = "if_grad:";
  for (int i : plan.dy_outputs) key += std::to_string(i) + ',';
  key += ':';
  for (int i : plan.dx_inputs) key += std::to_string(i) + ',';
  Tensors tensors = g.inputs();
  for (int i = 0; i < g.num_outputs(); ++i) tensors.push_back(g.output(i));
  return key + key_of_specs(tensors);
}

/// One branch of the backward If. Its arguments: the gradients of
/// plan.dy_outputs, all inputs of the If but the condition, all its outputs.
GraphFunctionPtr backward_branch(const GradContext& g,
                                 const Plan& plan,
                                 const BranchDerivative& branch) {
  const Derivative& derivative = derivative_of(*branch.forward);
  Tracer tracer("backward_branch", Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  std::map<int, Tensor> dy;
  for (int i : plan.dy_outputs) dy[i] = tracer.add_argument_like(g.output(i));
  Tensors arguments, outputs;
  for (int i = 1; i < g.num_inputs(); ++i)
    arguments.push_back(tracer.add_argument_like(g.input(i)));
  for (int i = 0; i < g.num_outputs(); ++i)
    outputs.push_back(
        tracer.add_argument(TensorSpec(Shape::unknown(), g.output(i).dtype())));
  Tensors inputs;
  for (int i : derivative.dy_outputs)
    inputs.push_back(
        dy.contains(i)
            ? dy[i]
            : raw<"ZerosLike">(outputs[static_cast<std::size_t>(i)]));
  for (int i : derivative.kept_arguments)
    inputs.push_back(arguments[static_cast<std::size_t>(i)]);
  for (std::size_t i = 0; i < derivative.num_saved; ++i)
    inputs.push_back(outputs[branch.first_saved + i]);
  std::vector<Gradient> dx =
      derivative.unflatten(inline_function(*derivative.backward, inputs));
  Tensors results;
  for (int input : plan.dx_inputs) {
    Tensor result;
    for (std::size_t i = 0; i < dx.size(); ++i)
      if (derivative.dx[i].argument == input) result = dx[i].to_tensor();
    results.push_back(
        result.defined()
            ? result
            : zero_gradient(arguments[static_cast<std::size_t>(input)]));
  }
  return tracer.finish(results);
}

}  // namespace

ForwardVariant branch_forward_variant(const Tensors& inputs,
                                      const Attrs& attrs,
                                      const std::vector<bool>& watched) {
  const OpDef& op = raw<"If">.def();
  auto then_index = static_cast<std::size_t>(op.attr_index("then_branch"));
  auto else_index = static_cast<std::size_t>(op.attr_index("else_branch"));
  std::vector<bool> arguments(watched.begin() + 1, watched.end());
  const GraphFunction& then_branch =
      *attrs[then_index].get<FunctionRef>().function;
  const GraphFunction& else_branch =
      *attrs[else_index].get<FunctionRef>().function;
  GraphFunctionPtr yes = forward_variant(then_branch, arguments);
  GraphFunctionPtr no = forward_variant(else_branch, arguments);
  // Kept by the branches, not by their variants, which the padded ones hold.
  GraphFunctionPtr padded_yes = then_branch.variant(
      "padded:" + yes->name() + no->name(),
      [&] { return pad_branch(then_branch, yes, no, true); });
  GraphFunctionPtr padded_no = else_branch.variant(
      "padded:" + no->name() + yes->name(),
      [&] { return pad_branch(else_branch, no, yes, false); });
  ForwardVariant variant{inputs, attrs, then_branch.outputs().size()};
  variant.attrs[then_index] = FunctionRef{padded_yes->name(), padded_yes};
  variant.attrs[else_index] = FunctionRef{padded_no->name(), padded_no};
  variant.attrs[static_cast<std::size_t>(op.attr_index("Tout"))] =
      padded_yes->output_types();
  variant.attrs[static_cast<std::size_t>(op.attr_index("output_shapes"))] =
      std::vector<Shape>{};
  return variant;
}

void branch_gradient(GradContext& g) {
  const BranchDerivative& yes = branch_derivative(g, "then_branch");
  const BranchDerivative& no = branch_derivative(g, "else_branch");
  Plan plan =
      plan_of(g, derivative_of(*yes.forward), derivative_of(*no.forward));
  if (plan.dx_inputs.empty()) return;
  std::string key = key_of(g, plan);
  auto backward_of = [&](const BranchDerivative& branch) {
    return branch.forward->variant(
        key, [&] { return backward_branch(g, plan, branch); });
  };
  GraphFunctionPtr backward_yes = backward_of(yes);
  GraphFunctionPtr backward_no = backward_of(no);
  Tensors inputs = {g.input(0)};
  for (int i : plan.dy_outputs) inputs.push_back(g.dy(i));
  for (int i = 1; i < g.num_inputs(); ++i) inputs.push_back(g.input(i));
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.output(i));
  Tensors dx = raw<"StatelessIf">.outputs(
      inputs,
      {{"Tout", backward_yes->output_types()},
       {"then_branch", FunctionRef{backward_yes->name(), backward_yes}},
       {"else_branch", FunctionRef{backward_no->name(), backward_no}}});
  for (std::size_t i = 0; i < dx.size(); ++i)
    g.set(plan.dx_inputs[i] + 1, dx[i]);
}

}  // namespace tern

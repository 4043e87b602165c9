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
  std::size_t num_outputs = 0;  // of the call before this level
  std::size_t first_saved = 0;  // among the call's outputs
  std::shared_ptr<const BranchDerivative> previous;
};

using Branches = std::vector<GraphFunctionPtr>;

/// Stands for a value that only another branch computes.
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

/// Branch `which` with outputs: its own, then what each forward variant saves,
/// dummies for those of the other branches.
GraphFunctionPtr pad_branch(const GraphFunction& branch,
                            const Branches& forwards,
                            std::size_t which) {
  const GraphFunctionPtr& own = forwards[which];
  Tracer tracer("padded_" + own->name(), Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors arguments;
  for (int node : own->arguments())
    arguments.push_back(
        tracer.add_argument_like(symbol_of(own->graph(), {node, 0})));
  Tensors results = inline_function(*own, arguments);
  auto extension = std::make_shared<BranchDerivative>();
  extension->forward = own;
  extension->num_outputs = derivative_of(*own).num_outputs;
  extension->previous =
      std::dynamic_pointer_cast<const BranchDerivative>(branch.extension());
  const std::size_t n = extension->num_outputs;
  Tensors outputs(results.begin(),
                  results.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t b = 0; b < forwards.size(); ++b) {
    if (b == which) extension->first_saved = outputs.size();
    for (std::size_t i = n; i < forwards[b]->outputs().size(); ++i)
      outputs.push_back(b == which ? results[i] : dummy(*forwards[b], i));
  }
  return tracer.finish(outputs, extension);
}

/// The branches as variants that give the same outputs.
Branches padded_branches(const Branches& branches,
                         const std::vector<bool>& watched) {
  std::vector<bool> arguments(watched.begin() + 1, watched.end());
  Branches forwards, padded;
  std::string names;
  for (const GraphFunctionPtr& branch : branches) {
    forwards.push_back(forward_variant(*branch, arguments));
    names += ':' + forwards.back()->name();
  }
  // Kept by the branches, not by their variants, which the padded ones hold.
  for (std::size_t b = 0; b < branches.size(); ++b)
    padded.push_back(branches[b]->variant(
        "padded:" + std::to_string(b) + names,
        [&] { return pad_branch(*branches[b], forwards, b); }));
  return padded;
}

/// What the branches' backward functions take and give together.
struct Plan {
  std::vector<int> dy_outputs;
  std::vector<int> dx_inputs;
};

Plan plan_of(const GradContext& g,
             const std::vector<const BranchDerivative*>& branches) {
  Plan plan;
  for (int i = 0; i < static_cast<int>(branches[0]->num_outputs); ++i)
    if (g.has_dy(i)) plan.dy_outputs.push_back(i);
  for (const BranchDerivative* branch : branches)
    for (const Derivative::Part& part : derivative_of(*branch->forward).dx)
      if (g.needs(part.argument + 1) &&
          std::find(plan.dx_inputs.begin(),
                    plan.dx_inputs.end(),
                    part.argument) == plan.dx_inputs.end())
        plan.dx_inputs.push_back(part.argument);
  return plan;
}

std::string key_of(const GradContext& g, const Plan& plan) {
  std::string key = "branch_grad:";
  for (int i : plan.dy_outputs) key += std::to_string(i) + ',';
  key += ':';
  for (int i : plan.dx_inputs) key += std::to_string(i) + ',';
  Tensors tensors = g.inputs();
  for (int i = 0; i < g.num_outputs(); ++i) tensors.push_back(g.output(i));
  return key + key_of_specs(tensors);
}

/// One branch of the backward call. Its arguments: the gradients of
/// plan.dy_outputs, all inputs of the call but the first, all its outputs.
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

FunctionRef ref_to(const GraphFunctionPtr& function) {
  return {function->name(), function};
}

/// Chooses among the backward functions of `padded` branches by the call's
/// first input; `choose(inputs, branches)` makes the call.
template <class Choose>
void gradient_of_branches(GradContext& g,
                          const Branches& padded,
                          Choose choose) {
  std::vector<const BranchDerivative*> branches;
  for (const GraphFunctionPtr& branch : padded)
    branches.push_back(&level_for(
        dynamic_cast<const BranchDerivative&>(*branch->extension()), g));
  const Plan plan = plan_of(g, branches);
  if (plan.dx_inputs.empty()) return;
  const std::string key = key_of(g, plan);
  std::vector<FunctionRef> backward;
  for (const BranchDerivative* branch : branches) {
    GraphFunctionPtr function = branch->forward->variant(
        key, [&] { return backward_branch(g, plan, *branch); });
    backward.push_back(ref_to(function));
  }
  Tensors inputs = {g.input(0)};
  for (int i : plan.dy_outputs) inputs.push_back(g.dy(i));
  for (int i = 1; i < g.num_inputs(); ++i) inputs.push_back(g.input(i));
  for (int i = 0; i < g.num_outputs(); ++i) inputs.push_back(g.output(i));
  Tensors dx = choose(inputs, backward);
  for (std::size_t i = 0; i < dx.size(); ++i)
    g.set(plan.dx_inputs[i] + 1, dx[i]);
}

/// Puts the padded branches' outputs into a variant's attrs.
void set_outputs(const OpDef& op, const Branches& padded, Attrs& attrs) {
  attrs[static_cast<std::size_t>(op.attr_index("Tout"))] =
      padded[0]->output_types();
  attrs[static_cast<std::size_t>(op.attr_index("output_shapes"))] =
      std::vector<Shape>{};
}

}  // namespace

ForwardVariant if_forward_variant(const Tensors& inputs,
                                  const Attrs& attrs,
                                  const std::vector<bool>& watched) {
  const OpDef& op = raw<"If">.def();
  auto yes = static_cast<std::size_t>(op.attr_index("then_branch"));
  auto no = static_cast<std::size_t>(op.attr_index("else_branch"));
  Branches branches = {attrs[yes].get<FunctionRef>().function,
                       attrs[no].get<FunctionRef>().function};
  Branches padded = padded_branches(branches, watched);
  ForwardVariant variant{inputs, attrs, branches[0]->outputs().size()};
  variant.attrs[yes] = ref_to(padded[0]);
  variant.attrs[no] = ref_to(padded[1]);
  set_outputs(op, padded, variant.attrs);
  return variant;
}

void if_gradient(GradContext& g) {
  gradient_of_branches(
      g,
      {g.attr<FunctionRef>("then_branch").function,
       g.attr<FunctionRef>("else_branch").function},
      [](const Tensors& inputs, const std::vector<FunctionRef>& branches) {
        return raw<"StatelessIf">.outputs(
            inputs,
            {{"Tout", branches[0].function->output_types()},
             {"then_branch", branches[0]},
             {"else_branch", branches[1]}});
      });
}

ForwardVariant case_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>& watched) {
  const OpDef& op = raw<"Case">.def();
  auto index = static_cast<std::size_t>(op.attr_index("branches"));
  Branches branches;
  for (const FunctionRef& ref : attrs[index].get<std::vector<FunctionRef>>())
    branches.push_back(ref.function);
  Branches padded = padded_branches(branches, watched);
  ForwardVariant variant{inputs, attrs, branches[0]->outputs().size()};
  std::vector<FunctionRef> refs;
  for (const GraphFunctionPtr& branch : padded) refs.push_back(ref_to(branch));
  variant.attrs[index] = refs;
  set_outputs(op, padded, variant.attrs);
  return variant;
}

void case_gradient(GradContext& g) {
  Branches branches;
  for (const FunctionRef& ref : g.attr<std::vector<FunctionRef>>("branches"))
    branches.push_back(ref.function);
  gradient_of_branches(
      g,
      branches,
      [](const Tensors& inputs, const std::vector<FunctionRef>& backward) {
        return raw<"StatelessCase">.outputs(
            inputs,
            {{"Tout", backward[0].function->output_types()},
             {"branches", backward}});
      });
}

}  // namespace tern

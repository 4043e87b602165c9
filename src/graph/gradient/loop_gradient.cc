#include "graph/gradient/loop_gradient.h"

#include <algorithm>

#include "autodiff/differentiable.h"
#include "graph/gradient/derivative.h"
#include "graph/tracer.h"
#include "ops/list/tensor_list.h"

namespace tern {
namespace {

/// How a saved value of one step reaches the backward step.
struct Saved {
  int list = -1;      // popped from this list, or
  int variable = -1;  // a loop variable that no step changes
  DType dtype;
  Shape shape;
};

/// Extension of the accumulating body: variables are those of the loop, then
/// the counter, then the lists.
struct LoopDerivative : FunctionExtension {
  GraphFunctionPtr step;        // the body's forward variant (a Derivative)
  std::vector<Saved> inputs;    // of the backward step, after the gradients
  std::size_t num_outputs = 0;  // loop variables before counter and lists
  int num_lists = 0;
  std::shared_ptr<const LoopDerivative> previous;
};

/// The body's saved values and kept arguments, sorted into lists and
/// loop-invariant variables.
LoopDerivative plan_lists(const GraphFunction& body, GraphFunctionPtr step) {
  const Derivative& derivative = derivative_of(*step);
  LoopDerivative plan;
  plan.num_outputs = body.outputs().size();
  plan.previous =
      std::dynamic_pointer_cast<const LoopDerivative>(body.extension());
  auto add_list = [&](DType dtype, const Shape& shape) {
    plan.inputs.push_back({plan.num_lists++, -1, dtype, shape});
  };
  for (int argument : derivative.kept_arguments) {
    const Node& node =
        body.graph().node(body.arguments()[static_cast<std::size_t>(argument)]);
    bool invariant =
        body.forwarded_argument(static_cast<std::size_t>(argument)) == argument;
    if (invariant)
      plan.inputs.push_back({-1, argument, node.output_types[0], {}});
    else
      add_list(node.output_types[0], node.output_shapes[0]);
  }
  std::vector<DType> types = step->output_types();
  for (std::size_t i = derivative.num_outputs; i < types.size(); ++i)
    add_list(types[i], step->output_shape(i));
  plan.step = std::move(step);
  return plan;
}

Tensors add_loop_arguments(Tracer& tracer, const GraphFunction& function) {
  Tensors arguments;
  for (int node : function.arguments())
    arguments.push_back(
        tracer.add_argument_like(symbol_of(function.graph(), {node, 0})));
  return arguments;
}

Tensors add_lists(Tracer& tracer, int count) {
  Tensors lists;
  for (int i = 0; i < count; ++i)
    lists.push_back(tracer.add_argument(TensorSpec({}, variant, "list")));
  return lists;
}

GraphFunctionPtr accumulating_body(const GraphFunction& body,
                                   const GraphFunctionPtr& step) {
  auto plan = std::make_shared<LoopDerivative>(plan_lists(body, step));
  const Derivative& derivative = derivative_of(*step);
  Tracer tracer("while_body", Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors variables = add_loop_arguments(tracer, body);
  Tensor counter = tracer.add_argument(TensorSpec({}, int32, "counter"));
  Tensors lists = add_lists(tracer, plan->num_lists);

  Tensors results = inline_function(*step, variables);
  auto n = static_cast<std::ptrdiff_t>(derivative.num_outputs);
  Tensors saved;
  for (int argument : derivative.kept_arguments)
    saved.push_back(variables[static_cast<std::size_t>(argument)]);
  saved.insert(saved.end(), results.begin() + n, results.end());

  Tensors outputs(results.begin(), results.begin() + n);
  outputs.push_back(raw<"AddV2">(counter, Tensor(1)));
  for (std::size_t i = 0; i < saved.size(); ++i)
    if (int list = plan->inputs[i].list; list >= 0)
      lists[static_cast<std::size_t>(list)] =
          raw<"TensorListPushBack">(lists[static_cast<std::size_t>(list)],
                                    saved[i],
                                    {{"element_dtype", saved[i].dtype()}});
  outputs.insert(outputs.end(), lists.begin(), lists.end());
  return tracer.finish(outputs, plan);
}

/// The condition, blind to counter and lists.
GraphFunctionPtr widened_condition(const GraphFunction& condition, int lists) {
  Tracer tracer("while_cond", Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors variables = add_loop_arguments(tracer, condition);
  tracer.add_argument(TensorSpec({}, int32, "counter"));
  add_lists(tracer, lists);
  return tracer.finish(inline_function(condition, variables));
}

Tensor empty_list(const Saved& saved) {
  return raw<"EmptyTensorList">(
      Tensors{element_shape_tensor(saved.shape), Tensor(-1)},
      {{"element_dtype", saved.dtype}});
}

/// Where the variables of the backward loop stand: counter, gradients of the
/// loop variables, sums of the gradients of handles, lists, invariants.
struct BackwardLayout {
  std::vector<int> dy;       // loop variables
  std::vector<int> handles;  // loop variables of dtype resource
  std::vector<int> invariants;
};

BackwardLayout layout_of(const LoopDerivative& plan) {
  const Derivative& derivative = derivative_of(*plan.step);
  BackwardLayout layout;
  layout.dy = derivative.dy_outputs;
  std::vector<DType> types = plan.step->argument_types();
  for (const Derivative::Part& part : derivative.dx)
    if (types[static_cast<std::size_t>(part.argument)] == resource)
      layout.handles.push_back(part.argument);
  for (const Saved& saved : plan.inputs)
    if (saved.variable >= 0) layout.invariants.push_back(saved.variable);
  return layout;
}

GraphFunctionPtr backward_condition(const Tensors& like) {
  Tracer tracer("while_grad_cond", Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors variables;
  for (const Tensor& tensor : like)
    variables.push_back(tracer.add_argument_like(tensor));
  return tracer.finish({raw<"Greater">(variables[0], Tensor(0))});
}

GraphFunctionPtr backward_body(const LoopDerivative& plan,
                               const BackwardLayout& layout,
                               const Tensors& like) {
  const Derivative& derivative = derivative_of(*plan.step);
  Tracer tracer("while_grad_body", Tracer::Values::kEmbed);
  TraceScope trace(tracer);
  Tensors variables;
  for (const Tensor& tensor : like) {
    // A step may change the shape of a gradient.
    bool is_gradient =
        variables.size() > 0 && variables.size() <= layout.dy.size();
    variables.push_back(
        is_gradient ? tracer.add_argument(TensorSpec(
                          plan.step->output_shape(static_cast<std::size_t>(
                              layout.dy[variables.size() - 1])),
                          tensor.dtype(),
                          "dy"))
                    : tracer.add_argument_like(tensor));
  }
  auto at = [&](std::size_t i) -> Tensor& { return variables[i]; };
  std::size_t first_handle = 1 + layout.dy.size();
  std::size_t first_list = first_handle + layout.handles.size();
  std::size_t first_invariant =
      first_list + static_cast<std::size_t>(plan.num_lists);

  Tensors inputs;
  for (std::size_t i = 0; i < layout.dy.size(); ++i)
    inputs.push_back(at(1 + i));
  std::size_t invariant = first_invariant;
  for (const Saved& saved : plan.inputs) {
    if (saved.variable >= 0) {
      inputs.push_back(at(invariant++));
      continue;
    }
    Tensor& list = at(first_list + static_cast<std::size_t>(saved.list));
    Tensors popped = raw<"TensorListPopBack">.outputs(
        {list, element_shape_tensor(saved.shape)},
        {{"element_dtype", saved.dtype}});
    list = popped[0];
    inputs.push_back(popped[1]);
  }
  std::vector<Gradient> dx =
      derivative.unflatten(inline_function(*derivative.backward, inputs));
  auto gradient_of = [&](int variable) {
    for (std::size_t i = 0; i < dx.size(); ++i)
      if (derivative.dx[i].argument == variable) return dx[i].to_tensor();
    return Tensor();
  };
  for (std::size_t i = 0; i < layout.dy.size(); ++i) {
    Tensor gradient = gradient_of(layout.dy[i]);
    at(1 + i) = gradient.defined() ? gradient : raw<"ZerosLike">(at(1 + i));
  }
  for (std::size_t i = 0; i < layout.handles.size(); ++i)
    at(first_handle + i) =
        raw<"AddV2">(at(first_handle + i), gradient_of(layout.handles[i]));
  at(0) = raw<"Sub">(at(0), Tensor(1));
  return tracer.finish(variables);
}

}  // namespace

ForwardVariant loop_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>&) {
  const OpDef& op = raw<"While">.def();
  auto cond_index = static_cast<std::size_t>(op.attr_index("cond"));
  auto body_index = static_cast<std::size_t>(op.attr_index("body"));
  const GraphFunction& condition =
      *attrs[cond_index].get<FunctionRef>().function;
  const GraphFunction& body = *attrs[body_index].get<FunctionRef>().function;
  // What is not watched at first may depend on what is after a step.
  std::vector<bool> all(inputs.size(), true);
  GraphFunctionPtr step = forward_variant(body, all);
  GraphFunctionPtr new_body = body.variant(
      "while:" + step->name(), [&] { return accumulating_body(body, step); });
  const auto& plan =
      dynamic_cast<const LoopDerivative&>(*new_body->extension());
  GraphFunctionPtr new_condition = condition.variant(
      "while:" + std::to_string(plan.num_lists),
      [&] { return widened_condition(condition, plan.num_lists); });

  ForwardVariant variant{inputs, attrs, inputs.size()};
  variant.inputs.push_back(raw<"Const">.outputs(
      {}, {{"dtype", int32}, {"value", Tensor(0).clone()}})[0]);
  for (const Saved& saved : plan.inputs)
    if (saved.list >= 0) variant.inputs.push_back(empty_list(saved));
  variant.attrs.resize(op.attrs.size());
  variant.attrs[cond_index] = FunctionRef{new_condition->name(), new_condition};
  variant.attrs[body_index] = FunctionRef{new_body->name(), new_body};
  variant.attrs[static_cast<std::size_t>(op.attr_index("T"))] = AttrValue();
  variant.attrs[static_cast<std::size_t>(op.attr_index("output_shapes"))] =
      std::vector<Shape>{};
  return variant;
}

void loop_gradient(GradContext& g) {
  const LoopDerivative& plan =
      level_for(dynamic_cast<const LoopDerivative&>(
                    *g.attr<FunctionRef>("body").function->extension()),
                g);
  BackwardLayout layout = layout_of(plan);
  int n = static_cast<int>(plan.num_outputs);
  Tensors inputs = {g.output(n)};
  for (int i : layout.dy) inputs.push_back(g.dy(i));
  for (int i : layout.handles) inputs.push_back(zero_gradient(g.input(i)));
  for (int i = 0; i < plan.num_lists; ++i)
    inputs.push_back(g.output(n + 1 + i));
  for (int i : layout.invariants) inputs.push_back(g.input(i));

  std::string specs = key_of_specs(inputs);
  GraphFunctionPtr condition = plan.step->variant(
      "while_grad_cond:" + specs, [&] { return backward_condition(inputs); });
  GraphFunctionPtr body = plan.step->variant("while_grad_body:" + specs, [&] {
    return backward_body(plan, layout, inputs);
  });
  Tensors results =
      raw<"While">.outputs(inputs,
                           {{"cond", FunctionRef{condition->name(), condition}},
                            {"body", FunctionRef{body->name(), body}}});
  std::size_t next = 1;
  for (int i : layout.dy) g.set(i, results[next++]);
  for (int i : layout.handles) g.set(i, results[next++]);
}

}  // namespace tern

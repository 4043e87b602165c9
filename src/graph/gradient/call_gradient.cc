#include "graph/gradient/call_gradient.h"

#include "graph/gradient/derivative.h"
#include "graph/program/program.h"

namespace tern {

Tensors call_function(const GraphFunctionPtr& function, Tensors inputs) {
  if (!dispatch().busy) return function->program().run(std::move(inputs));
  FunctionRef ref{function->name(), function};
  std::vector<DType> types = function->output_types();
  if (function->is_stateful())
    return raw<"StatefulPartitionedCall">.outputs(
        inputs, {{"f", ref}, {"Tout", types}});
  return raw<"PartitionedCall">.outputs(inputs, {{"f", ref}, {"Tout", types}});
}

ForwardVariant call_forward_variant(const Tensors& inputs,
                                    const Attrs& attrs,
                                    const std::vector<bool>& watched) {
  const OpDef& op = raw<"PartitionedCall">.def();
  auto f = static_cast<std::size_t>(op.attr_index("f"));
  auto types = static_cast<std::size_t>(op.attr_index("Tout"));
  const GraphFunction& function = *attrs[f].get<FunctionRef>().function;
  GraphFunctionPtr forward = forward_variant(function, watched);
  ForwardVariant variant{inputs, attrs, function.outputs().size()};
  variant.attrs[f] = FunctionRef{forward->name(), forward};
  variant.attrs[types] = forward->output_types();
  return variant;
}

void call_gradient(GradContext& g) {
  const Derivative& derivative =
      level_for(derivative_of(*g.attr<FunctionRef>("f").function), g);
  Tensors inputs;
  for (int output : derivative.dy_outputs) inputs.push_back(g.dy(output));
  for (int argument : derivative.kept_arguments)
    inputs.push_back(g.input(argument));
  for (std::size_t i = 0; i < derivative.num_saved; ++i)
    inputs.push_back(g.output(static_cast<int>(derivative.num_outputs + i)));
  std::vector<Gradient> dx =
      derivative.unflatten(call_function(derivative.backward, inputs));
  for (std::size_t i = 0; i < dx.size(); ++i)
    g.set(derivative.dx[i].argument, dx[i]);
}

}  // namespace tern

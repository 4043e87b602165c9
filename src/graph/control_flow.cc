#include "tern/graph/control_flow.h"

#include <algorithm>

#include "graph/tracer.h"
#include "ops/weak_types.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// What two traces captured, each outer tensor once.
Tensors union_of_captures(const Tracer& a, const Tracer& b) {
  Tensors all;
  for (const Tracer* tracer : {&a, &b})
    for (const Tensor& outer : tracer->captured())
      if (std::none_of(all.begin(), all.end(), [&](const Tensor& known) {
            return known.id() == outer.id();
          }))
        all.push_back(outer);
  return all;
}

Tensors trace_outputs(Tracer& tracer, const Nest& result) {
  Tensors outputs;
  for (const Tensor& output : result.flatten())
    outputs.push_back(tracer.lift(output));
  return outputs;
}

void check_branches_agree(const Nest& yes, const Nest& no) {
  Tensors a = yes.flatten(), b = no.flatten();
  bool agree = yes.same_structure(no);
  for (std::size_t i = 0; agree && i < a.size(); ++i)
    agree = a[i].dtype() == b[i].dtype();
  if (agree) return;
  auto describe = [](const Nest& nest) {
    std::string text = nest.structure() + " of (";
    for (const Tensor& tensor : nest.flatten())
      text += std::string(tensor.dtype().name()) + " ";
    return text + ")";
  };
  throw InvalidArgumentError(
      "true_fn and false_fn arguments to tf.cond must have the same number, "
      "type, and overall structure of return values: true_fn gives ",
      describe(yes),
      ", false_fn gives ",
      describe(no));
}

Nest cond_traced(const Tensor& predicate,
                 const std::function<Nest()>& yes,
                 const std::function<Nest()>& no) {
  Tracer then_tracer("cond_true"), else_tracer("cond_false");
  auto trace = [](Tracer& tracer, const std::function<Nest()>& branch) {
    TraceScope scope(tracer);
    Nest result = branch();
    return result.pack(trace_outputs(tracer, result));
  };
  Nest then_result = trace(then_tracer, yes);
  Nest else_result = trace(else_tracer, no);
  check_branches_agree(then_result, else_result);
  Tensors captured = union_of_captures(then_tracer, else_tracer);
  auto finish = [&](Tracer& tracer, const Nest& result) {
    tracer.set_captures(captured);
    return tracer.finish(result.flatten());
  };
  GraphFunctionPtr then_branch = finish(then_tracer, then_result);
  GraphFunctionPtr else_branch = finish(else_tracer, else_result);

  Tensors inputs = {predicate};
  inputs.insert(inputs.end(), captured.begin(), captured.end());
  detail::NamedAttrs attrs = {
      {"Tout", then_branch->output_types()},
      {"then_branch", FunctionRef{then_branch->name(), then_branch}},
      {"else_branch", FunctionRef{else_branch->name(), else_branch}}};
  bool stateful = then_branch->is_stateful() || else_branch->is_stateful();
  return then_result.pack(stateful ? raw<"If">.outputs(inputs, attrs)
                                   : raw<"StatelessIf">.outputs(inputs, attrs));
}

/// The loop's functions for these shapes of the variables.
struct TracedLoop {
  TracedLoop() : condition("while_cond"), body("while_body") {}
  Tracer condition;
  Tracer body;
  Tensors variables;  // of the body, as symbols
  Tensors results;
  Tensor again;
};

void trace_loop(TracedLoop& loop,
                const std::function<Tensor(const Tensors&)>& condition,
                const std::function<Tensors(const Tensors&)>& body,
                const Tensors& initial,
                const std::vector<Shape>& shapes) {
  auto add_arguments = [&](Tracer& tracer) {
    Tensors symbols;
    for (std::size_t i = 0; i < initial.size(); ++i)
      symbols.push_back(initial[i].dtype() == resource
                            ? tracer.add_argument_like(initial[i])
                            : tracer.add_argument(TensorSpec(
                                  shapes[i], initial[i].dtype(), "loop_var")));
    return symbols;
  };
  {
    TraceScope scope(loop.condition);
    loop.again = loop.condition.lift(condition(add_arguments(loop.condition)));
  }
  TraceScope scope(loop.body);
  loop.variables = add_arguments(loop.body);
  Tensors results = body(loop.variables);
  if (results.size() != initial.size())
    throw InvalidArgumentError("while_loop: the body gives ",
                               results.size(),
                               " values for ",
                               initial.size(),
                               " loop variables");
  for (std::size_t i = 0; i < results.size(); ++i) {
    Tensor result = results[i].is_weak()
                        ? results[i].as_dtype(initial[i].dtype())
                        : results[i];
    if (!(result.dtype() == initial[i].dtype()))
      throw InvalidArgumentError("while_loop: loop variable ",
                                 i,
                                 " enters the loop with type ",
                                 initial[i].dtype().name(),
                                 ", but has type ",
                                 result.dtype().name(),
                                 " after one iteration");
    loop.results.push_back(loop.body.lift(result));
  }
}

Tensors while_traced(const std::function<Tensor(const Tensors&)>& condition,
                     const std::function<Tensors(const Tensors&)>& body,
                     const Tensors& initial) {
  std::vector<Shape> shapes;
  for (const Tensor& variable : initial) shapes.push_back(variable.shape());
  for (;;) {
    TracedLoop loop;
    trace_loop(loop, condition, body, initial, shapes);
    // A variable whose shape changes is traced again with what both have in
    // common; each turn gives up at least one dimension.
    bool stable = true;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      Shape common = shapes[i].relax(loop.results[i].shape());
      stable = stable && common == shapes[i];
      shapes[i] = common;
    }
    if (!stable) continue;

    Tensors captured = union_of_captures(loop.condition, loop.body);
    loop.condition.set_captures(captured);
    loop.body.set_captures(captured);
    Tensors inputs = initial;
    inputs.insert(inputs.end(), captured.begin(), captured.end());
    Tensors results = loop.results;
    for (const Tensor& outer : captured)
      results.push_back(loop.body.lift(outer));
    GraphFunctionPtr condition_function = loop.condition.finish({loop.again});
    GraphFunctionPtr body_function = loop.body.finish(results);
    detail::NamedAttrs attrs = {
        {"cond", FunctionRef{condition_function->name(), condition_function}},
        {"body", FunctionRef{body_function->name(), body_function}}};
    bool stateful =
        condition_function->is_stateful() || body_function->is_stateful();
    Tensors outputs = stateful ? raw<"While">.outputs(inputs, attrs)
                               : raw<"StatelessWhile">.outputs(inputs, attrs);
    outputs.resize(initial.size());
    return outputs;
  }
}

}  // namespace

namespace detail {

Nest cond_nest(const Tensor& predicate,
               const std::function<Nest()>& yes,
               const std::function<Nest()>& no) {
  if (predicate.is_symbolic()) return cond_traced(predicate, yes, no);
  return predicate ? yes() : no();
}

Tensors while_nest(const std::function<Tensor(const Tensors&)>& condition,
                   const std::function<Tensors(const Tensors&)>& body,
                   const Tensors& variables) {
  Tensors current;
  for (const Tensor& variable : variables)
    current.push_back(bind_literal(variable));
  if (current_interpreter()) return while_traced(condition, body, current);
  while (condition(current)) {
    Tensors next = body(current);
    if (next.size() != current.size())
      throw InvalidArgumentError("while_loop: the body gives ",
                                 next.size(),
                                 " values for ",
                                 current.size(),
                                 " loop variables");
    for (std::size_t i = 0; i < next.size(); ++i)
      current[i] =
          next[i].is_weak() ? next[i].as_dtype(current[i].dtype()) : next[i];
  }
  return current;
}

}  // namespace detail
ControlDependencies::ControlDependencies(const Tensors& tensors)
    : scope_(std::make_unique<ControlScope>(tensors)) {}

ControlDependencies::~ControlDependencies() = default;

Nest switch_case(const Tensor& index,
                 const std::vector<std::function<Nest()>>& branches,
                 const SwitchCaseOptions& options) {
  if (branches.empty())
    throw InvalidArgumentError("switch_case: there are no branches");
  std::function<Nest()> choose =
      options.default_branch ? options.default_branch : branches.back();
  for (std::size_t i = branches.size(); i-- > 0;)
    choose = [&index, &branches, i, otherwise = std::move(choose)] {
      return detail::cond_nest(
          index == static_cast<int>(i), branches[i], otherwise);
    };
  return choose();
}

}  // namespace tern

#include "graph/v1/functional/functional_form.h"

#include "graph/v1/functional/functional_branches.h"
#include "graph/v1/functional/functional_loops.h"
#include "graph/v1/functional/refine_shapes.h"

namespace tern::v1 {

FunctionalForm functional_form(const GraphFunction& function,
                               const std::shared_ptr<NodeStates>& states) {
  try {
    FunctionBody body{function.graph(),
                      function.arguments(),
                      function.outputs(),
                      function.control_outputs()};
    refine_loop_shapes(body.graph);
    convert_loops(body, states);
    body = convert_branches(std::move(body), states);
    auto converted = std::make_shared<GraphFunction>(
        function.name(),
        std::make_shared<const Graph>(std::move(body.graph)),
        std::move(body.arguments),
        std::move(body.outputs),
        std::move(body.control_outputs));
    converted->keep_states_in(states);
    return {std::move(converted), {}};
  } catch (const Refusal& refusal) {
    return {nullptr, refusal.reason()};
  }
}

}  // namespace tern::v1

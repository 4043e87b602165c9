#include "graph/passes/optimize.h"

#include <mutex>

#include "graph/passes/passes.h"
#include "graph/symbolic.h"
#include "tern/graph/optimizer.h"

namespace tern {
namespace {

using config::optimizer::ExperimentalOptions;
using Switch = std::optional<bool> ExperimentalOptions::*;

constexpr Switch kSwitches[] = {
    &ExperimentalOptions::disable_meta_optimizer,
    &ExperimentalOptions::disable_model_pruning,
    &ExperimentalOptions::function_optimization,
    &ExperimentalOptions::constant_folding,
    &ExperimentalOptions::common_subgraph_elimination,
    &ExperimentalOptions::arithmetic_optimization,
    &ExperimentalOptions::layout_optimizer,
    &ExperimentalOptions::remapping,
    &ExperimentalOptions::elementwise_fusion,
};

struct Pass {
  Switch option;
  bool on;  // the value of the switch for which the pass runs
  passes::FunctionBody (*run)(passes::FunctionBody);
};

/// In the order in which they run: each finds work that the ones before it
/// made, and fusion comes last, since nothing looks into what is fused.
constexpr Pass kPasses[] = {
    {&ExperimentalOptions::function_optimization, true, passes::inline_calls},
    {&ExperimentalOptions::disable_model_pruning,
     false,
     passes::remove_dead_code},
    {&ExperimentalOptions::constant_folding, true, passes::fold_constants},
    {&ExperimentalOptions::common_subgraph_elimination,
     true,
     passes::share_subexpressions},
    {&ExperimentalOptions::arithmetic_optimization,
     true,
     passes::simplify_arithmetic},
    {&ExperimentalOptions::arithmetic_optimization,
     true,
     passes::scalar_operands},
    {&ExperimentalOptions::layout_optimizer, true, passes::move_transposes},
    {&ExperimentalOptions::remapping, true, passes::fold_batch_norm},
    {&ExperimentalOptions::remapping, true, passes::fuse_matmul},
    {&ExperimentalOptions::elementwise_fusion, true, passes::fuse_elementwise},
};

std::mutex& options_mutex() {
  static std::mutex mutex;
  return mutex;
}

ExperimentalOptions& options() {
  static ExperimentalOptions all = [] {
    ExperimentalOptions initial;
    for (Switch option : kSwitches) initial.*option = true;
    initial.disable_meta_optimizer = false;
    initial.disable_model_pruning = false;
    return initial;
  }();
  return all;
}

}  // namespace

GraphFunctionPtr optimize(const GraphFunction& function) {
  const ExperimentalOptions on = config::optimizer::get_experimental_options();
  if (*on.disable_meta_optimizer || passes::has_frames(function.graph()))
    return {};
  install_symbolic_values();
  passes::FunctionBody body = passes::body_of(function);
  for (const Pass& pass : kPasses)
    if (*(on.*pass.option) == pass.on) body = pass.run(std::move(body));
  return std::make_shared<GraphFunction>(
      function.name(),
      std::make_shared<const Graph>(std::move(body.graph)),
      std::move(body.arguments),
      std::move(body.outputs),
      std::move(body.control_outputs));
}

namespace config::optimizer {

void set_experimental_options(const ExperimentalOptions& changes) {
  std::scoped_lock lock(options_mutex());
  for (Switch option : kSwitches)
    if (changes.*option) options().*option = changes.*option;
}

ExperimentalOptions get_experimental_options() {
  std::scoped_lock lock(options_mutex());
  return options();
}

}  // namespace config::optimizer
}  // namespace tern

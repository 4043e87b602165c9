#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/grad_context.h"

namespace tern {

/// The gradient of a function `f` with respect to its watched arguments. It is
/// the extension of f's forward variant, whose outputs are f's, then what the
/// backward function needs of the values computed on the way.
struct Derivative : FunctionExtension {
  /// From (gradients of `dy_outputs`, arguments `kept_arguments`, saved
  /// values) to the gradients of `dx`: a sparse one is values, indices,
  /// dense_shape.
  GraphFunctionPtr backward;
  std::size_t num_outputs = 0;  // of f
  std::size_t num_saved = 0;    // outputs after those
  std::vector<int> dy_outputs;
  std::vector<int> kept_arguments;
  struct Part {
    int argument;
    bool sparse;
  };
  std::vector<Part> dx;
  /// Level of a tower: a variant of a variant also gives gradients for what
  /// the lower level saved. Null at the lowest.
  std::shared_ptr<const Derivative> previous;

  /// The gradients in `flat`, as the backward function gives them.
  std::vector<Gradient> unflatten(const Tensors& flat) const;
};

/// The forward variant of `f` for these watched arguments; its extension is a
/// Derivative. Cached with f.
GraphFunctionPtr forward_variant(const GraphFunction& f,
                                 const std::vector<bool>& watched);

const Derivative& derivative_of(const GraphFunction& forward);

/// Distinguishes what is traced with arguments like these: their dtypes,
/// shapes and, of handles, those of the variables.
std::string key_of_specs(const Tensors& like);

/// The lowest level of a tower of variants that covers every output of the
/// call which has a gradient. `Level` has num_outputs and previous.
template <class Level>
const Level& level_for(const Level& top, const GradContext& g) {
  int last = g.num_outputs() - 1;
  while (last >= 0 && !g.has_dy(last)) --last;
  const Level* level = &top;
  while (level->previous &&
         last < static_cast<int>(level->previous->num_outputs))
    level = level->previous.get();
  return *level;
}

}  // namespace tern

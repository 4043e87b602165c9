#pragma once

#include <functional>

#include "graph/graph.h"
#include "ops/harness/samples.h"

namespace tern::harness {

/// What a tracer is told of the inputs.
enum class Known { kShapes, kRanks, kNothing, kValues };

inline constexpr Known kAllKnown[] = {
    Known::kShapes, Known::kRanks, Known::kNothing, Known::kValues};

/// "with unknown ranks".
std::string_view name_of(Known known);

/// A computation as a graph function.
struct Trace {
  GraphFunctionPtr function;
  Tensors outputs;                       // symbols
  std::vector<std::size_t> from_inputs;  // inputs that became arguments
  Tensors captures;                      // the arguments after those

  /// What to call the function with, for the body's `inputs`.
  Tensors arguments(const Tensors& inputs) const;
};

/// `body` traced. Handles are arguments as they are; with known values, so are
/// all floats, and everything else is a constant.
Trace trace(const std::function<Tensors(const Tensors&)>& body,
            const Tensors& inputs,
            Known known);
Trace trace(const OpDef& op, const Call& call, Known known);

/// Runs the call as a graph.
Tensors run_traced(const OpDef& op, const Call& call, Known known);

}  // namespace tern::harness

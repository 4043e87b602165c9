#pragma once

namespace tern {

class Variable;

/// Told of each Variable made in a traced function, right after it got its
/// initial value; it throws where variables may not be made any more. Set by
/// the graph layer.
using VariableCreatedHook = void (*)(const Variable& variable);
VariableCreatedHook& on_variable_created();

}  // namespace tern

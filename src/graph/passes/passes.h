#pragma once

#include "graph/passes/function_body.h"

/// The passes, each in a file of its own: what it replaces is said there.
namespace tern::passes {

FunctionBody inline_calls(FunctionBody body);
FunctionBody remove_dead_code(FunctionBody body);
FunctionBody fold_constants(FunctionBody body);
FunctionBody share_subexpressions(FunctionBody body);
FunctionBody simplify_arithmetic(FunctionBody body);
FunctionBody scalar_operands(FunctionBody body);
FunctionBody move_transposes(FunctionBody body);
FunctionBody fold_batch_norm(FunctionBody body);
FunctionBody fuse_matmul(FunctionBody body);
FunctionBody fuse_elementwise(FunctionBody body);

}  // namespace tern::passes

#include "graph/graph_def/unregistered_op.h"

#include "ops/infer_context.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// No registered op has it: what is remembered of kernels by the id of their
/// op must not mix these up with others.
constexpr int kUnregisteredId = 0xffe;

[[noreturn]] void refuse(KernelContext& context) {
  throw NotFoundError("Op type not registered '",
                      context.op().name,
                      "' in binary running on localhost. Make sure the Op and "
                      "Kernel are registered in the binary running in this "
                      "process.");
}

const std::shared_ptr<KernelSet>& refusing_kernels() {
  static const auto kernels = [] {
    auto set = std::make_shared<KernelSet>();
    Kernel kernel;
    kernel.function = refuse;
    set->kernels.push_back(kernel);
    return set;
  }();
  return kernels;
}

}  // namespace

std::shared_ptr<const OpDef> make_unregistered_op(const std::string& name) {
  auto op = std::make_shared<OpDef>();
  op->name = name;
  op->id = kUnregisteredId;
  op->fixed_arity = false;
  // Nobody knows: never folded, shared or dropped.
  op->traits = kStateful | kHostOnly;
  for (const char* list : {"Tin", "Tout"}) {
    AttrDef& attr = op->attrs.emplace_back();
    attr.name = list;
    attr.kind = AttrKind::kType;
    attr.is_list = true;
  }
  ArgDef& inputs = op->inputs.emplace_back();
  inputs.name = "inputs";
  inputs.type_list_attr = 0;
  ArgDef& outputs = op->outputs.emplace_back();
  outputs.name = "outputs";
  outputs.type_list_attr = 1;
  op->output_modes = {OutputMode::kSetByKernel};
  op->infer = unknown_outputs;
  op->kernels = refusing_kernels();
  return op;
}

}  // namespace tern

// v1_control_flow.cc: control flow of TensorFlow 1 has no kernels: whoever
// calls it outside of a session is told so.

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

[[noreturn]] void refuse(KernelContext& c) {
  throw UnimplementedError(
      c.op().name,
      " is control flow of a TensorFlow 1 graph: it runs in a Session alone; "
      "use cond and while_loop");
}

void do_nothing(KernelContext&) {}

}  // namespace

void register_v1_control_flow_kernels(KernelRegistry& registry) {
  for (const char* op : {"Switch",
                         "RefSwitch",
                         "Merge",
                         "RefMerge",
                         "Enter",
                         "RefEnter",
                         "Exit",
                         "RefExit",
                         "NextIteration",
                         "RefNextIteration",
                         "RefSelect",
                         "RefIdentity",
                         "LoopCond"})
    registry.add(op, {}, refuse);
  registry.add("ControlTrigger", {}, do_nothing);
}

}  // namespace tern

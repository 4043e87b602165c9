// identity.cc: constants, placeholders, and kernels that pass a tensor on.

#include "kernels/cpu/plain/array/strided_copy.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void pass_on(KernelContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) c.forward(i, i);
}

void copy(KernelContext& c) {
  const Tensor& from = c.input(0);
  strided_copy(from.dtype(),
               from.raw_data(),
               c.output().mutable_data(),
               {{from.num_elements(), 1, 1}});
}

void constant(KernelContext& c) {
  const Tensor& value = c.attr<Tensor>("value");
  strided_copy(value.dtype(),
               value.raw_data(),
               c.output().mutable_data(),
               {{value.num_elements(), 1, 1}});
}

void unfed_placeholder(KernelContext& c) {
  const Shape& shape = c.attr<Shape>("shape");
  throw InvalidArgumentError(
      "You must feed a value for placeholder tensor "
      "with dtype ",
      c.output_dtype(0).name(),
      " and shape ",
      shape.debug_string());
}

}  // namespace

void register_identity_kernels(KernelRegistry& registry) {
  registry.add("Const", {}, constant);
  registry.add("Placeholder", {}, unfed_placeholder);
  registry.add("NoOp", {}, [](KernelContext&) {});
  registry.add("DeepCopy", {}, copy);
  for (const char* op : {"Identity",
                         "IdentityN",
                         "StopGradient",
                         "PreventGradient",
                         "PlaceholderWithDefault",
                         "Snapshot",
                         "GuaranteeConst",
                         "Copy",
                         "CopyHost",
                         "DebugIdentity",
                         "DebugGradientIdentity",
                         "CheckPinned",
                         "EnsureShape"})
    registry.add(op, {}, pass_on);
}

}  // namespace tern

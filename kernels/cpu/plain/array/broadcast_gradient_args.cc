#include <algorithm>

#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Dims = std::vector<std::int64_t>;

std::string shape_text(const Dims& dims) { return Shape(dims).debug_string(); }

void set_axes(KernelContext& context, int output, const Dims& axes) {
  Tensor& result = context.allocate_output(
      output, Shape({static_cast<std::int64_t>(axes.size())}));
  if (result.dtype() == int32)
    std::copy(axes.begin(), axes.end(), result.data<std::int32_t>());
  else
    std::copy(axes.begin(), axes.end(), result.data<std::int64_t>());
}

/// The axes over which gradients of the operands of shape s0 and s1 must be
/// summed; where both have 1, summing changes nothing.
void broadcast_gradient_args(KernelContext& context) {
  Dims s0 = context.host_ints(0), s1 = context.host_ints(1);
  std::size_t rank = std::max(s0.size(), s1.size());
  auto padded = [rank](const Dims& dims) {
    Dims result(rank - dims.size(), 1);
    result.insert(result.end(), dims.begin(), dims.end());
    return result;
  };
  Dims x = padded(s0), y = padded(s1);
  Dims r0, r1;
  for (std::size_t i = 0; i < rank; ++i) {
    if (x[i] != y[i] && x[i] != 1 && y[i] != 1)
      throw InvalidArgumentError(
          "Incompatible shapes: ", shape_text(s0), " vs. ", shape_text(s1));
    if (x[i] == 1) r0.push_back(static_cast<std::int64_t>(i));
    if (y[i] == 1) r1.push_back(static_cast<std::int64_t>(i));
  }
  if (s0 == s1) r0 = r1 = {};
  set_axes(context, 0, r0);
  set_axes(context, 1, r1);
}

}  // namespace

void register_broadcast_gradient_kernels(KernelRegistry& registry) {
  registry.add("BroadcastGradientArgs", {}, broadcast_gradient_args);
}

}  // namespace tern

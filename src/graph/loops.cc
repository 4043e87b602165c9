#include "tern/graph/loops.h"

#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

Tensor number_of_slices(const Tensor& elements) {
  if (elements.shape().rank() == 0)
    throw InvalidArgumentError(
        "elements must be at least 1 dimensional, not a scalar");
  return shape(elements)[0];
}

using Step = std::function<Tensor(const Tensor& state, const Tensor& slice)>;

Tensor fold(const Step& step,
            const Tensor& elements,
            const Tensor& initializer,
            bool from_last) {
  const Tensor count = number_of_slices(elements);
  auto slice = [&](const Tensor& i) {
    return gather(elements, from_last ? count - 1 - i : i);
  };
  const Tensor start = initializer.defined() ? 0 : 1;
  const Tensor state = initializer.defined() ? initializer : slice(constant(0));
  return while_loop([&](const Tensor& i, const Tensor&) { return i < count; },
                    [&](const Tensor& i, const Tensor& folded) {
                      return std::tuple(i + 1, step(folded, slice(i)));
                    },
                    start,
                    state)[1];
}

}  // namespace

void for_each(const Tensor& elements,
              const std::function<void(const Tensor& slice)>& step) {
  const Tensor count = number_of_slices(elements);
  while_loop([&](const Tensor& i) { return i < count; },
             [&](const Tensor& i) {
               step(gather(elements, i));
               return i + 1;
             },
             Tensor(0));
}

Tensor foldl(const Step& step,
             const Tensor& elements,
             const FoldOptions& options) {
  return fold(step, elements, options.initializer, false);
}

Tensor foldr(const Step& step,
             const Tensor& elements,
             const FoldOptions& options) {
  return fold(step, elements, options.initializer, true);
}

}  // namespace tern

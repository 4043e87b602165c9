#include "tern/graph/loops.h"

#include "graph/tracer.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/graph/control_flow.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/tensor_array.h"

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

/// dtype and shape of fn's results, found by tracing it for a slice.
TensorSpec result_spec(const std::function<Tensor(const Tensor&)>& fn,
                       const Tensor& elements) {
  Tracer probe("probe");
  TraceScope scope(probe);
  Tensor result = fn(gather(elements, 0));
  return TensorSpec(result.shape(), result.dtype());
}

Tensor map_eagerly(const std::function<Tensor(const Tensor&)>& fn,
                   const Tensor& elements) {
  Tensors results;
  for (std::int64_t i = 0; i < elements.shape()[0]; ++i)
    results.push_back(fn(gather(elements, i)));
  return stack(results);
}

}  // namespace

Tensor map_fn(const std::function<Tensor(const Tensor& slice)>& fn,
              const Tensor& elements,
              const MapOptions& options) {
  const Tensor count = number_of_slices(elements);
  if (!current_interpreter() && elements.shape()[0] > 0)
    return map_eagerly(fn, elements);
  TensorSpec spec =
      options.fn_output_signature == DType{}
          ? result_spec(fn, elements)
          : TensorSpec(Shape::unknown(), options.fn_output_signature);
  TensorArrayOptions element{.element_shape = spec.shape};
  Tensor flow = while_loop(
      [&](const Tensor& i, const Tensor&) { return i < count; },
      [&](const Tensor& i, const Tensor& results) {
        return std::tuple(i + 1,
                          TensorArray::from_flow(spec.dtype, results, element)
                              .write(i, fn(gather(elements, i)))
                              .flow());
      },
      Tensor(0),
      TensorArray(spec.dtype, count, element).flow())[1];
  return TensorArray::from_flow(spec.dtype, flow, element).stack();
}

Tensor scan(const Step& step,
            const Tensor& elements,
            const ScanOptions& options) {
  const Tensor count = number_of_slices(elements);
  auto place = [&](const Tensor& i) {
    return options.reverse ? count - 1 - i : i;
  };
  const bool given = options.initializer.defined();
  const Tensor first =
      given ? options.initializer : gather(elements, place(constant(0)));
  const DType dtype = first.dtype();
  TensorArray states(dtype, count);
  if (!given) states = states.write(place(constant(0)), first);
  Tensor flow = while_loop(
      [&](const Tensor& i, const Tensor&, const Tensor&) { return i < count; },
      [&](const Tensor& i, const Tensor& state, const Tensor& results) {
        Tensor next = step(state, gather(elements, place(i)));
        return std::tuple(i + 1,
                          next,
                          TensorArray::from_flow(dtype, results)
                              .write(place(i), next)
                              .flow());
      },
      Tensor(given ? 0 : 1),
      first,
      states.flow())[2];
  return TensorArray::from_flow(dtype, flow).stack();
}

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

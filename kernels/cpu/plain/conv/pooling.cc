// Max and average pooling of all dtypes but float, and MaxPoolWithArgmax.

#include "kernels/cpu/plain/math/element_types.h"
#include "kernels/cpu/pooling_loops.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using namespace pooling;

template <class T, class Index>
void argmax_kernel(KernelContext& c) {
  Pooling p(c, c.input(0).shape(), c.inferred_shape());
  max_with_argmax(p,
                  c.in<T>(0).data(),
                  c.attr<bool>("include_batch_in_index"),
                  c.out<T>(0).data(),
                  c.out<Index>(1).data());
}

template <class Index>
Index checked_index(Index index, std::int64_t offset, std::int64_t size) {
  if (index + offset < 0 || index + offset >= size)
    throw InvalidArgumentError("Invalid input index: ",
                               index + offset,
                               ", which is not in [0, ",
                               size,
                               ")");
  return static_cast<Index>(index + offset);
}

/// Calls f(output element, input element) for all outputs, in order.
template <class Index, class F>
void for_each_argmax(KernelContext& c,
                     const Shape& image,
                     const Shape& output,
                     F f) {
  const Index* argmax = c.in<Index>(2).data();
  bool over_batch = c.attr<bool>("include_batch_in_index");
  std::int64_t per_image = output.slice(1).num_elements();
  std::int64_t offset = image.slice(1).num_elements();
  for (std::int64_t i = 0; i < output.num_elements(); ++i)
    f(i,
      checked_index<std::int64_t>(static_cast<std::int64_t>(argmax[i]),
                                  over_batch ? 0 : i / per_image * offset,
                                  image.num_elements()));
}

template <class T, class Index>
void argmax_grad_kernel(KernelContext& c) {
  auto dx = c.out<T>();
  const T* dy = c.in<T>(1).data();
  std::fill(dx.begin(), dx.end(), T(0));
  for_each_argmax<Index>(c,
                         c.input(0).shape(),
                         c.input(1).shape(),
                         [&](std::int64_t out, std::int64_t in) {
                           T& target = dx[static_cast<std::size_t>(in)];
                           target = static_cast<T>(target + dy[out]);
                         });
}

template <class T, class Index>
void argmax_grad_grad_kernel(KernelContext& c) {
  T* result = c.out<T>().data();
  const T* grad = c.in<T>(1).data();
  for_each_argmax<Index>(
      c,
      c.input(0).shape(),
      c.inferred_shape(),
      [&](std::int64_t out, std::int64_t in) { result[out] = grad[in]; });
}

template <class T, class Index>
void add_argmax(KernelRegistry& registry) {
  constexpr DType kType = dtype_of<T>, kIndex = dtype_of<Index>;
  registry.add("MaxPoolWithArgmax",
               {{"T", kType}, {"Targmax", kIndex}},
               argmax_kernel<T, Index>);
  registry.add("MaxPoolGradWithArgmax",
               {{"T", kType}, {"Targmax", kIndex}},
               argmax_grad_kernel<T, Index>);
  registry.add("MaxPoolGradGradWithArgmax",
               {{"T", kType}, {"Targmax", kIndex}},
               argmax_grad_grad_kernel<T, Index>);
}

template <class T, class G>
void add_max_3d_grad(KernelRegistry& registry) {
  registry.add("MaxPool3DGrad",
               {{"T", dtype_of<G>}, {"TInput", dtype_of<T>}},
               max_grad_kernel<Choice::kEqual, T, G>);
}

}  // namespace

void register_rare_pooling_kernels(KernelRegistry& registry) {
  for_each_real_type([&]<class T>(TypeTag<T>) {
    if constexpr (!std::is_same_v<T, float>) add_max<T>(registry);
    registry.add(
        "MaxPool3DGradGrad", {{"T", dtype_of<T>}}, max_grad_grad_kernel<T>);
    add_argmax<T, std::int32_t>(registry);
    add_argmax<T, std::int64_t>(registry);
  });
  for_each_type<double, Half, BFloat16>(
      [&]<class T>(TypeTag<T>) { add_average<T>(registry); });
  registry.add("MaxPool3D", {{"T", float16}}, max_kernel<Half, true>);
  registry.add("MaxPool3D", {{"T", bfloat16}}, max_kernel<BFloat16, true>);
  add_max_3d_grad<BFloat16, BFloat16>(registry);
  add_max_3d_grad<BFloat16, float>(registry);
  add_max_3d_grad<float, BFloat16>(registry);
  add_max_3d_grad<Half, Half>(registry);
}

}  // namespace tern

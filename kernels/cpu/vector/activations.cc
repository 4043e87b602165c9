// Activations of neural networks and their gradients, in floats.

#include "kernels/common/activation_functions.h"
#include "kernels/cpu/loops.h"
#include "tern/core/parallel.h"

namespace tern {
namespace kernels {

template <>
inline constexpr bool is_costly<Elu> = true;
template <>
inline constexpr bool is_costly<Selu> = true;
template <>
inline constexpr bool is_costly<Softplus> = true;
template <>
inline constexpr bool is_costly<SoftplusGrad> = true;

namespace {

template <class F, class Gradient>
void add_activation(KernelRegistry& registry,
                    std::string_view op,
                    std::string_view gradient_op) {
  add_unary<F, float, double, Half, BFloat16>(registry, op);
  add_binary<Gradient, LoopSet::kSame, float, double, Half, BFloat16>(
      registry, gradient_op);
}

/// chosen[i] where x[i] is positive, else alpha times that: LeakyRelu with
/// chosen = x, its gradient with chosen = dy.
template <class T>
void leak(KernelContext& context, int chosen_input, int x_input) {
  using C = std::conditional_t<std::is_same_v<T, double>, double, float>;
  const C alpha = static_cast<C>(context.attr<float>("alpha"));
  const T* chosen = context.in<T>(chosen_input).data();
  const T* x = context.in<T>(x_input).data();
  T* out = context.out<T>().data();
  parallel_for(context.output().num_elements(),
               kCheapGrain,
               [=](std::int64_t begin, std::int64_t end) {
#pragma GCC ivdep
                 for (std::int64_t i = begin; i < end; ++i) {
                   C value = static_cast<C>(chosen[i]);
                   out[i] = static_cast<T>(
                       static_cast<C>(x[i]) > C(0) ? value : alpha * value);
                 }
               });
}

template <class T>
void leaky_relu(KernelContext& context) {
  leak<T>(context, 0, 0);
}
template <class T>
void leaky_relu_grad(KernelContext& context) {
  leak<T>(context, 0, 1);
}

template <class... T>
void add_leaky_relu(KernelRegistry& registry) {
  (registry.add("LeakyRelu", {{"T", dtype_of<T>}}, leaky_relu<T>), ...);
  (registry.add("LeakyReluGrad", {{"T", dtype_of<T>}}, leaky_relu_grad<T>),
   ...);
}

}  // namespace
}  // namespace kernels

void register_activation_kernels(KernelRegistry& registry) {
  using namespace kernels;
  add_activation<Relu6, Relu6Grad>(registry, "Relu6", "Relu6Grad");
  add_activation<Elu, EluGrad>(registry, "Elu", "EluGrad");
  add_activation<Selu, SeluGrad>(registry, "Selu", "SeluGrad");
  add_activation<Softplus, SoftplusGrad>(registry, "Softplus", "SoftplusGrad");
  add_activation<Softsign, SoftsignGrad>(registry, "Softsign", "SoftsignGrad");
  add_leaky_relu<float, double, Half, BFloat16>(registry);
}

}  // namespace tern

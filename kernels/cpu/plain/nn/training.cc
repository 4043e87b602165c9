// Optimizer updates of half, bfloat16 (computed in float) and complex
// variables.

#include <complex>

#include "kernels/common/apply_update.h"

namespace tern {
namespace {

using namespace training;

template <template <class> class Rule>
void add_half(KernelRegistry& registry, const char* op) {
  registry.add(op, {{"T", float16}}, apply_update<Rule, Half, float>);
}

template <template <class> class Rule>
void add_halves(KernelRegistry& registry, const char* op) {
  add_half<Rule>(registry, op);
  registry.add(op, {{"T", bfloat16}}, apply_update<Rule, BFloat16, float>);
}

template <template <class> class Rule>
void add_halves_and_complex(KernelRegistry& registry, const char* op) {
  add_halves<Rule>(registry, op);
  registry.add(op, {{"T", complex64}}, apply_update<Rule, std::complex<float>>);
  registry.add(
      op, {{"T", complex128}}, apply_update<Rule, std::complex<double>>);
}

}  // namespace

void register_rare_training_kernels(KernelRegistry& registry) {
  add_halves_and_complex<GradientDescent>(registry,
                                          "ResourceApplyGradientDescent");
  add_halves_and_complex<Momentum>(registry, "ResourceApplyMomentum");
  add_halves_and_complex<KerasMomentum>(registry, "ResourceApplyKerasMomentum");
  add_halves_and_complex<Adam>(registry, "ResourceApplyAdam");
  add_halves_and_complex<RmsProp>(registry, "ResourceApplyRMSProp");
  add_halves_and_complex<CenteredRmsProp>(registry,
                                          "ResourceApplyCenteredRMSProp");
  add_halves_and_complex<Adagrad>(registry, "ResourceApplyAdagrad");
  add_halves_and_complex<AdagradV2>(registry, "ResourceApplyAdagradV2");
  add_halves_and_complex<Adadelta>(registry, "ResourceApplyAdadelta");
  add_halves<KerasAdam>(registry, "_TernResourceApplyAdam");
  add_halves<AdamWithAmsgrad>(registry, "ResourceApplyAdamWithAmsgrad");
  add_half<AdaMax>(registry, "ResourceApplyAdaMax");
  add_halves<AddSign>(registry, "ResourceApplyAddSign");
  add_halves<PowerSign>(registry, "ResourceApplyPowerSign");
  add_halves<Ftrl>(registry, "ResourceApplyFtrl");
  add_halves<FtrlV2>(registry, "ResourceApplyFtrlV2");
}

}  // namespace tern

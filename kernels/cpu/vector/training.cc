// Optimizer updates in float and double.

#include "kernels/common/apply_update.h"

namespace tern {
namespace {

using namespace training;

template <template <class> class Rule>
void add_update(KernelRegistry& registry, const char* op) {
  registry.add(op, {{"T", float32}}, apply_update<Rule, float>);
  registry.add(op, {{"T", float64}}, apply_update<Rule, double>);
}

}  // namespace

void register_training_kernels(KernelRegistry& registry) {
  add_update<GradientDescent>(registry, "ResourceApplyGradientDescent");
  add_update<Momentum>(registry, "ResourceApplyMomentum");
  add_update<KerasMomentum>(registry, "ResourceApplyKerasMomentum");
  add_update<Adam>(registry, "ResourceApplyAdam");
  add_update<KerasAdam>(registry, "_TernResourceApplyAdam");
  add_update<AdamWithAmsgrad>(registry, "ResourceApplyAdamWithAmsgrad");
  add_update<AdaMax>(registry, "ResourceApplyAdaMax");
  add_update<RmsProp>(registry, "ResourceApplyRMSProp");
  add_update<CenteredRmsProp>(registry, "ResourceApplyCenteredRMSProp");
  add_update<Adagrad>(registry, "ResourceApplyAdagrad");
  add_update<AdagradV2>(registry, "ResourceApplyAdagradV2");
  add_update<Adadelta>(registry, "ResourceApplyAdadelta");
  add_update<AddSign>(registry, "ResourceApplyAddSign");
  add_update<PowerSign>(registry, "ResourceApplyPowerSign");
  add_update<Ftrl>(registry, "ResourceApplyFtrl");
  add_update<FtrlV2>(registry, "ResourceApplyFtrlV2");
  add_update<ProximalGradientDescent>(registry,
                                      "ResourceApplyProximalGradientDescent");
  add_update<ProximalAdagrad>(registry, "ResourceApplyProximalAdagrad");
}

}  // namespace tern

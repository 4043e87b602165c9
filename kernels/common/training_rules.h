#pragma once

#include <cmath>
#include <string_view>

#include "ops/kernel.h"

namespace tern::training {

/// The optimizers' update rules, one element at a time, as TensorFlow's
/// training ops define them. A rule takes its hyperparameters from the call and
/// is applied as rule(gradient, variable, slots...). C is the type to compute
/// in: the dtype's own, float for half and bfloat16.

/// The scalar inputs and attrs of a call, by name.
template <class Storage, class C>
class Hyperparameters {
 public:
  explicit Hyperparameters(const KernelContext& context) : context_(context) {}
  C operator()(std::string_view name) const {
    return static_cast<C>(
        *context_.in<Storage>(context_.op().input_index(name)).data());
  }
  bool flag(std::string_view name) const { return context_.attr<bool>(name); }
  std::int64_t integer(std::string_view name) const {
    return context_.in<std::int64_t>(context_.op().input_index(name))[0];
  }

 private:
  const KernelContext& context_;
};

template <class C>
C sign_of(C x) {
  return x > C(0) ? C(1) : x < C(0) ? C(-1) : C(0);
}

template <class C>
struct GradientDescent {
  static constexpr int kSlots = 0;
  C alpha;
  explicit GradientDescent(const auto& h) : alpha(h("alpha")) {}
  void operator()(C g, C& var) const { var -= g * alpha; }
};

template <class C>
struct MomentumRates {
  static constexpr int kSlots = 1;
  C lr, momentum;
  bool nesterov;
  explicit MomentumRates(const auto& h)
      : lr(h("lr")),
        momentum(h("momentum")),
        nesterov(h.flag("use_nesterov")) {}
};

template <class C>
struct Momentum : MomentumRates<C> {
  using MomentumRates<C>::MomentumRates;
  void operator()(C g, C& var, C& accum) const {
    auto& [lr, momentum, nesterov] =
        static_cast<const MomentumRates<C>&>(*this);
    accum = accum * momentum + g;
    var -= nesterov ? g * lr + accum * momentum * lr : accum * lr;
  }
};

/// Keras keeps the learning rate inside the accumulated step.
template <class C>
struct KerasMomentum : MomentumRates<C> {
  using MomentumRates<C>::MomentumRates;
  void operator()(C g, C& var, C& accum) const {
    auto& [lr, momentum, nesterov] =
        static_cast<const MomentumRates<C>&>(*this);
    accum = accum * momentum - g * lr;
    var += nesterov ? accum * momentum - g * lr : accum;
  }
};

/// Kingma and Ba, 2015, with the bias correction moved into the step size.
template <class C>
struct AdamMoments {
  C beta1, beta2, epsilon, alpha;
  explicit AdamMoments(const auto& h)
      : beta1(h("beta1")),
        beta2(h("beta2")),
        epsilon(h("epsilon")),
        alpha(h("lr") * std::sqrt(C(1) - h("beta2_power")) /
              (C(1) - h("beta1_power"))) {}
  void update(C g, C& m, C& v) const {
    m += (g - m) * (C(1) - beta1);
    v += (g * g - v) * (C(1) - beta2);
  }
};

template <class C>
struct Adam : AdamMoments<C> {
  static constexpr int kSlots = 2;
  bool nesterov;
  explicit Adam(const auto& h)
      : AdamMoments<C>(h), nesterov(h.flag("use_nesterov")) {}
  void operator()(C g, C& var, C& m, C& v) const {
    this->update(g, m, v);
    C step = nesterov ? g * (C(1) - this->beta1) + this->beta1 * m : m;
    var -= step * this->alpha / (std::sqrt(v) + this->epsilon);
  }
};

/// Keras 3's: the rates 1 - beta come as such, since 1 - float(0.999) is off by
/// 1e-5 of itself, and alpha holds the bias corrections.
template <class C>
struct KerasAdam {
  static constexpr int kSlots = 2;
  C alpha, rate_1, rate_2, epsilon;
  explicit KerasAdam(const auto& h)
      : alpha(h("alpha")),
        rate_1(h("rate_1")),
        rate_2(h("rate_2")),
        epsilon(h("epsilon")) {}
  void operator()(C g, C& var, C& m, C& v) const {
    m += (g - m) * rate_1;
    v += (g * g - v) * rate_2;
    var -= m * alpha / (std::sqrt(v) + epsilon);
  }
};

template <class C>
struct AdamWithAmsgrad : AdamMoments<C> {
  static constexpr int kSlots = 3;
  using AdamMoments<C>::AdamMoments;
  void operator()(C g, C& var, C& m, C& v, C& vhat) const {
    this->update(g, m, v);
    vhat = vhat < v ? v : vhat;
    var -= m * this->alpha / (std::sqrt(vhat) + this->epsilon);
  }
};

template <class C>
struct AdaMax {
  static constexpr int kSlots = 2;
  C beta1, beta2, epsilon, step;
  explicit AdaMax(const auto& h)
      : beta1(h("beta1")),
        beta2(h("beta2")),
        epsilon(h("epsilon")),
        step(h("lr") / (C(1) - h("beta1_power"))) {}
  void operator()(C g, C& var, C& m, C& v) const {
    m += (g - m) * (C(1) - beta1);
    C decayed = beta2 * v;
    C magnitude = std::abs(g);
    v = decayed < magnitude ? magnitude : decayed;
    var -= step * (m / (v + epsilon));
  }
};

template <class C>
struct RmsProp {
  static constexpr int kSlots = 2;
  C lr, rho, momentum, epsilon;
  explicit RmsProp(const auto& h)
      : lr(h("lr")),
        rho(h("rho")),
        momentum(h("momentum")),
        epsilon(h("epsilon")) {}
  void operator()(C g, C& var, C& ms, C& mom) const {
    ms += (g * g - ms) * (C(1) - rho);
    mom = mom * momentum + g * lr / std::sqrt(ms + epsilon);
    var -= mom;
  }
};

template <class C>
struct CenteredRmsProp : RmsProp<C> {
  static constexpr int kSlots = 3;
  using RmsProp<C>::RmsProp;
  void operator()(C g, C& var, C& mg, C& ms, C& mom) const {
    ms += (g * g - ms) * (C(1) - this->rho);
    mg += (g - mg) * (C(1) - this->rho);
    mom = mom * this->momentum +
          g * this->lr / std::sqrt(ms - mg * mg + this->epsilon);
    var -= mom;
  }
};

template <class C>
struct Adagrad {
  static constexpr int kSlots = 1;
  C lr;
  bool update_slots;
  explicit Adagrad(const auto& h)
      : lr(h("lr")), update_slots(h.flag("update_slots")) {}
  void operator()(C g, C& var, C& accum) const {
    if (update_slots) accum += g * g;
    var -= g * lr / std::sqrt(accum);
  }
};

template <class C>
struct AdagradV2 {
  static constexpr int kSlots = 1;
  C lr, epsilon;
  bool update_slots;
  explicit AdagradV2(const auto& h)
      : lr(h("lr")),
        epsilon(h("epsilon")),
        update_slots(h.flag("update_slots")) {}
  void operator()(C g, C& var, C& accum) const {
    if (update_slots) accum += g * g;
    var -= g * lr / (std::sqrt(accum) + epsilon);
  }
};

template <class C>
struct Adadelta {
  static constexpr int kSlots = 2;
  C lr, rho, epsilon;
  explicit Adadelta(const auto& h)
      : lr(h("lr")), rho(h("rho")), epsilon(h("epsilon")) {}
  void operator()(C g, C& var, C& accum, C& accum_update) const {
    accum = accum * rho + g * g * (C(1) - rho);
    C update =
        std::sqrt(accum_update + epsilon) / std::sqrt(accum + epsilon) * g;
    var -= update * lr;
    accum_update = accum_update * rho + update * update * (C(1) - rho);
  }
};

/// Bello et al., 2017: steps are larger where gradient and momentum agree.
template <class C>
struct SignAgreement {
  static constexpr int kSlots = 1;
  C lr, sign_decay, beta;
  explicit SignAgreement(const auto& h)
      : lr(h("lr")), sign_decay(h("sign_decay")), beta(h("beta")) {}
  /// 1, 0 or -1, decayed.
  C update(C g, C& m) const {
    m = m * beta + g * (C(1) - beta);
    return sign_decay * (sign_of(g) * sign_of(m));
  }
};

template <class C>
struct AddSign : SignAgreement<C> {
  C alpha;
  explicit AddSign(const auto& h) : SignAgreement<C>(h), alpha(h("alpha")) {}
  void operator()(C g, C& var, C& m) const {
    var -= this->lr * (alpha + this->update(g, m)) * g;
  }
};

template <class C>
struct PowerSign : SignAgreement<C> {
  C logbase;
  explicit PowerSign(const auto& h)
      : SignAgreement<C>(h), logbase(h("logbase")) {}
  void operator()(C g, C& var, C& m) const {
    var -= this->lr * std::exp(logbase * this->update(g, m)) * g;
  }
};

/// McMahan et al., 2013. With multiply_linear_by_lr the linear slot holds lr
/// times what it holds without.
template <class C>
struct Ftrl {
  static constexpr int kSlots = 2;
  C lr, l1, l2, lr_power;
  bool by_lr;
  explicit Ftrl(const auto& h)
      : lr(h("lr")),
        l1(h("l1")),
        l2(h("l2")),
        lr_power(h("lr_power")),
        by_lr(h.flag("multiply_linear_by_lr")) {}
  C rate(C accum) const {
    return lr_power == C(-0.5) ? std::sqrt(accum) : std::pow(accum, -lr_power);
  }
  void step(C g, C shrunk, C& var, C& accum, C& linear) const {
    C unit = by_lr ? lr : C(1);
    C per_rate = unit / lr;
    C old_rate = rate(accum);
    accum += g * g;
    C new_rate = rate(accum);
    linear += shrunk * unit - (new_rate - old_rate) * per_rate * var;
    C threshold = l1 * unit;
    C curvature = new_rate * per_rate + C(2) * l2 * unit;
    var = std::abs(linear) > threshold
              ? (threshold * sign_of(linear) - linear) / curvature
              : C(0);
  }
  void operator()(C g, C& var, C& accum, C& linear) const {
    step(g, g, var, accum, linear);
  }
};

template <class C>
struct FtrlV2 : Ftrl<C> {
  C l2_shrinkage;
  explicit FtrlV2(const auto& h)
      : Ftrl<C>(h), l2_shrinkage(h("l2_shrinkage")) {}
  void operator()(C g, C& var, C& accum, C& linear) const {
    this->step(g, g + C(2) * l2_shrinkage * var, var, accum, linear);
  }
};

/// The proximal operator of l1·|x| + l2·x²/2 for a step of this size.
template <class C>
C shrink(C x, C step, C l1, C l2) {
  C magnitude = std::abs(x) - step * l1;
  C kept = l1 > C(0) ? sign_of(x) * (magnitude > C(0) ? magnitude : C(0)) : x;
  return kept / (C(1) + l2 * step);
}

template <class C>
struct ProximalGradientDescent {
  static constexpr int kSlots = 0;
  C alpha, l1, l2;
  explicit ProximalGradientDescent(const auto& h)
      : alpha(h("alpha")), l1(h("l1")), l2(h("l2")) {}
  void operator()(C g, C& var) const {
    var = shrink(var - g * alpha, alpha, l1, l2);
  }
};

template <class C>
struct ProximalAdagrad {
  static constexpr int kSlots = 1;
  C lr, l1, l2;
  explicit ProximalAdagrad(const auto& h)
      : lr(h("lr")), l1(h("l1")), l2(h("l2")) {}
  void operator()(C g, C& var, C& accum) const {
    accum += g * g;
    C step = lr / std::sqrt(accum);
    var = shrink(var - g * step, step, l1, l2);
  }
};

}  // namespace tern::training

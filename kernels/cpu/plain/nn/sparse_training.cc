// Optimizer updates of the rows that gradients are there for, one after the
// other: a row that comes twice is updated twice.

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "kernels/common/apply_update.h"
#include "kernels/cpu/plain/array/index_reader.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using namespace training;

/// Duchi et al., 2011, with dual averaging: the variable follows from the sums
/// of gradients alone.
template <class C>
struct AdagradDualAveraging {
  static constexpr int kSlots = 2;
  C lr, l1, l2, step;
  explicit AdagradDualAveraging(const auto& h)
      : lr(h("lr")),
        l1(h("l1")),
        l2(h("l2")),
        step(static_cast<C>(h.integer("global_step"))) {}
  void operator()(C g, C& var, C& sum, C& squares) const {
    sum += g;
    squares += g * g;
    const C beyond = std::abs(sum) - l1 * step;
    const C kept =
        l1 > C(0) ? sign_of(sum) * (beyond > C(0) ? beyond : C(0)) : sum;
    var = -lr * kept / (l2 * step * lr + std::sqrt(squares));
  }
};

const Tensor& indices_of(const KernelContext& context) {
  return context.input(context.op().input_index("indices"));
}

std::vector<std::int64_t> checked_rows(const KernelContext& context,
                                       std::int64_t rows) {
  const Tensor& indices = indices_of(context);
  IndexReader reader(indices);
  std::vector<std::int64_t> result;
  for (std::int64_t k = 0; k < indices.num_elements(); ++k) {
    if (reader[k] < 0 || reader[k] >= rows)
      throw InvalidArgumentError(
          "Index ", reader[k], " at offset ", k, " in indices is out of range");
    result.push_back(reader[k]);
  }
  return result;
}

/// As apply_update, for rows. Threads share out the columns, so that each row
/// sees its updates in order.
template <template <class> class Rule, class Storage, class C = Storage>
void apply_to_rows(KernelContext& context) {
  constexpr int kVariables = Rule<C>::kSlots + 1;
  const Rule<C> rule(Hyperparameters<Storage, C>{context});
  LockedVariables variables(context, kVariables, GradientForm::kRows);
  const Storage* gradient = variables.gradient().template data<Storage>();
  const Shape& shape = variables.shape();
  const std::vector<std::int64_t> rows = checked_rows(context, shape[0]);
  if (shape.slice(1).num_elements() * static_cast<std::int64_t>(rows.size()) !=
      variables.gradient().num_elements())
    throw InvalidArgumentError(
        "grad must be the same size as indices in the first dimension.");
  const std::int64_t width = shape.slice(1).num_elements();
  const auto count = static_cast<std::int64_t>(rows.size());
  auto update = [&]<int... I>(std::integer_sequence<int, I...>) {
    Storage* const streams[] = {variables.elements<Storage>(I)...};
    parallel_for(
        width,
        std::max<std::int64_t>(1,
                               kUpdateGrain / std::max<std::int64_t>(count, 1)),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t k = 0; k < count; ++k) {
            const std::int64_t row = rows[static_cast<std::size_t>(k)] * width;
            for (std::int64_t i = begin; i < end; ++i) {
              C values[] = {static_cast<C>(streams[I][row + i])...};
              rule(static_cast<C>(gradient[k * width + i]), values[I]...);
              ((streams[I][row + i] = static_cast<Storage>(values[I])), ...);
            }
          }
        });
  };
  update(std::make_integer_sequence<int, kVariables>());
}

template <template <class> class Rule>
void add_real(KernelRegistry& registry, const char* op) {
  registry.add(op, {{"T", float32}}, apply_to_rows<Rule, float>);
  registry.add(op, {{"T", float64}}, apply_to_rows<Rule, double>);
}

template <template <class> class Rule>
void add_half(KernelRegistry& registry, const char* op) {
  add_real<Rule>(registry, op);
  registry.add(op, {{"T", float16}}, apply_to_rows<Rule, Half, float>);
}

template <template <class> class Rule>
void add_halves(KernelRegistry& registry, const char* op) {
  add_half<Rule>(registry, op);
  registry.add(op, {{"T", bfloat16}}, apply_to_rows<Rule, BFloat16, float>);
}

template <template <class> class Rule>
void add_complex(KernelRegistry& registry, const char* op) {
  registry.add(
      op, {{"T", complex64}}, apply_to_rows<Rule, std::complex<float>>);
  registry.add(
      op, {{"T", complex128}}, apply_to_rows<Rule, std::complex<double>>);
}

}  // namespace

void register_sparse_training_kernels(KernelRegistry& registry) {
  add_halves<Momentum>(registry, "ResourceSparseApplyMomentum");
  add_complex<Momentum>(registry, "ResourceSparseApplyMomentum");
  add_halves<KerasMomentum>(registry, "ResourceSparseApplyKerasMomentum");
  add_complex<KerasMomentum>(registry, "ResourceSparseApplyKerasMomentum");
  add_half<RmsProp>(registry, "ResourceSparseApplyRMSProp");
  add_complex<RmsProp>(registry, "ResourceSparseApplyRMSProp");
  add_half<CenteredRmsProp>(registry, "ResourceSparseApplyCenteredRMSProp");
  add_complex<CenteredRmsProp>(registry, "ResourceSparseApplyCenteredRMSProp");
  add_halves<Adagrad>(registry, "ResourceSparseApplyAdagrad");
  add_complex<Adagrad>(registry, "ResourceSparseApplyAdagrad");
  add_halves<AdagradV2>(registry, "ResourceSparseApplyAdagradV2");
  add_complex<AdagradV2>(registry, "ResourceSparseApplyAdagradV2");
  add_halves<Adadelta>(registry, "ResourceSparseApplyAdadelta");
  add_complex<Adadelta>(registry, "ResourceSparseApplyAdadelta");
  add_halves<Ftrl>(registry, "ResourceSparseApplyFtrl");
  add_halves<FtrlV2>(registry, "ResourceSparseApplyFtrlV2");
  add_real<ProximalGradientDescent>(
      registry, "ResourceSparseApplyProximalGradientDescent");
  add_real<ProximalAdagrad>(registry, "ResourceSparseApplyProximalAdagrad");
  add_real<AdagradDualAveraging>(registry, "ResourceSparseApplyAdagradDA");
  registry.add("ResourceApplyAdagradDA",
               {{"T", float32}},
               apply_update<AdagradDualAveraging, float>);
  registry.add("ResourceApplyAdagradDA",
               {{"T", float64}},
               apply_update<AdagradDualAveraging, double>);
}

}  // namespace tern

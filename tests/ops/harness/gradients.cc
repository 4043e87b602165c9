// First and second derivatives against central differences.
#include <algorithm>
#include <bit>
#include <cmath>

#include "graph/gradient/call_gradient.h"
#include "ops/harness/failure.h"
#include "ops/harness/results.h"
#include "ops/harness/sample_function.h"
#include "ops/harness/traced.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"

namespace tern::harness {
namespace {

constexpr std::int64_t kMaxElements = 24;  // compared of each input

struct Precision {
  double step;
  double tolerance;  // of gradients of size 1
};

Precision precision_of(DType dtype) {
  if (dtype == float64 || dtype == complex128) return {1e-5, 1e-6};
  return {1e-2, 2e-2};
}

/// Of a derivative: results in float32 have no more digits, whatever the input.
Precision precision_of(DType input, const Tensors& outputs) {
  for (const Tensor& output : outputs)
    if (output.defined() &&
        (output.dtype() == float32 || output.dtype() == complex64))
      return precision_of(float32);
  return precision_of(input);
}

/// Real numbers that an argument consists of, complex ones being two each.
std::int64_t count_of(const Tensor& elements) {
  return elements.num_elements() * (elements.dtype().is_complex() ? 2 : 1);
}

void nudge(const Tensor& argument, std::int64_t i, double step) {
  Tensor elements = elements_of(argument);
  if (elements.dtype() == float64 || elements.dtype() == complex128)
    static_cast<double*>(elements.mutable_data())[i] += step;
  else
    static_cast<float*>(elements.mutable_data())[i] += static_cast<float>(step);
}

/// A function of tensors whose derivative is checked: it gives the outputs
/// and the inputs that they depend on.
using Evaluate = std::function<Tensors(const Tensors& inputs)>;

bool has_derivative(const Tensor& output) {
  return output.dtype().is_floating() || output.dtype().is_complex();
}

/// Weights that no symmetry cancels, as many as the outputs have elements.
Tensors cotangents_of(const Tensors& outputs, double phase) {
  Tensors result;
  for (const Tensor& output : outputs) {
    if (!output.defined() || !has_derivative(output)) {
      result.emplace_back();
      continue;
    }
    std::vector<double> weights;
    for (std::int64_t i = 0; i < output.num_elements(); ++i)
      weights.push_back(std::cos(phase + 1.7 * static_cast<double>(i)));
    result.push_back(
        tensor_of_numbers(output.dtype(), output.shape(), weights));
  }
  return result;
}

/// Of complex numbers, the real part of the sum of conj(weight) * output: a
/// tape's gradient is its derivative by the real parts plus i times that by
/// the imaginary ones.
double weighted_sum(const Tensors& outputs, const Tensors& weights) {
  double sum = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!weights[k].defined()) continue;
    std::vector<double> y = numbers(outputs[k]), w = numbers(weights[k]);
    for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * w[i];
  }
  return sum;
}

Tensors pick(const Tensors& from, const std::vector<std::size_t>& which) {
  Tensors result;
  for (std::size_t i : which) result.push_back(from[i]);
  return result;
}

/// What `evaluate` gives and its gradient with respect to `sources`.
Tensors gradient_of(const Evaluate& evaluate,
                    const Tensors& inputs,
                    const std::vector<std::size_t>& sources,
                    const Tensors& weights) {
  GradientTape tape;
  Tensors watched = pick(inputs, sources);
  for (const Tensor& source : watched) tape.watch(source);
  Tensors outputs = evaluate(inputs);
  Tensors targets, given;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    if (weights[k].defined()) {
      targets.push_back(outputs[k]);
      given.push_back(weights[k]);
    }
  return tape.gradient(targets, watched, {.output_gradients = given});
}

/// Compares the tape's gradient with central differences of `evaluate` on
/// inputs that `make` gives anew each time.
void compare(Report& report,
             std::string_view order,
             const std::function<Tensors()>& make,
             const std::vector<std::size_t>& sources,
             const Evaluate& evaluate) {
  Tensors inputs = make();
  Tensors outputs = evaluate(inputs);
  Tensors weights = cotangents_of(outputs, 0.3);
  inputs = make();
  Tensors gradients = gradient_of(evaluate, inputs, sources, weights);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    Tensor elements = elements_of(inputs[sources[s]]);
    Precision precision = precision_of(elements.dtype(), outputs);
    std::vector<double> found;
    if (gradients[s].defined()) {
      if (!(gradients[s].shape() == elements.shape())) {
        report.fail(order,
                    " derivative by input ",
                    sources[s],
                    " has shape ",
                    gradients[s].shape(),
                    ", the input ",
                    elements.shape());
        continue;
      }
      found = numbers(gradients[s]);
    }
    std::int64_t size = std::min(count_of(elements), kMaxElements);
    for (std::int64_t i = 0; i < size; ++i) {
      double sum[2];
      for (int side : {0, 1}) {
        Tensors nudged = make();
        nudge(nudged[sources[s]], i, (side ? 1 : -1) * precision.step);
        sum[side] = weighted_sum(evaluate(nudged), weights);
      }
      double wanted = (sum[1] - sum[0]) / (2 * precision.step);
      double got = found.empty() ? 0 : found[static_cast<std::size_t>(i)];
      // Written so that NaN fails.
      if (!(std::abs(got - wanted) <=
            precision.tolerance * std::max(1.0, std::abs(wanted)))) {
        report.fail(order,
                    " derivative by element ",
                    i,
                    " of input ",
                    sources[s],
                    " is ",
                    found.empty() ? "none" : std::to_string(got),
                    ", differences give ",
                    wanted);
        break;
      }
    }
  }
}

/// The type attrs of a sample that can be `wide`, of those that are float32
/// or complex64 now.
TypeChoice widened(const OpDef& op, const Sample& sample, DType wide) {
  TypeChoice types;
  if (sample.has(kFixedTypes)) return types;
  Call call = sample.call(op, types);
  for (std::size_t key = 0; key < op.key_attrs.size(); ++key) {
    auto index = static_cast<std::size_t>(op.key_attrs[key]);
    const AttrDef& attr = op.attrs[index];
    bool has_kernel = std::any_of(op.kernels->kernels.begin(),
                                  op.kernels->kernels.end(),
                                  [&](const Kernel& kernel) {
                                    return kernel.types.empty() ||
                                           kernel.types[key].code == 0 ||
                                           kernel.types[key] == wide;
                                  });
    bool allowed =
        attr.allowed_types.empty() ||
        std::count(attr.allowed_types.begin(), attr.allowed_types.end(), wide) >
            0;
    bool used = attr.inferred_from_input >= 0 || attr.name == "dtype" ||
                attr.name == "T";
    for (const auto& [name, value] : sample.attrs)
      used = used && name != attr.name;
    // Not what is preferably of another kind: indices, handles' numbers.
    DType now = call.attrs[index].get<DType>();
    if (used && allowed && has_kernel && (now == float32 || now == complex64))
      types[attr.name] = wide;
  }
  return types;
}

/// One derivative to check: of `evaluate` by the inputs `sources`, which `make`
/// gives anew each time.
using CheckDerivative =
    std::function<void(std::string_view order,
                       const std::function<Tensors()>& make,
                       const std::vector<std::size_t>& sources,
                       const Evaluate& evaluate)>;

void check_both_orders(const OpDef& op,
                       const Sample& sample,
                       const TypeChoice& types,
                       const CheckDerivative& check) {
  SampleFunction forward(op, sample, types);
  auto make = [&] { return forward.arguments(); };
  std::vector<std::size_t> sources = forward.sources();
  Tensors arguments = make(), outputs = forward(arguments);
  if (sources.empty() ||
      std::none_of(outputs.begin(), outputs.end(), has_derivative))
    return;
  check("first", make, sources, forward);
  bool variables =
      std::any_of(arguments.begin(), arguments.end(), [](const Tensor& x) {
        return x.dtype() == resource;
      });
  if (sample.has(kOnlyFirstOrder) || variables) return;

  // The gradient as a function of the arguments and of the gradients of the
  // outputs, which follow them here.
  Tensors weights = cotangents_of(outputs, 0.9);
  std::vector<std::size_t> all = sources;
  Tensors extra;
  for (const Tensor& weight : weights)
    if (weight.defined()) {
      all.push_back(arguments.size() + extra.size());
      extra.push_back(weight);
    }
  auto make_both = [&] {
    Tensors both = make();
    for (const Tensor& weight : extra) both.push_back(weight.clone());
    return both;
  };
  Evaluate backward = [&](const Tensors& both) {
    auto end = both.begin() + static_cast<std::ptrdiff_t>(arguments.size());
    Tensors given;
    std::size_t next = arguments.size();
    for (const Tensor& weight : weights)
      given.push_back(weight.defined() ? both[next++] : Tensor());
    Tensors defined;
    for (Tensor& g :
         gradient_of(forward, Tensors(both.begin(), end), sources, given))
      if (g.defined()) defined.push_back(g);
    return defined;
  };
  check("second", make_both, all, backward);
}

/// Checks the derivatives of real numbers and of complex ones.
void check_derivatives(Report& report,
                       const OpDef& op,
                       const Sample& sample,
                       const CheckDerivative& check) {
  report.guard("derivatives", [&] {
    check_both_orders(op, sample, widened(op, sample, float64), check);
  });
  TypeChoice complex = widened(op, sample, complex128);
  if (!complex.empty() && !sample.has(kOnlyRealDerivatives))
    report.guard("complex derivatives",
                 [&] { check_both_orders(op, sample, complex, check); });
}

/// No gradient is one of zeros. Which sign a NaN has, nobody promises.
bool same_gradient(const Tensor& a, const Tensor& b) {
  std::vector<double> x, y;
  if (a.defined()) x = numbers(a);
  if (b.defined()) y = numbers(b);
  if (!a.defined() || !b.defined()) {
    auto zero = [](double number) { return number == 0; };
    return std::all_of(x.begin(), x.end(), zero) &&
           std::all_of(y.begin(), y.end(), zero);
  }
  if (!(a.shape() == b.shape()) || !(a.dtype() == b.dtype())) return false;
  return std::equal(
      x.begin(), x.end(), y.begin(), y.end(), [](double p, double q) {
        return (std::isnan(p) && std::isnan(q)) ||
               std::bit_cast<std::uint64_t>(p) ==
                   std::bit_cast<std::uint64_t>(q);
      });
}

/// Compares the gradient through a call of `evaluate` as a graph with that of
/// its ops, called one by one.
void compare_traced(Report& report,
                    std::string_view order,
                    const std::function<Tensors()>& make,
                    const std::vector<std::size_t>& sources,
                    const Evaluate& evaluate) {
  Tensors weights, wanted;
  try {
    weights = cotangents_of(evaluate(make()), 0.3);
    wanted = gradient_of(evaluate, make(), sources, weights);
  } catch (const Error&) {
    return;  // the op has no gradient for this call
  }
  // As the eager call knows axes and sizes, so does the graph.
  Trace traced = trace(evaluate, make(), Known::kValues);
  Evaluate call = [&](const Tensors& inputs) {
    return call_function(traced.function, traced.arguments(inputs));
  };
  Tensors got = gradient_of(call, make(), sources, weights);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (!same_gradient(wanted[s], got[s]))
      report.fail(order,
                  " derivative by input ",
                  sources[s],
                  " has not the bits of the eager one");
  }
}

}  // namespace

Failures check_gradient(const OpDef& op, const Sample& sample, int number) {
  unsigned skipped =
      kNoFiniteDifferences | kRandomResult | kNotRunnable | kHasEffects;
  if (!op.grad || (sample.flags & skipped) != 0) return {};
  Report report(op, number, "gradient");
  check_derivatives(
      report, op, sample, [&](const auto&... how) { compare(report, how...); });
  return report.take();
}

Failures check_traced_gradient(const OpDef& op,
                               const Sample& sample,
                               int number) {
  unsigned skipped = kRandomResult | kNotRunnable | kHasEffects;
  if (!op.grad || (sample.flags & skipped) != 0) return {};
  Report report(op, number, "gradient, traced");
  check_derivatives(report, op, sample, [&](const auto&... how) {
    compare_traced(report, how...);
  });
  return report.take();
}

}  // namespace tern::harness

// First and second derivatives against central differences.
#include <algorithm>
#include <cmath>

#include "ops/harness/failure.h"
#include "ops/harness/results.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/resource.h"

namespace tern::harness {
namespace {

constexpr std::int64_t kMaxElements = 24;  // compared of each input

struct Precision {
  double step;
  double tolerance;  // of gradients of size 1
};

Precision precision_of(DType dtype) {
  if (dtype == float64) return {1e-5, 1e-6};
  return {1e-2, 2e-2};
}

/// Where the numbers of an input are: behind a handle, those of the variable.
Tensor elements_of(const Tensor& input) {
  if (!(input.dtype() == resource)) return input;
  auto* cell =
      dynamic_cast<VariableCell*>(input.data<ResourceHandle>()->object().get());
  return cell ? cell->value : Tensor();
}

void nudge(const Tensor& input, std::int64_t i, double step) {
  Tensor elements = elements_of(input);
  if (elements.dtype() == float64)
    elements.data<double>()[i] += step;
  else
    elements.data<float>()[i] += static_cast<float>(step);
}

/// A function of tensors whose derivative is checked: it gives the outputs
/// and the inputs that they depend on.
using Evaluate = std::function<Tensors(const Tensors& inputs)>;

/// Weights that no symmetry cancels, as many as the outputs have elements.
Tensors cotangents_of(const Tensors& outputs, double phase) {
  Tensors result;
  for (const Tensor& output : outputs) {
    if (!output.defined() || !output.dtype().is_floating()) {
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

double weighted_sum(const Tensors& outputs, const Tensors& weights) {
  double sum = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!weights[k].defined()) continue;
    std::vector<double> y = numbers(outputs[k]), w = numbers(weights[k]);
    for (std::size_t i = 0; i < y.size(); ++i) sum += y[i] * w[i];
  }
  return sum;
}

std::vector<std::size_t> sources_of(const OpDef& op, const Call& call) {
  std::vector<std::size_t> sources;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    Tensor elements = elements_of(call.inputs[i]);
    bool host = op.fixed_arity && op.inputs[i].host &&
                !call.inputs[i].dtype().is_object();
    bool floating = elements.defined() && (elements.dtype() == float64 ||
                                           elements.dtype() == float32);
    if (floating && !host) sources.push_back(i);
  }
  return sources;
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
  Tensors weights = cotangents_of(evaluate(inputs), 0.3);
  inputs = make();
  Tensors gradients = gradient_of(evaluate, inputs, sources, weights);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    Tensor elements = elements_of(inputs[sources[s]]);
    Precision precision = precision_of(elements.dtype());
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
    std::int64_t size = std::min(elements.num_elements(), kMaxElements);
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

}  // namespace

Failures check_gradient(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "gradient");
  unsigned skipped =
      kNoFiniteDifferences | kRandomResult | kNotRunnable | kHasEffects;
  if (!op.grad || (sample.flags & skipped) != 0) return {};
  TypeChoice types;
  for (int index : op.key_attrs) {
    const AttrDef& attr = op.attrs[static_cast<std::size_t>(index)];
    bool takes_float64 = std::find(attr.allowed_types.begin(),
                                   attr.allowed_types.end(),
                                   float64) != attr.allowed_types.end() ||
                         attr.allowed_types.empty();
    bool used = attr.inferred_from_input >= 0 || attr.name == "dtype" ||
                attr.name == "T";
    for (const auto& [name, value] : sample.attrs)
      used = used && name != attr.name;
    if (!used || !takes_float64 || sample.has(kFixedTypes)) continue;
    // Not what is preferably of another kind: indices, handles' numbers.
    DType now =
        sample.call(op).attrs[static_cast<std::size_t>(index)].get<DType>();
    if (now == float32) types[attr.name] = float64;
  }
  report.guard("first order", [&] {
    Call call = sample.call(op, types);
    std::vector<std::size_t> sources = sources_of(op, call);
    auto make = [&] { return sample.call(op, types).inputs; };
    Evaluate forward = [&](const Tensors& inputs) {
      return apply(op, inputs, call.attrs).to_vector();
    };
    Tensors outputs = forward(make());
    bool complex =
        std::any_of(outputs.begin(), outputs.end(), [](const Tensor& y) {
          return y.dtype().is_complex();
        });
    bool floating =
        std::any_of(outputs.begin(), outputs.end(), [](const Tensor& y) {
          return y.dtype().is_floating();
        });
    if (sources.empty() || complex || !floating) return;
    compare(report, "first", make, sources, forward);
    bool variables = std::any_of(
        call.inputs.begin(), call.inputs.end(), [](const Tensor& x) {
          return x.dtype() == resource;
        });
    if (sample.has(kOnlyFirstOrder) || variables) return;

    // The gradient as a function of the inputs and of the gradients of the
    // outputs, which follow them here.
    Tensors weights = cotangents_of(outputs, 0.9);
    std::vector<std::size_t> all = sources;
    Tensors extra;
    for (const Tensor& weight : weights)
      if (weight.defined()) {
        all.push_back(call.inputs.size() + extra.size());
        extra.push_back(weight);
      }
    auto make_both = [&] {
      Tensors both = make();
      for (const Tensor& weight : extra) both.push_back(weight.clone());
      return both;
    };
    Evaluate backward = [&](const Tensors& both) {
      auto end = both.begin() + static_cast<std::ptrdiff_t>(call.inputs.size());
      Tensors given;
      std::size_t next = call.inputs.size();
      for (const Tensor& weight : weights)
        given.push_back(weight.defined() ? both[next++] : Tensor());
      Tensors defined;
      for (Tensor& g :
           gradient_of(forward, Tensors(both.begin(), end), sources, given))
        if (g.defined()) defined.push_back(g);
      return defined;
    };
    compare(report, "second", make_both, all, backward);
  });
  return report.take();
}

}  // namespace tern::harness

#include "ops/harness/contract.h"

#include <algorithm>
#include <set>

#include "graph/program/program.h"
#include "ops/cpu_isa.h"
#include "ops/harness/failure.h"
#include "ops/harness/fake_device.h"
#include "ops/harness/results.h"
#include "ops/harness/traced.h"
#include "ops/kernel.h"
#include "ops/kernel_lookup.h"

namespace tern::harness {
namespace {

bool runs(const Sample& sample) { return !sample.has(kNotRunnable); }
/// Whether the call may be repeated and its results compared.
bool repeats(const Sample& sample) {
  return (sample.flags & (kNotRunnable | kHasEffects)) == 0;
}

/// The shape that an elementwise op must give, whatever its rule says.
Shape broadcast_of(const Tensors& inputs) {
  Shape shape;
  for (const Tensor& input : inputs)
    shape = broadcast_static_shape(shape, input.shape());
  return shape;
}

void compare_results(Report& report,
                     std::string_view what,
                     const Sample& sample,
                     const Tensors& wanted,
                     const Tensors& got) {
  if (wanted.size() != got.size()) {
    report.fail(what, " gives ", got.size(), " results, eager ", wanted.size());
    return;
  }
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    bool alike = sample.has(kRandomResult)
                     ? wanted[k].dtype() == got[k].dtype() &&
                           wanted[k].shape() == got[k].shape()
                     : same_bits(wanted[k], got[k].to(kCpu));
    if (!alike)
      report.fail(what,
                  ": result ",
                  k,
                  " is ",
                  describe(got[k]),
                  ", not the bits of the eager call's ",
                  describe(wanted[k]));
  }
}

}  // namespace

Failures check_shapes(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "shape rule");
  if (!runs(sample)) return {};
  report.guard("call", [&] {
    Call call = sample.call(op);
    InferContext rule(op, call.inputs, call.attrs);
    if (op.infer) op.infer(rule);
    bool same_rank = op.name != "Select";  // its condition may be a vector
    if (op.has(kElementwise) && same_rank) {
      Shape wanted = broadcast_of(call.inputs);
      for (const Shape& shape : rule.outputs())
        if (!(shape == wanted)) {
          report.fail("an elementwise op gives ",
                      shape,
                      " where its inputs broadcast to ",
                      wanted);
          return;  // its kernel would write elsewhere
        }
    }
    Tensors outputs = apply(op, call.inputs, call.attrs).to_vector();
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (!rule.outputs()[k].is_compatible_with(outputs[k].shape()))
        report.fail("output ",
                    k,
                    " is said to be ",
                    rule.outputs()[k],
                    " but is ",
                    outputs[k].shape());
    for (Known known : kAllKnown)
      report.guard(name_of(known), [&] {
        Trace traced = trace(op, sample.call(op), known);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
          const Shape& said = traced.outputs[k].shape();
          const Shape& is = outputs[k].shape();
          if (!said.is_compatible_with(is))
            report.fail(name_of(known),
                        ", output ",
                        k,
                        " is said to be ",
                        said,
                        " but is ",
                        is);
          if (!(traced.outputs[k].dtype() == outputs[k].dtype()))
            report.fail(name_of(known),
                        ", output ",
                        k,
                        " is said to be ",
                        traced.outputs[k].dtype().name(),
                        " but is ",
                        outputs[k].dtype().name());
        }
      });
  });
  return report.take();
}

Failures check_traced(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "traced");
  if (!repeats(sample)) return {};
  report.guard("call", [&] {
    Tensors wanted = run(op, sample.call(op));
    for (Known known : kAllKnown)
      report.guard(name_of(known), [&] {
        compare_results(report,
                        name_of(known),
                        sample,
                        wanted,
                        run_traced(op, sample.call(op), known));
      });
  });
  return report.take();
}

Failures check_alternatives(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "kernel alternatives");
  if (!repeats(sample) || sample.has(kRandomResult)) return {};
  std::set<std::string> labels;
  for (const Kernel& kernel : op.kernels->kernels) labels.insert(kernel.label);
  if (labels.size() < 2) return {};
  // The promise: 4 units in the last place, 8 where exponentials are summed.
  static const std::set<std::string_view> exponentials = {
      "Exp",
      "Expm1",
      "Pow",
      "Tanh",
      "Sigmoid",
      "Softplus",
      "SoftplusGrad",
      "Elu",
      "Selu",
      "Softmax",
      "LogSoftmax",
      "SoftmaxCrossEntropyWithLogits",
      "SparseSoftmaxCrossEntropyWithLogits"};
  double allowed = exponentials.contains(op.name) ? 8 : 4;
  Tensors wanted;
  std::string first;
  for (const std::string& label : labels) {
    report.guard(label, [&] {
      prefer_kernels(label);
      Tensors got = run(op, sample.call(op));
      if (first.empty()) {
        first = label;
        wanted = got;
      }
      for (std::size_t k = 0; k < got.size(); ++k) {
        double distance = ulp_distance(wanted[k], got[k], op.has(kElementwise));
        if (!(distance <= allowed))
          report.fail("result ",
                      k,
                      " of ",
                      label,
                      " is ",
                      distance,
                      " units in the last place from that of ",
                      first);
      }
    });
  }
  prefer_kernels("");
  return report.take();
}

Failures check_fake_device(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "fake device");
  if (!repeats(sample)) return {};
  auto compare = [&](std::string_view what, const auto& run_there) {
    report.guard(what, [&] {
      Tensors wanted = run(op, sample.call(op));
      Call call = sample.call(op);
      Call there{{}, call.attrs};
      for (const Tensor& input : call.inputs)
        there.inputs.push_back(input.to(fake_device()));
      Tensors home;
      for (const Tensor& output : run_there(there))
        home.push_back(output.to(kCpu));
      compare_results(
          report, what, sample, wanted, results_of(home, call.inputs));
    });
  };
  compare("the device", [&](const Call& call) {
    return apply(op, call.inputs, call.attrs).to_vector();
  });
  compare("a graph on the device", [&](const Call& call) {
    Trace traced = trace(op, call, Known::kShapes);
    return traced.function->program().run(traced.arguments(call.inputs));
  });
  return report.take();
}

Failures check_bad_inputs(const OpDef& op, const Sample& sample, int number) {
  Report report(op, number, "bad inputs");
  if (!runs(sample) || sample.inputs.empty()) return {};
  auto refused = [&](std::string_view what, const auto& run) {
    try {
      run();
      report.fail(what, " is no error");
    } catch (const Error& error) {
      if (error.code() != Code::kInvalidArgument &&
          error.code() != Code::kUnimplemented)
        report.fail(what, ": ", error.what());
    } catch (const std::exception& error) {
      report.fail(what, ": not a tern::Error: ", error.what());
    }
  };
  auto refuses = [&](const std::string& what, const Call& call) {
    refused(what, [&] { apply(op, call.inputs, call.attrs); });
    refused(what + ", traced", [&] { trace(op, call, Known::kShapes); });
  };
  report.guard("call", [&] {
    Call undefined = sample.call(op);
    undefined.inputs.back() = Tensor();
    refuses("no tensor as last input", undefined);
    if (op.fixed_arity) {
      Call fewer = sample.call(op);
      fewer.inputs.pop_back();
      refuses("one input too few", fewer);
      const ArgDef& arg = op.inputs[0];
      bool any = arg.type_attr >= 0 &&
                 op.attrs[static_cast<std::size_t>(arg.type_attr)]
                     .allowed_types.empty();
      Call other = sample.call(op);
      other.inputs[0] = tensor_of_numbers(
          other.inputs[0].dtype() == string ? float32 : string,
          Shape({1}),
          {1});
      bool shared = std::any_of(
          op.inputs.begin() + 1, op.inputs.end(), [&](const ArgDef& second) {
            return second.type_attr >= 0 && second.type_attr == arg.type_attr;
          });
      bool takes_text =
          arg.type_attr >= 0 &&
          std::count(op.attrs[static_cast<std::size_t>(arg.type_attr)]
                         .allowed_types.begin(),
                     op.attrs[static_cast<std::size_t>(arg.type_attr)]
                         .allowed_types.end(),
                     string) > 0;
      if ((!any && !takes_text) || shared)
        refuses("text instead of numbers", other);
    }
  });
  return report.take();
}

Failures check_all(const OpDef& op, const Sample& sample, int number) {
  Failures all;
  auto append = [&](Failures failures) {
    all.insert(all.end(), failures.begin(), failures.end());
  };
  append(check_shapes(op, sample, number));
  append(check_traced(op, sample, number));
  append(check_gradient(op, sample, number));
  append(check_traced_gradient(op, sample, number));
  append(check_dtypes(op, sample, number, tensorflow_claims(op.name)));
  append(check_decomposition(op, sample, number));
  append(check_alternatives(op, sample, number));
  append(check_fake_device(op, sample, number));
  append(check_bad_inputs(op, sample, number));
  return all;
}

std::vector<std::string> ops_without_samples(const OpRegistry& registry,
                                             const Samples& samples) {
  std::vector<std::string> missing;
  for (const OpDef* op : registry.all()) {
    const OpSamples* found = samples.find(op->name);
    if (!found || found->list().empty()) missing.push_back(op->name);
  }
  return missing;
}

void add_kernels_of_all_isas() {
  OpRegistry& ops = OpRegistry::global();
  for (const CpuIsaEntry& isa : cpu_isa_entries()) {
    if (!cpu_supports(isa) || &isa == &selected_cpu_isa()) continue;
    KernelRegistry kernels(ops, isa.name, "CPU");
    isa.entry(kernels);
  }
  prefer_kernels("");  // choices made so far point to where kernels were
}

}  // namespace tern::harness

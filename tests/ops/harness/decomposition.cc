// Ops of Tern's own against the public ops that they stand for.
#include "graph/tracer.h"
#include "ops/harness/failure.h"
#include "ops/harness/results.h"
#include "ops/kernel.h"

namespace tern::harness {
namespace {

/// Kernels of narrow floats round once where public ops round at each step.
double allowed_distance(DType dtype) {
  return dtype == float16 || dtype == bfloat16 ? 8 : 2;
}

/// One choice of type attrs a kernel.
TypeChoice types_of(const OpDef& op, const Kernel& kernel) {
  TypeChoice types;
  for (std::size_t k = 0; k < kernel.types.size(); ++k)
    if (kernel.types[k].code != 0)
      types[op.attrs[static_cast<std::size_t>(op.key_attrs[k])].name] =
          kernel.types[k];
  return types;
}

void compare_values(Report& report,
                    const OpDef& op,
                    const Sample& sample,
                    const TypeChoice& types) {
  Tensors wanted = run(op, sample.call(op, types));
  Call call = sample.call(op, types);
  Tensors got = results_of(op.decompose(call.inputs, call.attrs), call.inputs);
  if (got.size() != wanted.size()) {
    report.fail("gives ", got.size(), " results, the kernel ", wanted.size());
    return;
  }
  if (sample.has(kRandomResult)) return;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    double distance =
        wanted[k].dtype() == got[k].dtype() &&
                wanted[k].shape() == got[k].shape()
            ? ulp_distance(wanted[k], got[k], op.has(kElementwise))
            : kInf;
    if (!(distance <= allowed_distance(wanted[k].dtype())))
      report.fail("result ",
                  k,
                  ", ",
                  describe(got[k]),
                  ", is ",
                  distance,
                  " units in the last place from the kernel's ",
                  describe(wanted[k]));
  }
}

void check_ops_used(Report& report, const OpDef& op, const Call& call) {
  Tracer tracer("decomposition");
  Tensors outputs;
  {
    TraceScope scope(tracer);
    Tensors symbols;
    for (const Tensor& input : call.inputs)
      symbols.push_back(tracer.add_argument_like(input));
    outputs = op.decompose(symbols, call.attrs);
  }
  for (const Node& node : tracer.finish(outputs)->graph().nodes())
    if (node.op->name.starts_with("_Tern"))
      report.fail("uses ", node.op->name, ", which is no public op");
}

}  // namespace

Failures check_decomposition(const OpDef& op,
                             const Sample& sample,
                             int number) {
  Report report(op, number, "decomposition");
  if (!op.name.starts_with("_Tern")) return {};
  if (!op.decompose) {
    report.fail("there is none");
    return report.take();
  }
  for (const Kernel& kernel : op.kernels->kernels)
    report.guard("values", [&] {
      compare_values(report, op, sample, types_of(op, kernel));
    });
  report.guard("traced", [&] { check_ops_used(report, op, sample.call(op)); });
  return report.take();
}

}  // namespace tern::harness

#include "ops/harness/traced.h"

#include "graph/program/program.h"
#include "graph/tracer.h"
#include "ops/harness/results.h"

namespace tern::harness {
namespace {

bool is_constant(const Tensor& input, Known known) {
  if (!input.defined()) return true;  // for the op to refuse
  DType dtype = input.dtype();
  return known == Known::kValues && !dtype.is_floating() &&
         !dtype.is_complex() && !(dtype == resource) && !(dtype == variant);
}

Tensor argument_like(Tracer& tracer, const Tensor& input, Known known) {
  if (input.dtype() == resource) return tracer.add_argument_like(input);
  Shape shape = input.shape();
  if (known == Known::kRanks) shape = Shape::unknown_dims(shape.rank());
  if (known == Known::kNothing) shape = Shape::unknown();
  return tracer.add_argument(TensorSpec(shape, input.dtype(), "input"));
}

}  // namespace

std::string_view name_of(Known known) {
  switch (known) {
    case Known::kShapes:
      return "with known shapes";
    case Known::kRanks:
      return "with unknown dimensions";
    case Known::kNothing:
      return "with unknown ranks";
    case Known::kValues:
      return "with known values";
  }
  return "";
}

Tensors Trace::arguments(const Tensors& inputs) const {
  Tensors all;
  for (std::size_t i : from_inputs) all.push_back(inputs[i]);
  all.insert(all.end(), captures.begin(), captures.end());
  return all;
}

Trace trace(const std::function<Tensors(const Tensors&)>& body,
            const Tensors& inputs,
            Known known) {
  Tracer tracer("sample");
  Trace result;
  TraceScope scope(tracer);
  Tensors symbols;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (is_constant(inputs[i], known)) {
      symbols.push_back(inputs[i]);
      continue;
    }
    symbols.push_back(argument_like(tracer, inputs[i], known));
    result.from_inputs.push_back(i);
  }
  result.outputs = body(symbols);
  result.function = tracer.finish(result.outputs);
  // Constants that the tracer refused to embed, too.
  result.captures = tracer.captured();
  return result;
}

Trace trace(const OpDef& op, const Call& call, Known known) {
  return trace(
      [&](const Tensors& inputs) {
        return apply(op, inputs, call.attrs).to_vector();
      },
      call.inputs,
      known);
}

Tensors run_traced(const OpDef& op, const Call& call, Known known) {
  Trace traced = trace(op, call, known);
  const Program& program = traced.function->program();
  return results_of(program.run(traced.arguments(call.inputs)), call.inputs);
}

}  // namespace tern::harness

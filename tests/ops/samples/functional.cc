// Calls of functions, branches and loops.
#include "graph/tracer.h"
#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Body = std::function<Tensors(const Tensors&)>;
const std::vector<DType> kOneFloat64 = {float64};

FunctionRef function_of(const std::vector<TensorSpec>& specs,
                        const Body& body) {
  Tracer tracer(unique_function_name("sample"));
  Tensors arguments;
  for (const TensorSpec& spec : specs)
    arguments.push_back(tracer.add_argument(spec));
  Tensors outputs;
  {
    TraceScope scope(tracer);
    outputs = body(arguments);
  }
  GraphFunctionPtr function = tracer.finish(outputs);
  return {function->name(), function};
}

/// They run in sessions alone: tests/graph/v1_test.cc.
void add_v1_control_flow_samples(Samples& samples) {
  for (const std::string prefix : {"", "Ref"}) {
    samples.of(prefix + "Switch")
        .add({random({2, 3}), bools({true}, {})}, kNotRunnable);
    samples.of(prefix + "Merge")
        .add({random({2, 3}), random({2, 3})}, kNotRunnable)
        .add({random({2, 3}), random({2})}, kNotRunnable);
    samples.of(prefix + "Enter")
        .add(random({2, 3}), {{"frame_name", "loop"}}, kNotRunnable);
    for (const char* op : {"Exit", "NextIteration"})
      samples.of(prefix + op).add(random({2, 3}), kNotRunnable);
  }
  samples.of("RefSelect")
      .add({axis(1), random({2, 3}), random({2, 3})}, kNotRunnable)
      .add({axis(0), random({2, 3}), random({4})}, kNotRunnable);
  samples.of("RefIdentity").add(random({2, 3}), kNotRunnable);
  samples.of("LoopCond").add(bools({true}, {}), kNotRunnable);
  samples.of("ControlTrigger").add(std::vector<Input>{}, kHasEffects);
}

}  // namespace

void add_functional_samples(Samples& samples) {
  add_v1_control_flow_samples(samples);
  TensorSpec x(Shape::unknown(), float64, "x");
  TensorSpec i(Shape(), int32, "i");
  FunctionRef cube = function_of({x}, [](const Tensors& in) {
    return Tensors{raw<"Mul">(in[0], raw<"Square">(in[0]))};
  });
  FunctionRef sine = function_of(
      {x}, [](const Tensors& in) { return Tensors{raw<"Sin">(in[0])}; });
  Input argument = in_float64(random({2, 3}));

  for (const char* op : {"PartitionedCall", "StatefulPartitionedCall"})
    samples.of(op)
        .add(argument, {{"f", cube}, {"Tout", kOneFloat64}})
        .add(in_float64(random({0})), {{"f", sine}, {"Tout", kOneFloat64}});
  for (const char* op : {"If", "StatelessIf"})
    for (bool truth : {true, false})
      samples.of(op).add({bools({truth}, {}), argument},
                         {{"Tcond", bool_},
                          {"Tout", kOneFloat64},
                          {"then_branch", cube},
                          {"else_branch", sine}});
  for (const char* op : {"Case", "StatelessCase"})
    for (int branch : {0, 1, -1, 7})
      samples.of(op).add({axis(branch), argument},
                         {{"Tout", kOneFloat64},
                          {"branches", std::vector<FunctionRef>{cube, sine}}},
                         kNoFiniteDifferences);
  // The sine of the sine: two trips, or none.
  FunctionRef more = function_of({i, x}, [](const Tensors& in) {
    return Tensors{raw<"Less">(in[0], Tensor(2))};
  });
  FunctionRef step = function_of({i, x}, [](const Tensors& in) {
    return Tensors{raw<"AddV2">(in[0], Tensor(1)), raw<"Sin">(in[1])};
  });
  for (const char* op : {"While", "StatelessWhile"})
    for (int first : {0, 2})
      samples.of(op).add({axis(first), argument},
                         {{"cond", more}, {"body", step}});
}

}  // namespace tern

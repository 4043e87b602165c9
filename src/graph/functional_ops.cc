// Ops that run functions: calls, branches and loops.

#include <algorithm>

#include "graph/gradient/branch_gradient.h"
#include "graph/gradient/call_gradient.h"
#include "graph/gradient/loop_gradient.h"
#include "graph/program/program.h"
#include "ops/infer_context.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

const GraphFunction& function_attr(const InferContext& c, const char* name) {
  const auto& ref = c.attr<FunctionRef>(name);
  if (!ref.function)
    throw NotFoundError("Function ", ref.name, " is not defined.");
  return *ref.function;
}

const GraphFunction& function_attr(const KernelContext& c, const char* name) {
  const auto& ref = c.attr<FunctionRef>(name);
  if (!ref.function)
    throw NotFoundError("Function ", ref.name, " is not defined.");
  return *ref.function;
}

/// Functions may call themselves, but the stack of a thread ends somewhere.
class CallDepth {
 public:
  explicit CallDepth(const KernelContext& c) {
    constexpr int kMaxDepth = 500;
    if (depth_ >= kMaxDepth)
      throw ResourceExhaustedError(c.op().name,
                                   ": calls of functions are nested deeper "
                                   "than ",
                                   kMaxDepth);
    ++depth_;
  }
  ~CallDepth() { --depth_; }
  CallDepth(const CallDepth&) = delete;

 private:
  static thread_local int depth_;
};
thread_local int CallDepth::depth_ = 0;

void set_outputs(KernelContext& c, Tensors results) {
  if (static_cast<int>(results.size()) != c.num_outputs())
    throw InvalidArgumentError(c.op().name,
                               ": the function gives ",
                               results.size(),
                               " results, the call has ",
                               c.num_outputs(),
                               " outputs");
  for (int i = 0; i < c.num_outputs(); ++i)
    c.set_output(i, std::move(results[static_cast<std::size_t>(i)]));
}

void check_results(const InferContext& c, const GraphFunction& function) {
  if (static_cast<int>(function.outputs().size()) != c.num_outputs())
    throw InvalidArgumentError(c.op().name,
                               ": function ",
                               function.name(),
                               " gives ",
                               function.outputs().size(),
                               " results, the call has ",
                               c.num_outputs(),
                               " outputs");
}

void infer_call(InferContext& c) {
  const GraphFunction& f = function_attr(c, "f");
  check_results(c, f);
  for (int i = 0; i < c.num_outputs(); ++i) {
    auto k = static_cast<std::size_t>(i);
    int forwarded = f.forwarded_argument(k);
    if (forwarded >= 0 && forwarded < c.num_inputs()) {
      c.set_output(i, c.input(forwarded));
      c.set_output_handle(i, c.handle(forwarded));
    } else {
      c.set_output(i, f.output_shape(k));
      c.set_output_handle(i, f.output_handle(k));
    }
  }
}

void run_call(KernelContext& c) {
  CallDepth depth(c);
  set_outputs(c,
              function_attr(c, "f").program().run(
                  Tensors(c.inputs().begin(), c.inputs().end())));
}

void infer_if(InferContext& c) {
  const GraphFunction& yes = function_attr(c, "then_branch");
  const GraphFunction& no = function_attr(c, "else_branch");
  check_results(c, yes);
  check_results(c, no);
  for (int i = 0; i < c.num_outputs(); ++i) {
    auto k = static_cast<std::size_t>(i);
    c.set_output(i, yes.output_shape(k).relax(no.output_shape(k)));
    c.set_output_handle(i, yes.output_handle(k));
  }
}

void infer_case(InferContext& c) {
  const auto& branches = c.attr<std::vector<FunctionRef>>("branches");
  for (const FunctionRef& branch : branches) {
    if (!branch.function)
      throw NotFoundError("Function ", branch.name, " is not defined.");
    check_results(c, *branch.function);
  }
  for (int i = 0; i < c.num_outputs(); ++i) {
    auto k = static_cast<std::size_t>(i);
    Shape shape = branches[0].function->output_shape(k);
    for (const FunctionRef& branch : branches)
      shape = shape.relax(branch.function->output_shape(k));
    c.set_output(i, shape);
    c.set_output_handle(i, branches[0].function->output_handle(k));
  }
}

template <class T>
bool any_nonzero(const Tensor& scalar) {
  return *scalar.data<T>() != T(0);
}

/// TensorFlow's truth of a condition: a scalar number is compared with 0, a
/// string with "", any other tensor is true when it has elements.
bool truth(const Tensor& condition) {
  if (condition.shape().rank() != 0) return condition.num_elements() > 0;
  if (condition.dtype() == string) return !condition.bytes().empty();
  if (condition.dtype() == bool_) return any_nonzero<bool>(condition);
  if (condition.dtype().is_integer())
    return condition.item<std::int64_t>() != 0;
  if (condition.dtype().is_floating()) return condition.item<double>() != 0;
  throw InvalidArgumentError(
      "condition of dtype ", condition.dtype().name(), " has no truth value");
}

void run_if(KernelContext& c) {
  CallDepth depth(c);
  const char* branch = truth(c.input(0)) ? "then_branch" : "else_branch";
  set_outputs(c,
              function_attr(c, branch).program().run(
                  Tensors(c.inputs().begin() + 1, c.inputs().end())));
}

/// An index out of range means the last branch.
void run_case(KernelContext& c) {
  CallDepth depth(c);
  const auto& branches = c.attr<std::vector<FunctionRef>>("branches");
  auto index = static_cast<std::size_t>(c.input(0).item<std::int32_t>());
  const FunctionRef& branch = branches[std::min(index, branches.size() - 1)];
  set_outputs(c,
              branch.function->program().run(
                  Tensors(c.inputs().begin() + 1, c.inputs().end())));
}

void infer_while(InferContext& c) {
  const GraphFunction& body = function_attr(c, "body");
  check_results(c, body);
  for (int i = 0; i < c.num_outputs(); ++i) {
    auto k = static_cast<std::size_t>(i);
    // A loop that runs no step gives its inputs.
    c.set_output(i, c.input(i).relax(body.output_shape(k)));
    c.set_output_handle(i, c.handle(i));
  }
}

void run_while(KernelContext& c) {
  CallDepth depth(c);
  ProgramRunner condition(function_attr(c, "cond").program());
  ProgramRunner body(function_attr(c, "body").program());
  Tensors variables(c.inputs().begin(), c.inputs().end());
  Tensors again, next;
  for (;;) {
    condition.run(variables, Arguments::kShare, again);
    if (again.size() != 1)
      throw InvalidArgumentError(
          "Expected a single scalar return value from WhileOp cond, got ",
          again.size(),
          " tensors");
    if (!truth(again[0])) break;
    body.run(variables, Arguments::kTake, next);
    std::swap(variables, next);
  }
  set_outputs(c, std::move(variables));
}

}  // namespace

void register_functional_ops(OpRegistry& registry) {
  auto add_call = [&](const char* name, unsigned traits) {
    registry.add(name)
        .input("args: Tin")
        .output("output: Tout")
        .attr("Tin: list(type) >= 0")
        .attr("Tout: list(type) >= 0")
        .attr("f: func")
        .attr("config: string = ''")
        .attr("config_proto: string = ''")
        .attr("executor_type: string = ''")
        .infer(infer_call)
        .all_set_by_kernel()
        .forward_variant(call_forward_variant)
        .grad(call_gradient)
        .traits(traits | kHostOnly);
  };
  add_call("PartitionedCall", 0);
  add_call("StatefulPartitionedCall", kStateful);

  auto add_if = [&](const char* name, unsigned traits) {
    registry.add(name)
        .input("cond: Tcond")
        .input("input: Tin")
        .output("output: Tout")
        .attr("Tcond: type")
        .attr("Tin: list(type) >= 0")
        .attr("Tout: list(type) >= 0")
        .attr("then_branch: func")
        .attr("else_branch: func")
        .attr("output_shapes: list(shape) = []")
        .infer(infer_if)
        .all_set_by_kernel()
        .forward_variant(if_forward_variant)
        .grad(if_gradient)
        .traits(traits | kHostOnly);
  };
  add_if("If", kStateful);
  add_if("StatelessIf", 0);

  auto add_case = [&](const char* name, unsigned traits) {
    registry.add(name)
        .input("branch_index: int32")
        .input("input: Tin")
        .output("output: Tout")
        .attr("Tin: list(type) >= 0")
        .attr("Tout: list(type) >= 0")
        .attr("branches: list(func) >= 1")
        .attr("output_shapes: list(shape) = []")
        .infer(infer_case)
        .all_set_by_kernel()
        .forward_variant(case_forward_variant)
        .grad(case_gradient)
        .traits(traits | kHostOnly);
  };
  add_case("Case", kStateful);
  add_case("StatelessCase", 0);

  auto add_while = [&](const char* name, unsigned traits) {
    registry.add(name)
        .input("input: T")
        .output("output: T")
        .attr("T: list(type) >= 0")
        .attr("cond: func")
        .attr("body: func")
        .attr("output_shapes: list(shape) = []")
        .attr("parallel_iterations: int = 10")
        .infer(infer_while)
        .all_set_by_kernel()
        .forward_variant(loop_forward_variant)
        .grad(loop_gradient)
        .traits(traits | kHostOnly);
  };
  add_while("While", kStateful);
  add_while("StatelessWhile", 0);
}

void register_functional_kernels(KernelRegistry& registry) {
  for (const char* op : {"PartitionedCall", "StatefulPartitionedCall"})
    registry.add(op, {}, run_call);
  for (const char* op : {"If", "StatelessIf"}) registry.add(op, {}, run_if);
  for (const char* op : {"Case", "StatelessCase"})
    registry.add(op, {}, run_case);
  for (const char* op : {"While", "StatelessWhile"})
    registry.add(op, {}, run_while);
}

}  // namespace tern

// Elementwise ops that run as one, also with the reduction of what they give:
// made by the graph's optimizer alone.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "ops/apply.h"
#include "ops/array/host_integers.h"
#include "ops/infer_context.h"
#include "ops/math/block_program.h"
#include "ops/random/random_generator.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Calls `run(op, operands, step)` for each op of each step, in order, on
/// whatever stands for tensors.
template <class Run>
void for_each_op(std::span<const BlockStep> steps, Tensors& slots, Run run) {
  for (const BlockStep& step : steps) {
    const BlockOp& entry = block_ops()[static_cast<std::size_t>(step.op)];
    auto operand = [&](int k) -> const Tensor& {
      return slots[static_cast<std::size_t>(step.operands[k])];
    };
    std::size_t ops = 1;
    while (ops < entry.ops.size() && !entry.ops[ops].empty()) ++ops;
    int next = entry.operands - static_cast<int>(ops) + 1;
    Tensors first;
    for (int k = 0; k < next; ++k) first.push_back(operand(k));
    if (entry.ops[0] == kRandomStep)
      first.push_back(Tensor(static_cast<std::int32_t>(kPhiloxAlgorithm)));
    Tensor result = run(entry.ops[0], first, step);
    for (std::size_t i = 1; i < ops; ++i, ++next) {
      bool reversed = entry.reversed && i + 1 == ops;
      result = run(entry.ops[i],
                   reversed ? Tensors{operand(next), result}
                            : Tensors{result, operand(next)},
                   step);
    }
    slots[static_cast<std::size_t>(step.target)] = result;
  }
}

std::size_t num_slots(std::span<const BlockStep> steps, std::size_t least) {
  for (const BlockStep& step : steps)
    least = std::max(least, static_cast<std::size_t>(step.target) + 1);
  return least;
}

Attrs attrs_of_step(const OpDef& op, const BlockStep& step) {
  if (op.name == "Cast")
    return detail::attrs_by_name(op, {{"DstT", DType{step.result_type}}});
  if (op.name == kRandomStep)
    return detail::attrs_by_name(op, {{"dtype", DType{step.result_type}}});
  return {};
}

/// The attrs of one of the fused ops, by name.
class FusedAttrs {
 public:
  FusedAttrs(const char* op, const Attrs& attrs)
      : op_(OpRegistry::global().get(op)), attrs_(attrs) {}
  template <class T>
  const T& get(const char* name) const {
    return attrs_[static_cast<std::size_t>(op_.attr_index(name))].get<T>();
  }

 private:
  const OpDef& op_;
  const Attrs& attrs_;
};

/// All slots after the steps.
Tensors run_steps(const FusedAttrs& attrs, const Tensors& inputs) {
  auto steps = steps_of(attrs.get<Tensor>("steps"));
  Tensors slots = inputs;
  slots.resize(num_slots(
      steps, inputs.size() + attrs.get<std::vector<DType>>("Tout").size()));
  for_each_op(steps,
              slots,
              [](std::string_view name,
                 const Tensors& operands,
                 const BlockStep& step) {
                const OpDef& called = OpRegistry::global().get(name);
                return apply(called, operands, attrs_of_step(called, step))[0];
              });
  return slots;
}

Tensors decompose_elementwise(const Tensors& inputs, const Attrs& given) {
  FusedAttrs attrs("_TernFusedElementwise", given);
  Tensors slots = run_steps(attrs, inputs);
  auto first = slots.begin() + static_cast<std::ptrdiff_t>(inputs.size());
  auto outputs = attrs.get<std::vector<DType>>("Tout").size();
  return Tensors(first, first + static_cast<std::ptrdiff_t>(outputs));
}

Tensors decompose_reduction(const Tensors& inputs, const Attrs& given) {
  FusedAttrs attrs("_TernFusedReduction", given);
  Tensors slots = run_steps(attrs, inputs);
  auto first = slots.begin() + static_cast<std::ptrdiff_t>(inputs.size());
  auto outputs = attrs.get<std::vector<DType>>("Tout").size();
  Tensors results(first, first + static_cast<std::ptrdiff_t>(outputs) - 1);
  const auto value = static_cast<std::size_t>(attrs.get<std::int64_t>("value"));
  const auto& op =
      OpRegistry::global().get(attrs.get<std::string>("reduction"));
  Tensors reduced = {slots[value]};
  Attrs options;
  if (op.name != "L2Loss") {
    const auto& axes = attrs.get<std::vector<std::int64_t>>("axes");
    reduced.push_back(Tensor(std::span<const std::int64_t>(axes)));
    options = detail::attrs_by_name(
        op, {{"keep_dims", attrs.get<bool>("keep_dims")}});
  }
  results.push_back(apply(op, reduced, options)[0]);
  return results;
}

/// Asks the shape rules of the ops one after the other, for the error of the
/// one that refuses its operands, under the name of its node.
void throw_mismatch(const InferContext& c) {
  auto steps = steps_of(c.attr<Tensor>("steps"));
  auto names = c.attr<Tensor>("nodes").values<std::string>();
  Tensors slots;
  for (int i = 0; i < c.num_inputs(); ++i) {
    Tensor value = c.value(i);
    slots.push_back(
        value.defined() ? value : Tensor::meta(c.input_dtype(i), c.input(i)));
  }
  slots.resize(num_slots(
      steps, static_cast<std::size_t>(c.num_inputs() + c.num_outputs())));
  auto infer = [&](std::string_view name,
                   const Tensors& operands,
                   const BlockStep& step) {
    const OpDef& op = OpRegistry::global().get(name);
    Attrs attrs = attrs_of_step(op, step);
    try {
      InferContext context(op, operands, attrs);
      op.infer(context);
      return Tensor::meta(DType{step.result_type}, context.output(0));
    } catch (Error& error) {
      error.add_context(op.name);
      error.add_context("{{node " + names[&step - steps.data()] + "}}");
      throw;
    }
  };
  for_each_op(steps, slots, infer);
}

/// The shape to which everything broadcasts that a result depends on: inputs,
/// and the shapes that inputs hold. `next` is the result's entry in the attr
/// `sources`, and then that of the next result.
template <class ShapeOf, class ShapeIn>
Shape result_shape(const std::int32_t*& next, ShapeOf shape_of, ShapeIn in) {
  auto source = [&] {
    std::int32_t i = *next++;
    return i >= 0 ? shape_of(i) : in(~i);
  };
  std::int32_t count = *next++;
  Shape shape = source();
  for (; count > 1; --count) {
    const Shape other = source();
    if (other.rank() != 0 && !(shape == other))
      shape = broadcast_static_shape(shape, other);
  }
  return shape;
}

template <class Set>
void infer_results(InferContext& c, Set set) {
  const Tensor& sources = c.attr<Tensor>("sources");
  const auto* next = sources.data<std::int32_t>();
  try {
    for (int k = 0; k < c.num_outputs(); ++k)
      set(k,
          result_shape(
              next,
              [&](int i) -> const Shape& { return c.input(i); },
              [&](int i) { return c.value_as_partial_shape(i); }));
  } catch (const InvalidArgumentError&) {
    throw_mismatch(c);
    throw;
  }
}

void infer_elementwise(InferContext& c) {
  infer_results(c,
                [&](int k, Shape shape) { c.set_output(k, std::move(shape)); });
}

Shape reduced_shape(const Shape& shape,
                    std::span<const std::int64_t> axes,
                    bool keep_dims) {
  if (!shape.has_rank()) return shape;
  Shape reduced;
  for (int i = 0; i < shape.rank(); ++i) {
    bool is_reduced = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (!is_reduced)
      reduced.append(shape[i]);
    else if (keep_dims)
      reduced.append(1);
  }
  return reduced;
}

void infer_reduction(InferContext& c) {
  infer_results(c, [&](int k, Shape shape) {
    if (k + 1 == c.num_outputs())
      shape = reduced_shape(shape,
                            c.attr<std::vector<std::int64_t>>("axes"),
                            c.attr<bool>("keep_dims"));
    c.set_output(k, std::move(shape));
  });
}

OpBuilder add_fused(OpRegistry& registry, const char* name) {
  // steps: see BlockStep. nodes: the name of the node that each step was.
  // sources: for each output, how many inputs it depends on, and which; ~i for
  // one that holds a shape.
  return registry.add(name)
      .input("args: Tin")
      .output("results: Tout")
      .attr("Tin: list(type) >= 1")
      .attr("Tout: list(type) >= 1")
      .attr("steps: tensor")
      .attr("nodes: tensor")
      .attr("sources: tensor");
}

/// The generator as a node's first run gets it.
Tensors decompose_generator(const Tensors&, const Attrs& given) {
  FusedAttrs attrs("_TernRandomGenerator", given);
  auto word = [&](const char* name) {
    return static_cast<std::uint64_t>(attrs.get<std::int64_t>(name));
  };
  const std::uint64_t key[] = {word("seed")};
  const std::uint64_t counter[] = {0, word("seed2")};
  return {Tensor(std::span<const std::uint64_t>(key)),
          Tensor(std::span<const std::uint64_t>(counter))};
}

}  // namespace

FusedReduction::FusedReduction(const KernelContext& context)
    : op(find_block_reduction(context.attr<std::string>("reduction"))),
      value(static_cast<int>(context.attr<std::int64_t>("value"))),
      axes(context.attr<std::vector<std::int64_t>>("axes")) {
  const auto* next = context.attr<Tensor>("sources").data<std::int32_t>();
  for (int k = 0; k < context.num_outputs(); ++k)
    domain = result_shape(
        next,
        [&](int i) -> const Shape& { return context.input(i).shape(); },
        [&](int i) {
          Shape shape;
          for (std::int64_t size : host_integers(context.input(i)))
            shape.append(size);
          return shape;
        });
}

void register_fused_elementwise_ops(OpRegistry& registry) {
  add_fused(registry, "_TernFusedElementwise")
      .infer(infer_elementwise)
      .decompose(decompose_elementwise)
      .traits(kElementwise);

  // The last result is the reduction, over `axes` (none negative), of the slot
  // `value`: an output's, or that of the last result itself.
  add_fused(registry, "_TernFusedReduction")
      .attr("reduction: string")
      .attr("value: int")
      .attr("axes: list(int)")
      .attr("keep_dims: bool = false")
      .infer(infer_reduction)
      .decompose(decompose_reduction);

  // The generator with which a stateful random op fills a tensor of this
  // shape; the next run gets one that is as much further as that op's.
  registry.add("_TernRandomGenerator")
      .input("shape: T")
      .output("key: uint64")
      .output("counter: uint64")
      .attr("seed: int = 0")
      .attr("seed2: int = 0")
      .attr("T: {int32, int64}")
      .host("shape")
      .infer([](InferContext& c) {
        c.set_output(0, Shape({1}));
        c.set_output(1, Shape({2}));
      })
      .no_grad()
      .decompose(decompose_generator)
      .traits(kStateful | kRandom);
}

}  // namespace tern

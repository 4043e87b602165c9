// einsum.cc: TensorFlow's op of one or two operands. The public function
// (contraction.cc) takes any number of them apart into products.

#include <map>

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/linalg/einsum_equation.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Sizes by label; those of "..." broadcast.
class Sizes {
 public:
  void add(const Shape& shape, const std::vector<int>& labels) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::int64_t size = shape[static_cast<int>(i)];
      auto [it, is_new] = sizes_.emplace(labels[i], size);
      std::int64_t& known = it->second;
      if (is_new || size == known) continue;
      const bool broadcasts = labels[i] >= 256;
      if (broadcasts && known == 1)
        known = size;
      else if (known < 0 && (!broadcasts || size > 1))
        known = size;
      else if (size >= 0 && known >= 0 && !(broadcasts && size == 1))
        throw InvalidArgumentError("Expected dimension ",
                                   known,
                                   " at axis ",
                                   i,
                                   " of the input shaped ",
                                   shape.debug_string(),
                                   " but got dimension ",
                                   size);
    }
  }
  std::int64_t of(int label) const { return sizes_.at(label); }

 private:
  std::map<int, std::int64_t> sizes_;
};

void infer_einsum(InferContext& c) {
  const auto& text = c.attr<std::string>("equation");
  const EinsumEquation equation = EinsumEquation::parse(text);
  const auto operands = static_cast<int>(equation.operands.size());
  if (operands != c.num_inputs())
    throw InvalidArgumentError(
        "Expected ", operands, " inputs but got: ", c.num_inputs());
  Sizes sizes;
  int broadcast = 0;
  bool is_known = true;
  for (int i = 0; i < operands; ++i) {
    const Subscripts& subscripts =
        equation.operands[static_cast<std::size_t>(i)];
    const Shape& shape = c.input(i);
    const auto letters = static_cast<int>(subscripts.letters.size());
    is_known = is_known && shape.has_rank();
    if (!shape.has_rank()) continue;
    if (subscripts.has_dots() ? shape.rank() < letters
                              : shape.rank() != letters)
      throw InvalidArgumentError("Shape must be ",
                                 subscripts.has_dots() ? "at least " : "",
                                 "rank ",
                                 letters,
                                 " but is rank ",
                                 shape.rank(),
                                 "\n\t for ",
                                 i,
                                 "th input and equation: ",
                                 text);
    sizes.add(shape, subscripts.labels(shape.rank()));
    broadcast = std::max(broadcast, shape.rank() - letters);
  }
  if (!is_known) return c.set_output(0, Shape::unknown());
  if (broadcast > 0 && !equation.result.has_dots())
    throw InvalidArgumentError("Output contains ",
                               broadcast,
                               " broadcasting dimension(s) but no ellipsis "
                               "(...) was found in the output subscripts.");
  Shape output;
  for (int label : equation.result.labels(
           static_cast<int>(equation.result.letters.size()) + broadcast))
    output.append(sizes.of(label));
  c.set_output(0, output);
}

Tensor einsum_op(const std::string& equation, const Tensors& inputs) {
  return raw<"Einsum">(inputs, {{"equation", equation}});
}

/// The dimensions that "..." stands for in x.
int dims_of_dots(const Tensor& x, const Subscripts& subscripts) {
  if (!x.shape().has_rank())
    throw InvalidArgumentError(
        "The gradient of Einsum needs operands of known rank");
  return x.shape().rank() - static_cast<int>(subscripts.letters.size());
}

bool has_same_dots(const Tensor& x,
                   const Subscripts& a,
                   const Tensor& y,
                   const Subscripts& b) {
  const int count = dims_of_dots(x, a);
  if (count != dims_of_dots(y, b)) return false;
  for (int i = 0; i < count; ++i) {
    const std::int64_t size = x.shape()[a.dots + i];
    if (size < 0 || size != y.shape()[b.dots + i]) return false;
  }
  return true;
}

/// The gradient by `x`, whose subscripts are `own`: the product of dy and what
/// it was multiplied with (`others`: none or one operand), summed over what x
/// lacks.
Tensor operand_gradient(const Tensor& x,
                        const Subscripts& own,
                        const Tensor& dy,
                        const Subscripts& result,
                        const Tensor& other,
                        const Subscripts* others) {
  // Which of x's letters that product has, and which were summed over.
  std::string kept, summed;
  for (char letter : own.distinct())
    (result.has(letter) || (others && others->has(letter)) ? kept : summed) +=
        letter;
  const std::string dots = result.has_dots() ? "..." : "";
  Tensor gradient =
      others
          ? einsum_op(result.str() + "," + others->str() + "->" + dots + kept,
                      {dy, math::conj(other)})
          : einsum_op(result.str() + "->" + dots + kept, {dy});
  if (result.has_dots() && !own.has_dots()) {
    const int count = dims_of_dots(dy, result);
    if (count > 0) gradient = raw<"Sum">(gradient, raw<"Range">(0, count, 1));
  } else if (own.has_dots() && !has_same_dots(x, own, dy, result)) {
    gradient =
        sum_to_shape_of(gradient, einsum_op(own.str() + "->..." + kept, {x}));
  }
  if (!summed.empty()) {
    // The same for all elements of a sum.
    Tensors dims = {raw<"Shape">(gradient)};
    for (char letter : summed) {
      auto axis = static_cast<int>(own.letters.find(letter));
      if (own.has_dots() && axis >= own.dots) axis += dims_of_dots(x, own);
      gradient = raw<"ExpandDims">(gradient, -1);
      dims.push_back(raw<"GatherV2">(raw<"Shape">(x), Tensor{axis}, 0));
    }
    gradient = raw<"BroadcastTo">(gradient, concat(dims, 0));
  }
  const std::string here = (own.has_dots() ? "..." : "") + kept + summed;
  return here == own.str() ? gradient
                           : einsum_op(here + "->" + own.str(), {gradient});
}

void einsum_gradient(GradContext& g) {
  const EinsumEquation equation =
      EinsumEquation::parse(g.attr<std::string>("equation"));
  Tensor dy = g.dy();
  for (int i = 0; i < g.num_inputs(); ++i) {
    if (!g.needs(i)) continue;
    const bool has_other = g.num_inputs() == 2;
    const Subscripts* others =
        has_other ? &equation.operands[static_cast<std::size_t>(1 - i)]
                  : nullptr;
    g.set(i,
          operand_gradient(g.input(i),
                           equation.operands[static_cast<std::size_t>(i)],
                           dy,
                           equation.result,
                           has_other ? g.input(1 - i) : Tensor(),
                           others));
  }
}

}  // namespace

void register_einsum_ops(OpRegistry& registry) {
  registry.add("Einsum")
      .input("inputs: N * T")
      .output("output: T")
      .attr("equation: string")
      .attr("N: int >= 1")
      .attr("T: type")
      .infer(infer_einsum)
      .grad(einsum_gradient)
      .grad_reads({"inputs"});
}

}  // namespace tern

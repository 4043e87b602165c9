#include <algorithm>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise_gradients.h"
#include "tern/core/error.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Whether the shapes are known not to broadcast.
bool clash(const Shape& x, const Shape& y) {
  int common = std::min(x.rank(), y.rank());
  for (int i = 1; i <= common; ++i)
    if (x[-i] > 1 && y[-i] > 1
            ? x[-i] != y[-i]
            : (x[-i] == 0 && y[-i] > 1) || (y[-i] == 0 && x[-i] > 1))
      return true;
  return false;
}

/// As broadcasting, but unequal shapes may be allowed: the answer is then one
/// bool.
void equality_shape(InferContext& c) {
  bool shapes_must_fit = c.attr<bool>("incompatible_shape_error");
  const Shape &x = c.input(0), &y = c.input(1);
  if (shapes_must_fit) return broadcast_inputs(c);
  if (clash(x, y)) return c.set_output(0, Shape());
  bool known = x.is_fully_known() && y.is_fully_known();
  c.set_output(0, known ? broadcast_static_shape(x, y) : Shape::unknown());
}

void add_equality(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("x: T")
      .input("y: T")
      .output("z: bool")
      .attr("T: type")
      .attr("incompatible_shape_error: bool = true")
      .infer(equality_shape)
      .traits(kElementwise | kCommutative)
      .no_grad();
}

void add_ordering(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("x: T")
      .input("y: T")
      .output("z: bool")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64}")
      .infer(broadcast_inputs)
      .traits(kElementwise)
      .no_grad();
}

void add_logical(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("x: bool")
      .input("y: bool")
      .output("z: bool")
      .infer(broadcast_inputs)
      .traits(kElementwise | kCommutative)
      .no_grad();
}

/// Select: then and else are alike; the condition is too, or a scalar, or a
/// vector that chooses among rows.
void select_shape(InferContext& c) {
  const Shape& condition = c.input(0);
  Shape result = c.input(1).merge(c.input(2));
  if (condition.has_rank() && result.has_rank() && condition.rank() > 0) {
    bool rows = condition.rank() == 1 && result.rank() > 1 &&
                condition.is_compatible_with(result.slice(0, 1));
    if (!rows && !condition.is_compatible_with(result)) {
      // As the kernel of TensorFlow says it.
      throw InvalidArgumentError(
          "Inputs to operation ",
          c.op().name,
          " of type Select must have the same size and shape.  Input 0: ",
          condition.debug_string(),
          " != input 1: ",
          result.debug_string());
    }
  }
  c.set_output(0, result);
}

void select_v2_shape(InferContext& c) {
  try {
    Shape branches = c.input(1) == c.input(2)
                         ? c.input(1)
                         : broadcast_static_shape(c.input(1), c.input(2));
    c.set_output(0,
                 branches == c.input(0)
                     ? branches
                     : broadcast_static_shape(c.input(0), branches));
  } catch (const InvalidArgumentError&) {
    throw InvalidArgumentError("condition ",
                               c.input(0).debug_string(),
                               ", then ",
                               c.input(1).debug_string(),
                               ", and else ",
                               c.input(2).debug_string(),
                               " must be broadcastable");
  }
}

void add_select_ops(OpRegistry& registry) {
  registry.add("Select")
      .input("condition: bool")
      .input("t: T")
      .input("e: T")
      .output("output: T")
      .attr("T: type")
      .infer(select_shape)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        Tensor zero = raw<"ZerosLike">(g.dy());
        if (g.needs(1)) g.set(1, raw<"Select">(g.input(0), g.dy(), zero));
        if (g.needs(2)) g.set(2, raw<"Select">(g.input(0), zero, g.dy()));
      })
      .grad_reads({"condition"});
  registry.add("SelectV2")
      .input("condition: bool")
      .input("t: T")
      .input("e: T")
      .output("output: T")
      .attr("T: type")
      .infer(select_v2_shape)
      .traits(kElementwise)
      .grad([](GradContext& g) {
        // The other operands together: what broadcasts input i.
        if (g.needs(1))
          g.set(1, sum_to_shape_of(where(g.input(0), g.dy(), 0), g.input(1)));
        if (g.needs(2))
          g.set(2, sum_to_shape_of(where(g.input(0), 0, g.dy()), g.input(2)));
      })
      .grad_reads({"condition"});
}

}  // namespace

void register_comparison_ops(OpRegistry& registry) {
  add_equality(registry, "Equal");
  add_equality(registry, "NotEqual");
  for (const char* name : {"Less", "LessEqual", "Greater", "GreaterEqual"})
    add_ordering(registry, name);
  add_logical(registry, "LogicalAnd");
  add_logical(registry, "LogicalOr");
  add_select_ops(registry);
}

Tensor equal(const Tensor& x, const Tensor& y) { return raw<"Equal">(x, y); }
Tensor not_equal(const Tensor& x, const Tensor& y) {
  return raw<"NotEqual">(x, y);
}
Tensor less(const Tensor& x, const Tensor& y) { return raw<"Less">(x, y); }
Tensor less_equal(const Tensor& x, const Tensor& y) {
  return raw<"LessEqual">(x, y);
}
Tensor greater(const Tensor& x, const Tensor& y) {
  return raw<"Greater">(x, y);
}
Tensor greater_equal(const Tensor& x, const Tensor& y) {
  return raw<"GreaterEqual">(x, y);
}
Tensor logical_and(const Tensor& x, const Tensor& y) {
  return raw<"LogicalAnd">(x, y);
}
Tensor logical_or(const Tensor& x, const Tensor& y) {
  return raw<"LogicalOr">(x, y);
}
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y) {
  return raw<"SelectV2">(condition, x, y);
}

Tensor operator<(const Tensor& x, const Tensor& y) { return less(x, y); }
Tensor operator<=(const Tensor& x, const Tensor& y) { return less_equal(x, y); }
Tensor operator>(const Tensor& x, const Tensor& y) { return greater(x, y); }
Tensor operator>=(const Tensor& x, const Tensor& y) {
  return greater_equal(x, y);
}
Tensor operator==(const Tensor& x, const Tensor& y) {
  return raw<"Equal">(x, y, {{"incompatible_shape_error", false}});
}
Tensor operator!=(const Tensor& x, const Tensor& y) {
  return raw<"NotEqual">(x, y, {{"incompatible_shape_error", false}});
}

}  // namespace tern

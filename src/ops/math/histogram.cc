// histogram.cc: counts of values, and the n-th of them.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

constexpr const char* kCountable = "T: {int32, int64, float, double}";

void infer_nth_element(InferContext& c) {
  const Shape& input = c.with_rank_at_least(0, 1);
  c.with_rank(1, 0);
  if (!input.has_rank()) return c.set_output(0, Shape::unknown());
  if (auto n = c.value_as_int(1)) {
    if (*n < 0) throw InvalidArgumentError("n must be non-negative, got ", *n);
    if (input[-1] >= 0 && input[-1] <= *n)
      throw InvalidArgumentError(
          "Input must have last dimension > n = ", *n, " but is ", input[-1]);
  }
  c.set_output(0, input.slice(0, -1));
}

/// Ties share the gradient evenly.
void nth_element_gradient(GradContext& g) {
  Tensor last = constant(-1);
  Tensor nth = raw<"ExpandDims">(g.output(), last);
  Tensor chosen = raw<"Cast">(raw<"Equal">(nth, g.input(0)),
                              {{"DstT", g.input(0).dtype()}});
  Tensor count = raw<"Sum">(chosen, last, {{"keep_dims", true}});
  g.set(0, chosen / count * raw<"ExpandDims">(g.dy(), last));
}

}  // namespace

void register_histogram_ops(OpRegistry& registry) {
  registry.add("NthElement")
      .input("input: T")
      .input("n: int32")
      .output("values: T")
      .attr("reverse: bool = false")
      .attr("T: realnumbertype")
      .host("n")
      .infer(infer_nth_element)
      .grad(nth_element_gradient);
  registry.add("Bincount")
      .input("arr: int32")
      .input("size: int32")
      .input("weights: T")
      .output("bins: T")
      .attr(kCountable)
      .host("size")
      .infer([](InferContext& c) {
        c.with_rank(1, 0);
        auto size = c.value_as_int(1);
        if (size && *size < 0)
          throw InvalidArgumentError("size (", *size, ") must be non-negative");
        const Shape &values = c.input(0), &weights = c.input(2);
        if (values.is_fully_known() && weights.is_fully_known() &&
            weights.num_elements() > 0 && !(weights == values))
          throw InvalidArgumentError(
              "If weights are passed, they must have the same shape (",
              weights.debug_string(),
              ") as arr (",
              values.debug_string(),
              ")");
        c.set_output(0, Shape({size.value_or(-1)}));
      });
  registry.add("HistogramFixedWidth")
      .input("values: T")
      .input("value_range: T")
      .input("nbins: int32")
      .output("out: dtype")
      .attr(kCountable)
      .attr("dtype: {int32, int64} = DT_INT32")
      .host("nbins")
      .infer([](InferContext& c) {
        const Shape& range = c.with_rank(1, 1);
        if (range.has_rank() && range[0] >= 0 && range[0] != 2)
          throw InvalidArgumentError(
              "value_range should be a vector of 2 elements, got ",
              range.debug_string());
        c.with_rank(2, 0);
        auto bins = c.value_as_int(2);
        if (bins && *bins <= 0)
          throw InvalidArgumentError(
              "nbins should be a positive number, but got '", *bins, "'");
        c.set_output(0, Shape({bins.value_or(-1)}));
      })
      .no_grad();
}

}  // namespace tern

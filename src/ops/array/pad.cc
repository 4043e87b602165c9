// pad.cc: tensors with borders around them.

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

/// Checks paddings [rank, 2] and returns the rank, -1 where it is not known.
int padded_rank(InferContext& c) {
  const Shape& input = c.input(0);
  const Shape& paddings = c.input(1);
  if (!paddings.has_rank()) return input.rank();
  if (paddings.rank() != 2 || (paddings[1] >= 0 && paddings[1] != 2))
    throw InvalidArgumentError("paddings must be a matrix with 2 columns: ",
                               paddings.debug_string());
  if (paddings[0] < 0) return input.rank();
  if (input.has_rank() && paddings[0] != input.rank())
    throw InvalidArgumentError(
        "The first dimension of paddings must be the rank of inputs",
        paddings.debug_string(),
        " ",
        input.debug_string());
  return static_cast<int>(paddings[0]);
}

struct Sides {
  std::int64_t before, after;
};

Sides sides_of(const std::vector<std::int64_t>& paddings, int dim) {
  const auto i = static_cast<std::size_t>(2 * dim);
  return {paddings[i], paddings[i + 1]};
}

void padded(InferContext& c) {
  if (c.num_inputs() == 3) c.with_rank(2, 0);
  const int rank = padded_rank(c);
  if (rank < 0) return c.set_output(0, Shape::unknown());
  const Shape& input = c.input(0);
  Shape result = Shape::unknown_dims(rank);
  if (const auto paddings = c.value_as_ints(1)) {
    for (int i = 0; i < rank; ++i) {
      const auto [before, after] = sides_of(*paddings, i);
      if (before < 0 || after < 0)
        throw InvalidArgumentError(
            "Paddings must be non-negative: ", before, " ", after);
      if (input.has_rank() && input[i] >= 0)
        result.set_dim(i, before + input[i] + after);
    }
  }
  c.set_output(0, std::move(result));
}

/// How far a border may reach: with the edge repeated up to the whole
/// dimension, mirrored at the edge one less.
std::int64_t mirror_limit(InferContext& c, std::int64_t size) {
  return c.attr<std::string>("mode") == "SYMMETRIC" ? size : size - 1;
}

void check_mirror(InferContext& c, Sides sides, std::int64_t size) {
  if (sides.before < 0 || sides.after < 0)
    throw InvalidArgumentError(
        "paddings must be non-negative: ", sides.before, " ", sides.after);
  const std::int64_t limit = mirror_limit(c, size);
  if (sides.before > limit || sides.after > limit)
    throw InvalidArgumentError(
        limit == size ? "paddings must be no greater than the dimension size: "
                      : "paddings must be less than the dimension size: ",
        sides.before,
        ", ",
        sides.after,
        limit == size ? " greater than " : " not less than ",
        size);
}

void mirror_padded(InferContext& c) {
  const int rank = padded_rank(c);
  if (rank < 0) return c.set_output(0, Shape::unknown());
  const Shape& input = c.input(0);
  Shape result = Shape::unknown_dims(rank);
  const auto paddings = c.value_as_ints(1);
  for (int i = 0; paddings && input.has_rank() && i < rank; ++i) {
    if (input[i] < 0) continue;
    const Sides sides = sides_of(*paddings, i);
    check_mirror(c, sides, input[i]);
    result.set_dim(i, sides.before + input[i] + sides.after);
  }
  c.set_output(0, std::move(result));
}

void mirror_unpadded(InferContext& c) {
  const int rank = padded_rank(c);
  if (rank < 0) return c.set_output(0, Shape::unknown());
  const Shape& input = c.input(0);
  Shape result = Shape::unknown_dims(rank);
  const auto paddings = c.value_as_ints(1);
  for (int i = 0; paddings && input.has_rank() && i < rank; ++i) {
    if (input[i] < 0) continue;
    const Sides sides = sides_of(*paddings, i);
    const std::int64_t size = input[i] - sides.before - sides.after;
    if (size < 0)
      throw InvalidArgumentError(
          "Total paddings must be less than the input "
          "dimension size: ",
          sides.before,
          ", ",
          sides.after,
          " and ",
          input[i]);
    check_mirror(c, sides, size);
    result.set_dim(i, size);
  }
  c.set_output(0, std::move(result));
}

/// The part of dy that was input.
void pad_gradient(GradContext& g) {
  const Tensor& paddings = g.input(1);
  const DType type = paddings.dtype();
  Tensor begin;
  if (const auto known = known_ints(paddings)) {
    std::vector<std::int64_t> before;
    for (std::size_t i = 0; i < known->size(); i += 2)
      before.push_back((*known)[i]);
    begin = index_vector(before, type);
  } else {
    const Tensor first_column =
        raw<"Slice">(paddings,
                     index_vector(std::vector<std::int64_t>{0, 0}),
                     index_vector(std::vector<std::int64_t>{-1, 1}));
    begin = raw<"Reshape">(first_column,
                           index_vector(std::vector<std::int64_t>{-1}));
  }
  g.set(0, raw<"Slice">(g.dy(), begin, shape(g.input(0), type)));
}

/// Each of MirrorPad and MirrorPadGrad is linear, and the other's gradient.
template <detail::FixedString Other>
void mirror_gradient(GradContext& g) {
  g.set(
      0,
      raw<Other>(g.dy(), g.input(1), {{"mode", g.attr<std::string>("mode")}}));
}

/// What the signatures share; `third` is an input after the paddings.
OpBuilder add_pad(OpBuilder op, std::string_view third = {}) {
  op.input("input: T").input("paddings: Tpaddings");
  if (!third.empty()) op.input(third);
  op.output("output: T")
      .attr("T: type")
      .attr("Tpaddings: {int32, int64} = DT_INT32")
      .host("paddings")
      .grad_reads({"paddings"});
  return op;
}

}  // namespace

void register_pad_ops(OpRegistry& registry) {
  add_pad(registry.add("Pad")).infer(padded).grad(pad_gradient);
  add_pad(registry.add("PadV2"), "constant_values: T")
      .infer(padded)
      .grad(pad_gradient);
  add_pad(registry.add("MirrorPad"))
      .attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .infer(mirror_padded)
      .grad(mirror_gradient<"MirrorPadGrad">);
  add_pad(registry.add("MirrorPadGrad"))
      .attr("mode: {'REFLECT', 'SYMMETRIC'}")
      .infer(mirror_unpadded)
      .grad(mirror_gradient<"MirrorPad">);
}

Tensor pad(const Tensor& tensor,
           const Tensor& paddings,
           const PadOptions& options) {
  if (options.mode == "CONSTANT")
    return raw<"PadV2">(tensor, paddings, options.constant_values);
  if (options.mode == "REFLECT" || options.mode == "SYMMETRIC")
    return raw<"MirrorPad">(tensor, paddings, {{"mode", options.mode}});
  throw InvalidArgumentError(
      "Value of argument mode expected to be one of "
      "CONSTANT, REFLECT, or SYMMETRIC. Received ",
      options.mode);
}

}  // namespace tern

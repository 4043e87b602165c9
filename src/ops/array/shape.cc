// shape.cc: ops that speak of a tensor's shape, or give it another.

#include <limits>

#include "ops/apply.h"
#include "ops/array/index_vector.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern {
namespace {

void shape_vectors(InferContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i)
    c.set_output(i, Shape{c.input(i).rank()});
}

/// The dimensions that are known multiply to this.
std::int64_t known_product(const Shape& shape) {
  std::int64_t product = 1;
  for (std::int64_t dim : shape)
    if (dim >= 0) product *= dim;
  return product;
}

int count_unknown(const Shape& shape) {
  int unknown = 0;
  for (std::int64_t dim : shape) unknown += dim < 0;
  return unknown;
}

[[noreturn]] void throw_reshape(std::int64_t elements,
                                const char* wants,
                                std::int64_t product) {
  throw InvalidArgumentError("Input to reshape is a tensor with ",
                             elements,
                             " values, but the requested shape ",
                             wants,
                             product);
}

/// The entries of a requested shape: at most one -1, nothing below.
void check_sizes(const std::vector<std::int64_t>& sizes) {
  std::ptrdiff_t wildcard = -1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      if (wildcard >= 0)
        throw InvalidArgumentError(
            "Only one input size may be -1, not both ", wildcard, " and ", i);
      wildcard = static_cast<std::ptrdiff_t>(i);
    } else if (sizes[i] < 0) {
      throw InvalidArgumentError(
          "Size ", i, " must be non-negative, not ", sizes[i]);
    }
  }
}

/// Fills the one unknown dimension of `target` so that it holds as many
/// elements as `input`. A zero in both is left out of the division: [0, 3] as
/// [-1, 0] is [3, 0].
void fill_wildcard(const Shape& input, Shape& target) {
  bool target_has_zero = false;
  std::int64_t product = 1;
  int wildcard = -1;
  for (int i = 0; i < target.rank(); ++i) {
    if (target[i] < 0)
      wildcard = i;
    else if (target[i] == 0)
      target_has_zero = true;
    else
      product *= target[i];
  }
  std::int64_t elements = 1;
  bool left_out_zero = false;
  for (std::int64_t dim : input) {
    if (dim == 0 && target_has_zero)
      left_out_zero = true;
    else
      elements *= dim;
  }
  if (!left_out_zero && elements % product != 0)
    throw_reshape(elements, "requires a multiple of ", product);
  target.set_dim(wildcard, elements / product);
}

void reshaped(InferContext& c) {
  const Shape& input = c.input(0);
  const Shape& sizes = c.input(1);
  if (sizes.has_rank() && sizes.rank() > 1)
    throw InvalidArgumentError("sizes input must be 1-D, not ",
                               sizes.debug_string());
  Shape target;
  if (auto values = c.value_as_ints(1)) {
    check_sizes(*values);
    target = Shape(*values);
  } else {
    target = c.value_as_partial_shape(1);
  }
  if (target.has_rank() && input.is_fully_known()) {
    const int unknown = count_unknown(target);
    if (unknown == 1) fill_wildcard(input, target);
    if (unknown <= 1 && target.num_elements() != input.num_elements())
      throw_reshape(input.num_elements(), "has ", target.num_elements());
  }
  if (target.has_rank() && input.has_rank() && !input.is_fully_known() &&
      target.is_fully_known()) {
    const std::int64_t known = known_product(input);
    const std::int64_t wanted = target.num_elements();
    if (known == 0 ? wanted != 0 : wanted % known != 0)
      throw InvalidArgumentError("Cannot reshape a tensor of shape ",
                                 input.debug_string(),
                                 " to shape ",
                                 target.debug_string(),
                                 " (",
                                 wanted,
                                 " elements)");
  }
  c.set_output(0, std::move(target));
}

/// dy in the shape that input 0 had.
void reshape_back(GradContext& g) {
  g.set(0, raw<"Reshape">(g.dy(), shape_tensor(g.input(0))));
}

void expanded_dims(InferContext& c) {
  const Shape& dim_shape = c.input(1);
  if (dim_shape.is_fully_known() && dim_shape.num_elements() != 1)
    throw InvalidArgumentError("'dim' must be a tensor with a single value");
  const Shape& input = c.input(0);
  if (!input.has_rank()) return c.set_output(0, Shape::unknown());
  const auto values = c.value_as_ints(1);
  if (!values) return c.set_output(0, Shape::unknown_dims(input.rank() + 1));
  std::int64_t dim = values->at(0);
  if (dim < -input.rank() - 1 || dim > input.rank())
    throw InvalidArgumentError("Tried to expand dim index ",
                               dim,
                               " for tensor with ",
                               input.rank(),
                               " dimensions.");
  if (dim < 0) dim += input.rank() + 1;
  Shape result = input;
  result.insert(static_cast<int>(dim), 1);
  c.set_output(0, std::move(result));
}

void squeezed(InferContext& c) {
  const Shape& input = c.input(0);
  const auto& dims = c.attr<std::vector<std::int64_t>>("squeeze_dims");
  if (!input.has_rank()) return c.set_output(0, Shape::unknown());
  std::vector<bool> named(static_cast<std::size_t>(input.rank()), false);
  for (std::int64_t dim : dims) {
    if (dim < -input.rank() || dim >= input.rank())
      throw InvalidArgumentError("Tried to squeeze dim index ",
                                 dim,
                                 " for tensor with ",
                                 input.rank(),
                                 " dimensions.");
    if (dim < 0) dim += input.rank();
    named[static_cast<std::size_t>(dim)] = true;
  }
  Shape result;
  for (int i = 0; i < input.rank(); ++i) {
    if (dims.empty()) {
      // Whether an unknown dimension stays shows only when it is known.
      if (input[i] < 0) return c.set_output(0, Shape::unknown());
      if (input[i] != 1) result.append(input[i]);
    } else if (!named[static_cast<std::size_t>(i)]) {
      result.append(input[i]);
    } else if (input[i] >= 0 && input[i] != 1) {
      throw InvalidArgumentError("Can not squeeze dim[",
                                 i,
                                 "], expected a dimension of 1, got ",
                                 input[i]);
    }
  }
  c.set_output(0, std::move(result));
}

}  // namespace

void register_shape_ops(OpRegistry& registry) {
  registry.add("Shape")
      .input("input: T")
      .output("output: out_type")
      .attr("T: type")
      .attr("out_type: {int32, int64} = DT_INT32")
      .infer(shape_vectors)
      .no_grad()
      .host_output("output");

  registry.add("ShapeN")
      .input("input: N * T")
      .output("output: N * out_type")
      .attr("N: int >= 1")
      .attr("T: type")
      .attr("out_type: {int32, int64} = DT_INT32")
      .infer(shape_vectors)
      .no_grad()
      .host_output("output");

  registry.add("Size")
      .input("input: T")
      .output("output: out_type")
      .attr("T: type")
      .attr("out_type: {int32, int64} = DT_INT32")
      .infer(scalar_output)
      .no_grad()
      .host_output("output");

  registry.add("Rank")
      .input("input: T")
      .output("output: int32")
      .attr("T: type")
      .infer(scalar_output)
      .no_grad()
      .host_output("output");

  registry.add("Reshape")
      .input("tensor: T")
      .input("shape: Tshape")
      .output("output: T")
      .attr("T: type")
      .attr("Tshape: {int32, int64} = DT_INT32")
      .host("shape")
      .infer(reshaped)
      .grad(reshape_back)
      .grad_reads({})
      .forwards();

  registry.add("ExpandDims")
      .input("input: T")
      .input("dim: Tdim")
      .output("output: T")
      .attr("T: type")
      .attr("Tdim: {int32, int64} = DT_INT32")
      .host("dim")
      .infer(expanded_dims)
      .grad(reshape_back)
      .grad_reads({})
      .forwards();

  registry.add("Squeeze")
      .input("input: T")
      .output("output: T")
      .attr("T: type")
      .attr("squeeze_dims: list(int) >= 0 = []")
      .infer(squeezed)
      .grad(reshape_back)
      .grad_reads({})
      .forwards();
}

namespace {

/// Shapes are int32 unless a number is too large for it.
bool fits_int32(const Shape& shape) {
  for (std::int64_t dim : shape)
    if (dim > std::numeric_limits<std::int32_t>::max()) return false;
  return true;
}

Tensor int_scalar(std::int64_t value, DType dtype) {
  if (dtype == int64) return constant(value, int64);
  return constant(value, int32);
}

}  // namespace

Tensor rank(const Tensor& input) {
  if (input.shape().has_rank()) return constant(input.shape().rank(), int32);
  return raw<"Rank">(input);
}

Tensor size(const Tensor& input, DType out_type) {
  const std::int64_t elements = input.num_elements();
  if (elements >= 0) return int_scalar(elements, out_type);
  return raw<"Size">(input, {{"out_type", out_type}});
}

Tensor shape(const Tensor& input, DType out_type) {
  const Shape& known = input.shape();
  if (!known.is_fully_known() || (out_type == int32 && !fits_int32(known)))
    return raw<"Shape">(input, {{"out_type", out_type}});
  return index_vector(known.dims(), out_type);
}

Tensor reshape(const Tensor& tensor, const ShapeArg& shape) {
  return raw<"Reshape">(tensor, shape.tensor());
}

Tensor expand_dims(const Tensor& input, int axis) {
  return raw<"ExpandDims">(input, constant(axis, int32));
}

Tensor squeeze(const Tensor& input, const Ints& axis) {
  return raw<"Squeeze">(input, {{"squeeze_dims", axis.values()}});
}

}  // namespace tern

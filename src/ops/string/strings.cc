// strings.cc: ops on strings, which live in host memory always.

#include "tern/ops/strings.h"

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Inputs of one shape, or scalars among them.
void joined_shape(InferContext& c) {
  Shape result;
  bool unknown = false;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Shape& shape = c.input(i);
    unknown = unknown || !shape.has_rank();
    if (!shape.has_rank() || shape.rank() == 0) continue;
    if (result.rank() != 0 && !result.is_compatible_with(shape))
      throw InvalidArgumentError("Input shapes do not match: ",
                                 result.debug_string(),
                                 " vs. ",
                                 shape.debug_string());
    result = result.rank() == 0 ? shape : result.merge(shape);
  }
  c.set_output(0, unknown && result.rank() == 0 ? Shape::unknown() : result);
}

void reduced_shape(InferContext& c) {
  const Shape& input = c.input(0);
  auto axes = c.value_as_ints(1);
  bool keep_dims = c.attr<bool>("keep_dims");
  if (!input.has_rank() || !axes) {
    c.set_output(0,
                 input.has_rank() && keep_dims
                     ? Shape::unknown_dims(input.rank())
                     : Shape::unknown());
    return;
  }
  int rank = input.rank();
  std::vector<bool> reduced(static_cast<std::size_t>(rank));
  for (std::int64_t axis : *axes) {
    std::int64_t at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank)
      throw InvalidArgumentError("Invalid reduction dimension ",
                                 axis,
                                 " for input with ",
                                 rank,
                                 " dimension(s)");
    if (reduced[static_cast<std::size_t>(at)])
      throw InvalidArgumentError("Duplicate reduction dimension ", axis);
    reduced[static_cast<std::size_t>(at)] = true;
  }
  Shape result;
  for (int d = 0; d < rank; ++d) {
    if (!reduced[static_cast<std::size_t>(d)])
      result.append(input[d]);
    else if (keep_dims)
      result.append(1);
  }
  c.set_output(0, result);
}

/// pos and len have one shape, which broadcasts with the input's.
void substring_shape(InferContext& c) {
  if (!c.input(1).is_compatible_with(c.input(2)))
    throw InvalidArgumentError("pos and len should have the same shape, got: ",
                               c.input(1).debug_string(),
                               " vs. ",
                               c.input(2).debug_string());
  c.set_output(0, broadcast_static_shape(c.input(0), c.input(1)));
}

int count_of(std::string_view text, std::string_view part) {
  int count = 0;
  if (part.empty()) return 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

/// As many placeholders in the template as there are inputs.
void format_shape(InferContext& c) {
  int places = count_of(c.attr<std::string>("template"),
                        c.attr<std::string>("placeholder"));
  if (places != c.num_inputs())
    throw InvalidArgumentError(
        "num placeholders in template and num inputs must match: ",
        places,
        " vs. ",
        c.num_inputs());
  c.set_output(0, Shape());
}

void add_case_op(OpRegistry& registry, std::string_view name) {
  registry.add(name)
      .input("input: string")
      .output("output: string")
      .attr("encoding: string = ''")
      .infer(same_as_input)
      .no_grad()
      .traits(kHostOnly);
}

}  // namespace

void register_strings_ops(OpRegistry& registry) {
  registry.add("StringJoin")
      .input("inputs: N * string")
      .output("output: string")
      .attr("N: int >= 0")
      .attr("separator: string = ''")
      .infer(joined_shape)
      .no_grad()
      .traits(kHostOnly);

  registry.add("StringLength")
      .input("input: string")
      .output("output: int32")
      .attr("unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'")
      .infer(same_as_input)
      .no_grad()
      .traits(kHostOnly);

  registry.add("StringFormat")
      .input("inputs: T")
      .output("output: string")
      .attr("T: list(type) >= 0")
      .attr("template: string = '%s'")
      .attr("placeholder: string = '%s'")
      .attr("summarize: int = 3")
      .infer(format_shape)
      .no_grad()
      .traits(kHostOnly);

  registry.add("AsString")
      .input("input: T")
      .output("output: string")
      .attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, "
          "uint16, half, uint32, uint64, complex64, complex128, bool, "
          "variant, string}")
      .attr("precision: int = -1")
      .attr("scientific: bool = false")
      .attr("shortest: bool = false")
      .attr("width: int = -1")
      .attr("fill: string = ''")
      .infer(same_as_input)
      .no_grad()
      .traits(kHostOnly);

  registry.add("StringToNumber")
      .input("string_tensor: string")
      .output("output: out_type")
      .attr(
          "out_type: {float, double, int32, int64, uint32, uint64} = "
          "DT_FLOAT")
      .infer(same_as_input)
      .no_grad()
      .traits(kHostOnly);

  add_case_op(registry, "StringLower");
  add_case_op(registry, "StringUpper");

  registry.add("StringStrip")
      .input("input: string")
      .output("output: string")
      .infer(same_as_input)
      .no_grad()
      .traits(kHostOnly);

  registry.add("ReduceJoin")
      .input("inputs: string")
      .input("reduction_indices: int32")
      .output("output: string")
      .attr("keep_dims: bool = false")
      .attr("separator: string = ''")
      .host("reduction_indices")
      .infer(reduced_shape)
      .no_grad()
      .traits(kHostOnly);

  registry.add("Substr")
      .input("input: string")
      .input("pos: T")
      .input("len: T")
      .output("output: string")
      .attr("T: {int32, int64}")
      .attr("unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'")
      .infer(substring_shape)
      .no_grad()
      .traits(kHostOnly);
}

namespace strings {

Tensor join(const Tensors& inputs, JoinOptions options) {
  return raw<"StringJoin">(inputs, {{"separator", options.separator}});
}

Tensor length(const Tensor& input, LengthOptions options) {
  return raw<"StringLength">(input, {{"unit", options.unit}});
}

Tensor lower(const Tensor& input, EncodingOptions options) {
  return raw<"StringLower">(input, {{"encoding", options.encoding}});
}

Tensor upper(const Tensor& input, EncodingOptions options) {
  return raw<"StringUpper">(input, {{"encoding", options.encoding}});
}

Tensor strip(const Tensor& input) { return raw<"StringStrip">(input); }

Tensor to_number(const Tensor& input, DType dtype) {
  return raw<"StringToNumber">(input, {{"out_type", dtype}});
}

Tensor as_string(const Tensor& input, AsStringOptions options) {
  return raw<"AsString">(input,
                         {{"precision", options.precision},
                          {"scientific", options.scientific},
                          {"shortest", options.shortest},
                          {"width", options.width},
                          {"fill", options.fill}});
}

Tensor substr(const Tensor& input,
              const Tensor& pos,
              const Tensor& len,
              LengthOptions options) {
  return raw<"Substr">(input, pos, len, {{"unit", options.unit}});
}

Tensor reduce_join(const Tensor& input, ReduceJoinOptions options) {
  std::vector<std::int32_t> axes;
  if (options.axis.is_given())
    axes.assign(options.axis.values().begin(), options.axis.values().end());
  else  // all, the last running fastest: strings in the order of the elements
    for (int d = input.shape().rank() - 1; d >= 0; --d) axes.push_back(d);
  return raw<"ReduceJoin">(
      input,
      Tensor(axes),
      {{"keep_dims", options.keepdims}, {"separator", options.separator}});
}

}  // namespace strings
}  // namespace tern

// unicode.cc: text between encodings and code points.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/strings.h"

namespace tern {
namespace {

void decoded_shape(InferContext& c) {
  c.set_output(0, Shape{-1});
  const Shape& input = c.input(0);
  if (input.is_fully_known()) c.set_output(0, {input.num_elements() + 1});
  for (int i = 1; i < c.num_outputs(); ++i) c.set_output(i, Shape{-1});
}

void encoded_shape(InferContext& c) {
  c.with_rank(0, 1);
  const Shape& splits = c.with_rank(1, 1);
  const std::int64_t rows = splits.has_rank() ? splits[0] : -1;
  if (rows == 0)
    throw InvalidArgumentError("Row splits must have at least one entry");
  c.set_output(0, Shape{rows < 0 ? -1 : rows - 1});
}

}  // namespace

void register_unicode_ops(OpRegistry& registry) {
  registry.add("UnicodeDecode")
      .input("input: string")
      .output("row_splits: Tsplits")
      .output("char_values: int32")
      .attr("input_encoding: string")
      .attr("errors: {'strict', 'replace', 'ignore'} = 'replace'")
      .attr("replacement_char: int = 65533")
      .attr("replace_control_characters: bool = false")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .no_grad()
      .traits(kHostOnly)
      .infer(decoded_shape)
      .all_set_by_kernel();
  registry.add("UnicodeDecodeWithOffsets")
      .input("input: string")
      .output("row_splits: Tsplits")
      .output("char_values: int32")
      .output("char_to_byte_starts: int64")
      .attr("input_encoding: string")
      .attr("errors: {'strict', 'replace', 'ignore'} = 'replace'")
      .attr("replacement_char: int = 65533")
      .attr("replace_control_characters: bool = false")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .no_grad()
      .traits(kHostOnly)
      .infer(decoded_shape)
      .all_set_by_kernel();
  registry.add("UnicodeEncode")
      .input("input_values: int32")
      .input("input_splits: Tsplits")
      .output("output: string")
      .attr("errors: {'ignore', 'replace', 'strict'} = 'replace'")
      .attr("output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}")
      .attr("replacement_char: int = 65533")
      .attr("Tsplits: {int32, int64} = DT_INT64")
      .no_grad()
      .traits(kHostOnly)
      .infer(encoded_shape);
  registry.add("UnicodeTranscode")
      .input("input: string")
      .output("output: string")
      .attr("input_encoding: string")
      .attr("output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}")
      .attr("errors: {'strict', 'replace', 'ignore'} = 'replace'")
      .attr("replacement_char: int = 65533")
      .attr("replace_control_characters: bool = false")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("UnicodeScript")
      .input("input: int32")
      .output("output: int32")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
}

namespace strings {
namespace {

/// The parts of a decoded tensor for each string of `input`.
RaggedTensor rows_of(const Tensor& input,
                     const Tensor& splits,
                     const Tensor& values) {
  if (input.shape().rank() == 0) return RaggedTensor(values);
  RaggedTensor result =
      RaggedTensor::from_row_splits(values, splits, {.validate = false});
  for (int d = input.shape().rank() - 1; d > 0; --d)
    result = RaggedTensor::from_uniform_row_length(result, input.shape()[d]);
  return result;
}

}  // namespace

RaggedTensor unicode_decode(const Tensor& input,
                            std::string_view input_encoding,
                            UnicodeOptions options) {
  return unicode_decode_with_offsets(input, input_encoding, options).codepoints;
}

DecodedUnicode unicode_decode_with_offsets(const Tensor& input,
                                           std::string_view input_encoding,
                                           UnicodeOptions options) {
  Tensors parts = raw<"UnicodeDecodeWithOffsets">.outputs(
      {input},
      {{"input_encoding", std::string(input_encoding)},
       {"errors", options.errors},
       {"replacement_char", options.replacement_char},
       {"replace_control_characters", options.replace_control_characters}});
  return {rows_of(input, parts[0], parts[1]),
          rows_of(input, parts[0], parts[2])};
}

Tensor unicode_encode(const RaggedTensor& input,
                      std::string_view output_encoding,
                      UnicodeOptions options) {
  auto encode = [&](const Tensor& values, const Tensor& splits) {
    return raw<"UnicodeEncode">(
        values,
        splits,
        {{"errors", options.errors},
         {"output_encoding", std::string(output_encoding)},
         {"replacement_char", options.replacement_char}});
  };
  if (input.ragged_rank() == 1)
    return encode(input.flat_values(), input.row_splits());
  const Tensor& values = input.flat_values();
  if (input.ragged_rank() > 1 || values.shape().rank() != 1)
    throw InvalidArgumentError(
        "unicode_encode takes a vector of code points or a RaggedTensor of "
        "rows of them, got ragged_rank ",
        input.ragged_rank(),
        " and values of shape ",
        values.shape().debug_string());
  RaggedTensor row =
      RaggedTensor::from_uniform_row_length(values, values.shape()[0], 1);
  return encode(values, row.row_splits())[0];
}

Tensor unicode_transcode(const Tensor& input,
                         std::string_view input_encoding,
                         std::string_view output_encoding,
                         UnicodeOptions options) {
  return raw<"UnicodeTranscode">(
      input,
      {{"input_encoding", std::string(input_encoding)},
       {"output_encoding", std::string(output_encoding)},
       {"errors", options.errors},
       {"replacement_char", options.replacement_char},
       {"replace_control_characters", options.replace_control_characters}});
}

Tensor unicode_script(const Tensor& input) {
  return raw<"UnicodeScript">(input);
}

}  // namespace strings
}  // namespace tern

// decode.cc: strings that hold numbers, fields, compressed bytes or tensors;
// files as strings.

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/parsing.h"

namespace tern {
namespace {

void raw_shape(InferContext& c) {
  const Shape& input = c.input(0);
  c.set_output(
      0, input.has_rank() ? input.concatenate(Shape{-1}) : Shape::unknown());
}

void padded_raw_shape(InferContext& c) {
  const Shape& input = c.input(0);
  c.with_rank(1, 0);
  if (!input.has_rank()) return c.set_output(0, Shape::unknown());
  std::int64_t count = -1;
  if (auto length = c.value_as_int(1)) {
    const auto size =
        static_cast<std::int64_t>(c.attr<DType>("out_type").size());
    if (*length <= 0)
      throw InvalidArgumentError(
          "fixed_length (", *length, ") must be greater than zero.");
    if (*length % size != 0)
      throw InvalidArgumentError("Dimension size must be evenly divisible by ",
                                 size,
                                 " but is ",
                                 *length);
    count = *length / size;
  }
  c.set_output(0, input.concatenate(Shape{count}));
}

/// A default of each field is a scalar or a vector of one value or none.
void csv_shapes(InferContext& c) {
  for (int i = 1; i < c.num_inputs(); ++i) {
    const Shape& shape = c.input(i);
    if (shape.has_rank() && shape.rank() > 1)
      throw InvalidArgumentError(
          "Shape of a default must be a length-0 or length-1 vector, or a "
          "scalar.");
    if (shape.has_rank() && shape.rank() == 1 && shape[0] > 1)
      throw InvalidArgumentError(
          "There should only be 1 default per field but field ",
          i - 1,
          " has ",
          shape[0]);
  }
  for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.input(0));
}

void check_scalar(const InferContext& c, int i, const char* what) {
  if (c.input(i).has_rank() && c.input(i).rank() != 0)
    throw InvalidArgumentError("Expected `",
                               what,
                               "` to be a scalar, got shape: ",
                               c.input(i).debug_string());
}

}  // namespace

void register_decode_ops(OpRegistry& registry) {
  registry.add("DecodeRaw")
      .input("bytes: string")
      .output("output: out_type")
      .attr(
          "out_type: {half, float, double, int32, uint16, uint8, int16, int8, "
          "int64, complex64, complex128, bool, bfloat16}")
      .attr("little_endian: bool = true")
      .no_grad()
      .traits(kHostOnly)
      .infer(raw_shape)
      .set_by_kernel();
  registry.add("DecodePaddedRaw")
      .input("input_bytes: string")
      .input("fixed_length: int32")
      .output("output: out_type")
      .attr(
          "out_type: {half, float, double, int32, uint16, uint8, int16, int8, "
          "int64, bfloat16}")
      .attr("little_endian: bool = true")
      .no_grad()
      .traits(kHostOnly)
      .host("fixed_length")
      .infer(padded_raw_shape);
  registry.add("DecodeCSV")
      .input("records: string")
      .input("record_defaults: OUT_TYPE")
      .output("output: OUT_TYPE")
      .attr("OUT_TYPE: list({float, double, int32, int64, string}) >= 1")
      .attr("field_delim: string = ','")
      .attr("use_quote_delim: bool = true")
      .attr("na_value: string = ''")
      .attr("select_cols: list(int) = []")
      .no_grad()
      .traits(kHostOnly)
      .infer(csv_shapes);
  registry.add("DecodeCompressed")
      .input("bytes: string")
      .output("output: string")
      .attr("compression_type: string = ''")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("DecodeJSONExample")
      .input("json_examples: string")
      .output("binary_examples: string")
      .no_grad()
      .traits(kHostOnly)
      .infer(same_as_input);
  registry.add("ParseTensor")
      .input("serialized: string")
      .output("output: out_type")
      .attr("out_type: type")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        check_scalar(c, 0, "serialized");
        c.set_output(0, Shape::unknown());
      })
      .set_by_kernel();
  registry.add("SerializeTensor")
      .input("tensor: T")
      .output("serialized: string")
      .attr("T: type")
      .no_grad()
      .traits(kHostOnly)
      .infer(scalar_output);

  registry.add("ReadFile")
      .input("filename: string")
      .output("contents: string")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        c.with_rank(0, 0);
        c.set_output(0, Shape());
      });
  registry.add("WriteFile")
      .input("filename: string")
      .input("contents: string")
      .no_grad()
      .traits(kStateful | kHostOnly)
      .infer([](InferContext& c) {
        c.with_rank(0, 0);
        c.with_rank(1, 0);
      });
  registry.add("MatchingFiles")
      .input("pattern: string")
      .output("filenames: string")
      .no_grad()
      .traits(kHostOnly)
      .infer([](InferContext& c) {
        const Shape& pattern = c.input(0);
        if (pattern.has_rank() && pattern.rank() > 1)
          throw InvalidArgumentError(
              "Shape must be at most rank 1 but is rank ", pattern.rank());
        c.set_output(0, Shape{-1});
      })
      .set_by_kernel();
}

namespace io {

Tensor decode_raw(const Tensor& bytes, DType dtype, DecodeRawOptions options) {
  if (options.fixed_length)
    return raw<"DecodePaddedRaw">(
        bytes,
        Tensor(static_cast<std::int32_t>(*options.fixed_length)),
        {{"out_type", dtype}, {"little_endian", options.little_endian}});
  return raw<"DecodeRaw">(
      bytes, {{"out_type", dtype}, {"little_endian", options.little_endian}});
}

Tensors decode_csv(const Tensor& records,
                   const Tensors& record_defaults,
                   DecodeCsvOptions options) {
  Tensors inputs{records};
  for (const Tensor& value : record_defaults)
    inputs.push_back(value.is_weak() ? value.as_dtype(value.dtype()) : value);
  return raw<"DecodeCSV">.outputs(
      inputs,
      {{"field_delim", options.field_delim},
       {"use_quote_delim", options.use_quote_delim},
       {"na_value", options.na_value},
       {"select_cols", options.select_cols.values()}});
}

Tensor decode_compressed(const Tensor& bytes, std::string compression_type) {
  return raw<"DecodeCompressed">(
      bytes, {{"compression_type", std::move(compression_type)}});
}

Tensor decode_json_example(const Tensor& json_examples) {
  return raw<"DecodeJSONExample">(json_examples);
}

Tensor serialize_tensor(const Tensor& tensor) {
  return raw<"SerializeTensor">(tensor);
}

Tensor parse_tensor(const Tensor& serialized, DType dtype) {
  return raw<"ParseTensor">(serialized, {{"out_type", dtype}});
}

Tensor read_file(const Tensor& filename) { return raw<"ReadFile">(filename); }

void write_file(const Tensor& filename, const Tensor& contents) {
  raw<"WriteFile">(filename, contents);
}

Tensor matching_files(const Tensor& pattern) {
  return raw<"MatchingFiles">(pattern);
}

}  // namespace io
}  // namespace tern

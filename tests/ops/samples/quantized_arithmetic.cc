#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

/// Integers of a quantized dtype.
Input quantized(DType dtype, std::vector<std::int64_t> dims) {
  return made([dtype, dims] {
    const Shape shape(dims);
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < shape.num_elements(); ++i)
      numbers.push_back(static_cast<double>(3 + 11 * i % 100));
    return tensor_of_numbers(dtype, shape, numbers);
  });
}

Input one_float(float number) {
  return made([number] { return Tensor(std::vector<float>{number}, Shape()); });
}

const Input kLow = one_float(-1.5), kHigh = one_float(1);

}  // namespace

void add_quantized_arithmetic_samples(Samples& samples) {
  const Input wide = quantized(qint32, {2, 3});
  for (DType out : {quint8, qint8})
    samples.of("Requantize")
        .add({wide, kLow, kHigh, kLow, kHigh},
             {{"Tinput", qint32}, {"out_type", out}},
             kFixedTypes);
  samples.of("QuantizeDownAndShrinkRange")
      .add({wide, kLow, kHigh},
           {{"Tinput", qint32}, {"out_type", quint8}},
           kFixedTypes);
  samples.of("RequantizationRange")
      .add({wide, kLow, kHigh}, {{"Tinput", qint32}}, kFixedTypes);
  for (DType dtype : {quint8, qint32}) {
    const Input x = quantized(dtype, {2, 3});
    const Sample::NamedAttrs types = {{"Tinput", dtype}, {"out_type", dtype}};
    for (const char* op : {"QuantizedRelu", "QuantizedRelu6"})
      samples.of(op).add({x, kLow, kHigh}, types, kFixedTypes);
    samples.of("QuantizedReluX")
        .add({x, one_float(0.5), kLow, kHigh}, types, kFixedTypes);
    samples.of("QuantizedReshape")
        .add({x, ints({3, -1}), kLow, kHigh}, {{"T", dtype}}, kFixedTypes);
  }
  const Input a = quantized(quint8, {2, 3}), b = quantized(quint8, {3});
  const Sample::NamedAttrs types = {{"T1", quint8}, {"T2", quint8}};
  for (const char* op : {"QuantizedAdd", "QuantizedMul"})
    samples.of(op).add({a, b, kLow, kHigh, kLow, kHigh}, types, kFixedTypes);
  Sample::NamedAttrs biased = types;
  biased.emplace_back("out_type", qint32);
  samples.of("QuantizedBiasAdd")
      .add({a, b, kLow, kHigh, kLow, kHigh}, biased, kFixedTypes);
  samples.of("QuantizedConcat")
      .add({axis(1), a, quantized(quint8, {2, 1}), kLow, kLow, kHigh, kHigh},
           {{"N", 2}, {"T", quint8}},
           kFixedTypes);
  samples.of("QuantizedMatMul")
      .add({a, quantized(quint8, {3, 4}), kLow, kHigh, kLow, kHigh},
           types,
           kFixedTypes);
}

}  // namespace tern

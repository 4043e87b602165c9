#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

/// No element next to a limit, where finite differences would see a jump.
Input elements() {
  return values({-3.1, -1.4, -0.6, 0.05, 0.7, 1.3, 2.2, 3.9}, Dims{4, 2});
}

void add_rounding_samples(Samples& samples) {
  Input low = scalar(-1.9), high = scalar(1.6);
  // The gradients go straight through what is constant in pieces.
  for (const char* op : {"QuantizeAndDequantizeV2", "QuantizeAndDequantizeV4"})
    for (const char* mode : {"HALF_TO_EVEN", "HALF_UP"})
      for (bool is_signed : {true, false}) {
        Sample::NamedAttrs attrs = {{"signed_input", is_signed},
                                    {"range_given", true},
                                    {"round_mode", mode}};
        samples.of(op).add(
            {elements(), low, high}, attrs, kNoFiniteDifferences);
        attrs = {{"num_bits", 4}, {"narrow_range", true}, {"axis", 1}};
        samples.of(op).add({elements(), random({2}), random({2})},
                           attrs,
                           kNoFiniteDifferences);
      }
  samples.of("QuantizeAndDequantize")
      .add(elements(), kNoFiniteDifferences)
      .add(elements(),
           {{"range_given", true}, {"input_min", -1.0f}, {"input_max", 2.0f}},
           kNoFiniteDifferences);
  samples.of("QuantizeAndDequantizeV3")
      .add({elements(), low, high, ints({6}, Dims{})}, kNoFiniteDifferences);
  samples.of("QuantizeAndDequantizeV4Grad")
      .add({random({4, 2}), elements(), low, high}, kNoFiniteDifferences)
      .add({random({4, 2}), elements(), random({2}, -2, -1), random({2}, 1, 2)},
           {{"axis", 1}},
           kNoFiniteDifferences);
}

void add_fake_quant_samples(Samples& samples) {
  Input low = scalar(-1.9), high = scalar(1.6);
  Input lows = values({-1.9, -0.5}), highs = values({1.6, 3});
  for (bool narrow : {false, true}) {
    Sample::NamedAttrs attrs = {{"num_bits", narrow ? 4 : 8},
                                {"narrow_range", narrow}};
    samples.of("FakeQuantWithMinMaxArgs")
        .add(elements(), attrs, kNoFiniteDifferences);
    samples.of("FakeQuantWithMinMaxArgsGradient")
        .add({random({4, 2}), elements()}, attrs);
    samples.of("FakeQuantWithMinMaxVars")
        .add({elements(), low, high}, attrs, kNoFiniteDifferences)
        .add({elements(), scalar(0), scalar(0)}, attrs, kNoFiniteDifferences);
    samples.of("FakeQuantWithMinMaxVarsGradient")
        .add({random({4, 2}), elements(), low, high}, attrs);
    samples.of("FakeQuantWithMinMaxVarsPerChannel")
        .add({elements(), lows, highs}, attrs, kNoFiniteDifferences);
    samples.of("FakeQuantWithMinMaxVarsPerChannelGradient")
        .add({random({4, 2}), elements(), lows, highs}, attrs);
  }
}

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

}  // namespace

void add_quantize_samples(Samples& samples) {
  for (const char* mode : {"MIN_COMBINED", "MIN_FIRST", "SCALED"})
    for (std::int64_t axis : {-1, 1}) {
      if (axis >= 0 && mode == std::string_view("MIN_FIRST")) continue;
      Sample::NamedAttrs attrs = {{"mode", mode}, {"axis", axis}};
      Input low = axis < 0 ? scalar(-1.9) : values({-1.9, -0.5});
      Input high = axis < 0 ? scalar(1.6) : values({1.6, 3});
      samples.of("QuantizeV2").add({elements(), low, high}, attrs);
      samples.of("Dequantize").add({random({4, 2}, 0, 100), low, high}, attrs);
    }
  add_rounding_samples(samples);
  add_fake_quant_samples(samples);
  add_quantized_arithmetic_samples(samples);
}

}  // namespace tern

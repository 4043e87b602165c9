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
}

}  // namespace tern

#pragma once

#include <string>

#include "tern/core/tensor.h"

namespace tern::quantization {

struct QuantizeOptions {
  std::string mode = "MIN_COMBINED";               // or "MIN_FIRST", "SCALED"
  std::string round_mode = "HALF_AWAY_FROM_ZERO";  // or "HALF_TO_EVEN"
  bool narrow_range = false;
  int axis = -1;  ///< ranges for each slice along it; -1: one for all
  double ensure_minimum_range = 0.01;
};

struct DequantizeOptions {
  std::string mode = "MIN_COMBINED";
  bool narrow_range = false;
  int axis = -1;
  DType dtype = float32;  // or bfloat16
};

struct QuantizeAndDequantizeOptions {
  bool signed_input = true;
  int num_bits = 8;
  bool range_given = false;  ///< else the range is that of the elements
  std::string round_mode = "HALF_TO_EVEN";  // or "HALF_UP"
  bool narrow_range = false;
  int axis = -1;
};

struct FakeQuantArgsOptions {
  double min = -6;
  double max = 6;
  int num_bits = 8;
  bool narrow_range = false;
};

struct FakeQuantOptions {
  int num_bits = 8;
  bool narrow_range = false;
};

struct Quantized {
  Tensor output;
  Tensor output_min;
  Tensor output_max;
};

/// Floats as integers of T (qint8, quint8, qint16, quint16, qint32) that stand
/// for values in [min_range, max_range], and the range that was used: it holds
/// 0. Throws InvalidArgumentError where min_range > max_range.
Quantized quantize(const Tensor& input,
                   const Tensor& min_range,
                   const Tensor& max_range,
                   DType T,
                   const QuantizeOptions& options = {});
/// The floats that quantized integers stand for.
Tensor dequantize(const Tensor& input,
                  const Tensor& min_range,
                  const Tensor& max_range,
                  const DequantizeOptions& options = {});
/// Floats rounded as if quantized to num_bits and back. The gradient is 1
/// within the range, 0 beyond it, where min and max get it.
Tensor quantize_and_dequantize_v2(
    const Tensor& input,
    const Tensor& input_min,
    const Tensor& input_max,
    const QuantizeAndDequantizeOptions& options = {});

// Floats rounded to one of 2^num_bits values in [min, max], a range that is
// moved so that 0 is one of them; the gradient is as above. Throw
// InvalidArgumentError unless num_bits is 2 to 16.

Tensor fake_quant_with_min_max_args(const Tensor& inputs,
                                    const FakeQuantArgsOptions& options = {});
/// min and max are scalars.
Tensor fake_quant_with_min_max_vars(const Tensor& inputs,
                                    const Tensor& min,
                                    const Tensor& max,
                                    const FakeQuantOptions& options = {});
/// min and max hold a number for each channel, the last dimension.
Tensor fake_quant_with_min_max_vars_per_channel(
    const Tensor& inputs,
    const Tensor& min,
    const Tensor& max,
    const FakeQuantOptions& options = {});

}  // namespace tern::quantization

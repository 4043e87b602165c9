// Arithmetic on quantized integers, and their ranges.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/cpu/plain/quantize/quantized_range.h"
#include "kernels/cpu/plain/sparse/wide_values.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using Integers = std::vector<std::int64_t>;

float scalar(const KernelContext& c, int i) {
  if (c.input(i).num_elements() != 1)
    throw InvalidArgumentError(c.op().inputs[static_cast<std::size_t>(i)].name,
                               " must be a scalar, but got shape ",
                               c.input(i).shape().debug_string());
  return c.in<float>(i)[0];
}

MinFirstRange range_at(const KernelContext& c, int tensor, int low) {
  return {c.input(tensor).dtype(), scalar(c, low), scalar(c, low + 1)};
}

void set_range(KernelContext& c, float low, float high) {
  c.out<float>(1)[0] = low;
  c.out<float>(2)[0] = high;
}

/// TensorFlow goes from 32 to 8 bits in fixed point: 16 bits of fraction.
Integers to_8_bits(const Integers& in,
                   float in_low,
                   float in_high,
                   float out_low,
                   float out_high) {
  constexpr int kShift = 16;
  const float range = out_high - out_low;
  const float per_unit = range == 0 ? 0.0f : static_cast<float>(255.0 / range);
  const auto middle = static_cast<float>((in_low + in_high) / 2.0);
  const auto scale =
      range == 0 ? std::int64_t{0}
                 : static_cast<std::int64_t>(255.0 * (1 << kShift) *
                                             (in_high - in_low) / range);
  const auto in_offset =
      static_cast<std::int64_t>(middle * per_unit * (1 << kShift));
  const auto out_offset = range == 0
                              ? std::int64_t{0}
                              : static_cast<std::int64_t>(
                                    (1 << kShift) * (out_low * 255.0) / range);
  Integers out;
  for (std::int64_t value : in) {
    const std::int64_t fixed = ((value * scale) >> 32) + in_offset;
    const std::int64_t rounded =
        (fixed - out_offset + (1 << (kShift - 1))) >> kShift;
    out.push_back(std::clamp<std::int64_t>(rounded, 0, 255));
  }
  return out;
}

/// The same numbers on the levels of another range.
void requantize_to(KernelContext& c, float out_low, float out_high) {
  const Tensor& input = c.input(0);
  Tensor& output = c.output();
  const float in_low = scalar(c, 1), in_high = scalar(c, 2);
  const Integers values = wide_values<std::int64_t>(input);
  Integers result;
  if (input.dtype() == qint32 && output.dtype() == quint8) {
    result = to_8_bits(values, in_low, in_high, out_low, out_high);
  } else {
    const MinFirstRange from(input.dtype(), in_low, in_high);
    const MinFirstRange to(output.dtype(), out_low, out_high);
    for (std::int64_t value : values)
      result.push_back(static_cast<std::int64_t>(
          to.clamped(from.to_float(static_cast<double>(value)))));
  }
  set_values(std::span<const std::int64_t>(result), output);
  set_range(c, out_low, out_high);
}

/// The floats that the least and the greatest integer stand for; the range
/// holds 0.
std::pair<float, float> used_range(const KernelContext& c) {
  const MinFirstRange range = range_at(c, 0, 1);
  Integers values = wide_values<std::int64_t>(c.input(0));
  if (values.empty()) values.push_back(0);
  const auto [least, greatest] =
      std::minmax_element(values.begin(), values.end());
  return {std::min(0.0f, range.to_float(static_cast<double>(*least))),
          range.to_float(static_cast<double>(*greatest))};
}

void shrink_range(KernelContext& c) {
  auto [low, high] = used_range(c);
  requantize_to(c, low, high);
}

void requantize(KernelContext& c) {
  const float low = scalar(c, 3), high = scalar(c, 4);
  if (low > 0)
    throw InvalidArgumentError("requested_output_min must be <= 0, but got ",
                               low);
  if (high < low)
    throw InvalidArgumentError(
        "requested_output_max must be >= requested_output_min, but got ",
        high,
        " and ",
        low);
  requantize_to(c, low, high);
}

void requantization_range(KernelContext& c) {
  auto [low, high] = used_range(c);
  c.out<float>(0)[0] = low;
  c.out<float>(1)[0] = high;
}

/// A float bound of a rectifier as the integer that stands for it.
template <int bound>
void relu(KernelContext& c) {
  const int low = bound < 0 ? 2 : 1;  // after the bound, where it is an input
  const MinFirstRange range = range_at(c, 0, low);
  const auto zero = static_cast<std::int64_t>(range.clamped(0));
  Integers values = wide_values<std::int64_t>(c.input(0));
  for (std::int64_t& value : values) value = std::max(value, zero);
  if (bound != 0) {
    const float most = bound < 0 ? scalar(c, 1) : static_cast<float>(bound);
    const auto top = static_cast<std::int64_t>(range.clamped(most));
    for (std::int64_t& value : values) value = std::min(value, top);
  }
  set_values(std::span<const std::int64_t>(values), c.output());
  set_range(c, scalar(c, low), scalar(c, low + 1));
}

/// Element `i` of an output as an element of an operand that is broadcast.
class Broadcast {
 public:
  Broadcast(const Shape& operand, const Shape& output)
      : operand_(operand), output_(output) {}
  std::size_t operator()(std::int64_t i) const {
    std::int64_t place = 0, stride = 1;
    for (int d = 1; d <= operand_.rank(); ++d) {
      if (operand_[-d] != 1) place += i % output_[-d] * stride;
      stride *= operand_[-d];
      i /= output_[-d];
    }
    return static_cast<std::size_t>(place);
  }

 private:
  const Shape &operand_, &output_;
};

/// A range for sums: around 0, with some bits to spare.
float sum_range(const KernelContext& c, int spare_bits) {
  return std::max({scalar(c, 3), -scalar(c, 2), scalar(c, 5), -scalar(c, 4)}) *
         static_cast<float>(1 << spare_bits);
}

/// Sums on the levels of a wider range. `in_steps`: each step of an operand is
/// as many steps of the sum, a whole number, as in TensorFlow's QuantizedAdd.
template <int spare_bits, bool in_steps>
void add(KernelContext& c) {
  Tensor& output = c.output();
  const float limit = sum_range(c, spare_bits);
  const MinFirstRange to(output.dtype(), -limit, limit);
  auto moved = [&](int i) {
    const MinFirstRange from = range_at(c, i, 2 + 2 * i);
    Integers values = wide_values<std::int64_t>(c.input(i));
    auto moved_to = [&](std::int64_t value) {
      return static_cast<std::int64_t>(
          to.clamped(from.to_float(static_cast<double>(value))));
    };
    const std::int64_t first = moved_to(0), step = moved_to(1) - first;
    for (std::int64_t& value : values)
      value = in_steps ? first + value * step : moved_to(value);
    return values;
  };
  const Integers x = moved(0), y = moved(1);
  const Broadcast at_x(c.input(0).shape(), output.shape());
  const Broadcast at_y(c.input(1).shape(), output.shape());
  Integers sums;
  for (std::int64_t i = 0; i < output.num_elements(); ++i)
    sums.push_back(x[at_x(i)] + y[at_y(i)]);
  set_values(std::span<const std::int64_t>(sums), output);
  set_range(c, -limit, limit);
}

/// What one step of a product stands for, times the steps of 32 bits.
void set_product_range(KernelContext& c) {
  auto unit = [&](int i) {
    return (scalar(c, 3 + 2 * i) - scalar(c, 2 + 2 * i)) /
           static_cast<float>(QuantizedLimits(c.input(i).dtype()).levels());
  };
  const QuantizedLimits limits(c.output().dtype());
  const float step = unit(0) * unit(1);
  set_range(c,
            step * static_cast<float>(limits.lowest),
            step * static_cast<float>(limits.highest));
}

/// Integers counted from the one that stands for 0.
Integers centered(const KernelContext& c, int i) {
  const auto zero =
      static_cast<std::int64_t>(range_at(c, i, 2 + 2 * i).to_quantized(0));
  Integers values = wide_values<std::int64_t>(c.input(i));
  for (std::int64_t& value : values) value -= zero;
  return values;
}

void multiply(KernelContext& c) {
  Tensor& output = c.output();
  const Integers x = centered(c, 0), y = centered(c, 1);
  const Broadcast at_x(c.input(0).shape(), output.shape());
  const Broadcast at_y(c.input(1).shape(), output.shape());
  Integers products;
  for (std::int64_t i = 0; i < output.num_elements(); ++i)
    products.push_back(x[at_x(i)] * y[at_y(i)]);
  set_values(std::span<const std::int64_t>(products), output);
  set_product_range(c);
}

void matmul(KernelContext& c) {
  const bool ta = c.attr<bool>("transpose_a"), tb = c.attr<bool>("transpose_b");
  Tensor& output = c.output();
  const std::int64_t rows = output.shape()[0], columns = output.shape()[1];
  const std::int64_t inner = c.input(0).shape()[ta ? 0 : 1];
  if (c.input(1).shape()[tb ? 1 : 0] != inner)
    throw InvalidArgumentError("Matrix size-incompatible: In[0]: ",
                               c.input(0).shape().debug_string(),
                               ", In[1]: ",
                               c.input(1).shape().debug_string());
  const Integers a = centered(c, 0), b = centered(c, 1);
  Integers sums(static_cast<std::size_t>(output.num_elements()), 0);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t k = 0; k < inner; ++k) {
      const std::int64_t x =
          a[static_cast<std::size_t>(ta ? k * rows + i : i * inner + k)];
      for (std::int64_t j = 0; j < columns; ++j)
        sums[static_cast<std::size_t>(i * columns + j)] +=
            x *
            b[static_cast<std::size_t>(tb ? j * inner + k : k * columns + j)];
    }
  set_values(std::span<const std::int64_t>(sums), output);
  set_product_range(c);
}

/// Parts with ranges of their own along one axis of a range that holds all.
void concat(KernelContext& c) {
  const int parts = static_cast<int>(c.attr<std::int64_t>("N"));
  Tensor& output = c.output();
  float low = 0, high = -std::numeric_limits<float>::infinity();
  for (int i = 0; i < parts; ++i) {
    low = std::min(low, scalar(c, 1 + parts + i));
    high = std::max(high, scalar(c, 1 + 2 * parts + i));
  }
  if (QuantizedLimits(output.dtype()).lowest < 0) {
    high = std::max(std::abs(low), std::abs(high));
    low = -high;
  }
  const MinFirstRange to(output.dtype(), low, high);
  const std::int64_t given = c.host_int(0);
  const Shape& shape = output.shape();
  const auto axis = static_cast<int>(given < 0 ? given + shape.rank() : given);
  std::int64_t inner = 1;
  for (int d = axis + 1; d < shape.rank(); ++d) inner *= shape[d];
  Integers all(static_cast<std::size_t>(output.num_elements()));
  std::int64_t start = 0;
  for (int i = 0; i < parts; ++i) {
    const Tensor& part = c.input(1 + i);
    const MinFirstRange from(
        part.dtype(), scalar(c, 1 + parts + i), scalar(c, 1 + 2 * parts + i));
    const Integers values = wide_values<std::int64_t>(part);
    const std::int64_t rows = part.shape()[axis] * inner;
    for (std::int64_t k = 0; k < part.num_elements(); ++k)
      all[static_cast<std::size_t>(k / rows * shape[axis] * inner + start +
                                   k % rows)] =
          static_cast<std::int64_t>(to.clamped(from.to_float(
              static_cast<double>(values[static_cast<std::size_t>(k)]))));
    start += rows;
  }
  set_values(std::span<const std::int64_t>(all), output);
  set_range(c, low, high);
}

void reshape(KernelContext& c) {
  c.set_output(0, c.input(0).with_shape(c.inferred_shape(0)));
  c.out<float>(1)[0] = scalar(c, 2);
  c.out<float>(2)[0] = scalar(c, 3);
}

}  // namespace

void register_quantized_arithmetic_kernels(KernelRegistry& registry) {
  registry.add("QuantizeDownAndShrinkRange", {}, shrink_range);
  registry.add("Requantize", {}, requantize);
  registry.add("RequantizationRange", {}, requantization_range);
  registry.add("QuantizedRelu", {}, relu<0>);
  registry.add("QuantizedRelu6", {}, relu<6>);
  registry.add("QuantizedReluX", {}, relu<-1>);
  registry.add("QuantizedBiasAdd", {}, add<17, false>);
  registry.add("QuantizedAdd", {}, add<14, true>);
  registry.add("QuantizedConcat", {}, concat);
  registry.add("QuantizedMul", {}, multiply);
  registry.add("QuantizedMatMul", {}, matmul);
  registry.add("QuantizedReshape", {}, reshape);
}

}  // namespace tern

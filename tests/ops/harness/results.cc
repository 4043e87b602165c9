#include "ops/harness/results.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>

#include "core/visit_dtype.h"
#include "ops/list/tensor_list.h"
#include "tern/core/resource.h"

namespace tern::harness {

Tensors results_of(const Tensors& outputs, const Tensors& inputs) {
  Tensors results;
  for (const Tensor& output : outputs) {
    if (!(output.dtype() == variant)) {
      results.push_back(output);
      continue;
    }
    for (std::int64_t i = 0; i < output.num_elements(); ++i) {
      const Variant& element = output.data<Variant>()[i];
      auto* list = dynamic_cast<const TensorList*>(element.value().get());
      if (!list) continue;
      for (const Tensor& tensor : list->elements())
        if (tensor.defined()) results.push_back(tensor);
    }
  }
  for (const Tensor& input : inputs) {
    if (!(input.dtype() == resource)) continue;
    for (std::int64_t i = 0; i < input.num_elements(); ++i) {
      const auto& object = input.data<ResourceHandle>()[i].object();
      auto* cell = dynamic_cast<const VariableCell*>(object.get());
      if (cell && cell->value.defined()) results.push_back(cell->value);
    }
  }
  return results;
}

Tensors run(const OpDef& op, const Call& call) {
  return results_of(apply(op, call.inputs, call.attrs).to_vector(),
                    call.inputs);
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (!(a.dtype() == b.dtype()) || !(a.shape() == b.shape())) return false;
  if (a.dtype() == string) {
    auto x = a.values<std::string>(), y = b.values<std::string>();
    return std::equal(x.begin(), x.end(), y.begin());
  }
  if (a.dtype().is_object() || a.num_elements() == 0) return true;
  return std::memcmp(a.host_data(a.dtype()),
                     b.host_data(b.dtype()),
                     a.num_bytes()) == 0;
}

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> result;
  if (tensor.dtype().is_object()) return result;
  visit_number(tensor.dtype(), [&](auto zero) {
    using V = decltype(zero);
    auto* elements = static_cast<const V*>(tensor.host_data(tensor.dtype()));
    for (std::int64_t i = 0; i < tensor.num_elements(); ++i) {
      if constexpr (std::is_same_v<V, std::complex<float>> ||
                    std::is_same_v<V, std::complex<double>>) {
        result.push_back(elements[i].real());
        result.push_back(elements[i].imag());
      } else if constexpr (std::is_arithmetic_v<V>) {
        result.push_back(static_cast<double>(elements[i]));
      } else {
        result.push_back(static_cast<float>(elements[i]));
      }
    }
  });
  return result;
}

namespace {

/// Digits of the significand, the leading one counted.
int digits_of(DType dtype) {
  if (dtype == float16) return 11;
  if (dtype == bfloat16) return 8;
  if (dtype == float64 || dtype == complex128) return 53;
  return 24;
}

double ulp_of(double value, DType dtype) {
  if (!dtype.is_floating() && !dtype.is_complex()) return 1;
  int exponent = 0;
  std::frexp(std::max(std::abs(value), 1e-30), &exponent);
  return std::ldexp(1.0, exponent - digits_of(dtype));
}

}  // namespace

double ulp_distance(const Tensor& a, const Tensor& b, bool elementwise) {
  std::vector<double> x = numbers(a), y = numbers(b);
  double largest = 0, worst = 0;
  for (double value : x)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    double scale = ulp_of(elementwise ? x[i] : largest, a.dtype());
    double distance = std::abs(x[i] - y[i]) / scale;
    worst = std::isnan(distance) ? INFINITY : std::max(worst, distance);
  }
  return worst;
}

std::string describe(const Tensor& tensor) {
  return std::string(tensor.dtype().name()) + " " + tensor.shape().str();
}

}  // namespace tern::harness

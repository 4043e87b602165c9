// Arithmetic on quantized integers, against TensorFlow 2.21.
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "ops/apply.h"
#include "tern/core/error.h"

namespace tern {
namespace {

Tensor eight_bits(const std::vector<int>& numbers, const Shape& shape) {
  Tensor result = Tensor::allocate(quint8, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    static_cast<std::uint8_t*>(result.mutable_data())[i] =
        static_cast<std::uint8_t>(numbers[i]);
  return result;
}

template <class T>
std::vector<int> integers(const Tensor& tensor) {
  const T* data = static_cast<const T*>(tensor.raw_data());
  return {data, data + tensor.num_elements()};
}

Tensor number(float value) {
  return Tensor(std::vector<float>{value}, Shape());
}

const std::vector<int> kNumbers = {10, 200, 30, 4, 5, 255};

TEST_CASE("Sums and products of quantized integers broadcast") {
  Tensor x = eight_bits(kNumbers, {2, 3}), y = eight_bits({7, 80, 90}, {3});
  Tensors ranges{x, y, number(-1), number(2), number(0), number(4)};
  Tensors sum = raw<"QuantizedAdd">.outputs(ranges);
  CHECK(integers<std::int32_t>(sum[0]) ==
        std::vector<int>{-25310, 85552, 25072, -27626, 10282, 111922});
  CHECK(sum[2].item<float>() == 65536);
  Tensors product = raw<"QuantizedMul">.outputs(ranges);
  CHECK(integers<std::int32_t>(product[0]) ==
        std::vector<int>{-525, 9200, -4950, -567, -6400, 15300});
  CHECK(product[1].item<float>() == -396306.125f);
}

TEST_CASE("Quantized parts are put on the levels of one range") {
  Tensors joined =
      raw<"QuantizedConcat">.outputs({Tensor(1),
                                      eight_bits({10, 200, 4, 255}, {2, 2}),
                                      eight_bits({7, 80}, {2, 1}),
                                      number(-1),
                                      number(-3),
                                      number(2),
                                      number(1)});
  CHECK(integers<std::uint8_t>(joined[0]) ==
        std::vector<int>{108, 222, 6, 104, 255, 64});
  CHECK(joined[1].item<float>() == -3);
  CHECK(joined[2].item<float>() == 2);
}

TEST_CASE("A quantized rectifier knows which integers 0 and 6 are") {
  Tensors y = raw<"QuantizedRelu6">.outputs(
      {eight_bits(kNumbers, {2, 3}), number(-3), number(9)});
  CHECK(integers<std::uint8_t>(y[0]) ==
        std::vector<int>{64, 192, 64, 64, 64, 192});
}

}  // namespace
}  // namespace tern

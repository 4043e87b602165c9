#include "io/tensor_proto.h"

#include <catch2/catch.hpp>
#include <complex>

#include "tern/core/error.h"

namespace tern {
namespace {

proto::TensorProto message(DType dtype, const Shape& shape) {
  proto::TensorProto proto;
  proto.set_dtype(io::to_proto(dtype));
  io::to_proto(shape, proto.mutable_tensor_shape());
  return proto;
}

TEST_CASE("The last value of a TensorProto is repeated") {
  auto proto = message(float32, {4});
  proto.add_float_val(1);
  proto.add_float_val(2);
  auto x = io::tensor_from_proto(proto);
  CHECK(x.values<float>()[0] == 1);
  CHECK(x.values<float>()[3] == 2);
}

TEST_CASE("A TensorProto without values is zeros or empty strings") {
  CHECK(io::tensor_from_proto(message(int64, {2})).values<std::int64_t>()[1] ==
        0);
  CHECK(io::tensor_from_proto(message(string, {2})).values<std::string>()[1] ==
        "");
  CHECK(io::tensor_from_proto(message(float32, {0})).num_elements() == 0);
}

TEST_CASE("Half and bfloat16 values are bits in half_val") {
  for (DType dtype : {float16, bfloat16}) {
    auto proto = message(dtype, {});
    proto.add_half_val(dtype == float16 ? 0x3c00 : 0x3f80);
    auto x = io::tensor_from_proto(proto);
    float value = dtype == float16 ? float(x.values<Half>()[0])
                                   : float(x.values<BFloat16>()[0]);
    CHECK(value == 1.f);
  }
}

TEST_CASE("Complex values are pairs, bools and narrow integers single values") {
  auto complex = message(complex64, {1});
  complex.add_scomplex_val(1);
  complex.add_scomplex_val(-2);
  CHECK(io::tensor_from_proto(complex).values<std::complex<float>>()[0] ==
        std::complex<float>(1, -2));
  auto flag = message(bool_, {2});
  flag.add_bool_val(true);
  CHECK(io::tensor_from_proto(flag).values<bool>()[1]);
  auto narrow = message(int8, {1});
  narrow.add_int_val(-5);
  CHECK(io::tensor_from_proto(narrow).values<std::int8_t>()[0] == -5);
}

TEST_CASE("Tensors survive the way into a message and back") {
  Tensor matrix(std::vector<float>{1, 2, 3, 4, 5, 6}, Shape({2, 3}));
  Tensor text(std::vector<std::string>{"a", "", std::string("\0x", 2)});
  for (const Tensor& x : {matrix, text}) {
    proto::TensorProto proto;
    io::to_proto(x, &proto);
    Tensor back = io::tensor_from_proto(proto);
    CHECK(back.dtype() == x.dtype());
    CHECK(back.shape() == x.shape());
  }
  proto::TensorProto proto;
  io::to_proto(text, &proto);
  CHECK(io::tensor_from_proto(proto).values<std::string>()[2] ==
        std::string("\0x", 2));
  io::to_proto(matrix, &proto);
  CHECK(proto.tensor_content().size() == 24);
  CHECK(io::tensor_from_proto(proto).values<float>()[5] == 6);
  io::to_proto(Tensor(std::vector<double>{0.5}, Shape()), &proto);
  CHECK(proto.double_val(0) == 0.5);
}

TEST_CASE("A TensorProto whose size claims do not fit is refused") {
  auto content = message(float32, {2, 2});
  content.set_tensor_content("12345678");
  CHECK_THROWS_AS(io::tensor_from_proto(content), InvalidArgumentError);
  auto many = message(int32, {1});
  many.add_int_val(1);
  many.add_int_val(2);
  CHECK_THROWS_AS(io::tensor_from_proto(many), InvalidArgumentError);
  CHECK_THROWS_AS(io::tensor_from_proto(message(float32, {-1})),
                  InvalidArgumentError);
  auto huge = message(float32, {std::int64_t{1} << 62, 1 << 20});
  huge.add_float_val(1);
  CHECK_THROWS_AS(io::tensor_from_proto(huge), InvalidArgumentError);
  auto negative = message(float32, {});
  negative.mutable_tensor_shape()->add_dim()->set_size(-7);
  CHECK_THROWS_AS(io::tensor_from_proto(negative), InvalidArgumentError);
  proto::TensorProto unknown;
  unknown.set_dtype(static_cast<proto::DataType>(77));
  CHECK_THROWS_AS(io::tensor_from_proto(unknown), InvalidArgumentError);
}

}  // namespace
}  // namespace tern

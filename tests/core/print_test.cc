// The texts of tensors. Expectations come from numpy, from TensorFlow and from
// "TensorFlow 2 in 30 days".

#include "tern/core/print.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <sstream>

#include "tern/core/resource.h"

namespace tern {
namespace {

template <class T>
Tensor firm(const std::vector<T>& values, const Shape& shape) {
  return Tensor(values, shape);
}

template <class T>
void check(const std::vector<T>& values,
           const Shape& shape,
           const std::string& text,
           const std::string& representation) {
  Tensor tensor = firm(values, shape);
  CHECK(array_str(tensor) == text);
  CHECK(array_repr(tensor) == representation);
}

Tensor range(int size, const Shape& shape) {
  std::vector<int> values(static_cast<std::size_t>(size));
  std::iota(values.begin(), values.end(), 0);
  return Tensor(values, shape);
}

struct Named : TensorExtra {
  std::string name() const override { return "x:0"; }
};

TEST_CASE("arrays print as numpy prints them") {
  check<float>({1, 2}, {2}, R"([1. 2.])", R"(array([1., 2.], dtype=float32))");
  check<float>({0.5, 100, -3.25},
               {3},
               R"([  0.5  100.    -3.25])",
               R"(array([  0.5 , 100.  ,  -3.25], dtype=float32))");
  check<float>({0.00012345678, 0.1, 0.01},
               {3},
               R"([0.00012346 0.1        0.01      ])",
               R"(array([0.00012346, 0.1       , 0.01      ], dtype=float32))");
  check<float>({1e-5, 1},
               {2},
               R"([1.e-05 1.e+00])",
               R"(array([1.e-05, 1.e+00], dtype=float32))");
  check<float>({1000, 0.5},
               {2},
               R"([1.e+03 5.e-01])",
               R"(array([1.e+03, 5.e-01], dtype=float32))");
  check<float>({1000, 1},
               {2},
               R"([1000.    1.])",
               R"(array([1000.,    1.], dtype=float32))");
  check<float>({1e8, 1e7},
               {2},
               R"([1.e+08 1.e+07])",
               R"(array([1.e+08, 1.e+07], dtype=float32))");
  check<float>({99999992, 1e6},
               {2},
               R"([99999992.  1000000.])",
               R"(array([99999992.,  1000000.], dtype=float32))");
  check<float>({0.0001, 0.05},
               {2},
               R"([0.0001 0.05  ])",
               R"(array([0.0001, 0.05  ], dtype=float32))");
  check<float>({NAN, 1, 2.5, -INFINITY},
               {4},
               R"([ nan  1.   2.5 -inf])",
               R"(array([ nan,  1. ,  2.5, -inf], dtype=float32))");
  check<float>({NAN, INFINITY},
               {2},
               R"([nan inf])",
               R"(array([nan, inf], dtype=float32))");
  check<float>({-INFINITY, 1e10},
               {2},
               R"([  -inf 1.e+10])",
               R"(array([  -inf, 1.e+10], dtype=float32))");
  check<float>({0.5, -0.0, 0},
               {3},
               R"([ 0.5 -0.   0. ])",
               R"(array([ 0.5, -0. ,  0. ], dtype=float32))");
  check<float>(
      {0.88849956, 0.00059769617, 0.97809315, 0.010246566},
      {4},
      R"([8.8849956e-01 5.9769617e-04 9.7809315e-01 1.0246566e-02])",
      R"(array([8.8849956e-01, 5.9769617e-04, 9.7809315e-01, 1.0246566e-02],
      dtype=float32))");
  check<float>({0.7864823, 0.9999901, 0.99944776, 1},
               {2, 2},
               R"([[0.7864823  0.9999901 ]
 [0.99944776 1.        ]])",
               R"(array([[0.7864823 , 0.9999901 ],
       [0.99944776, 1.        ]], dtype=float32))");
  check<double>({0.1, 0.3333333333333333, 1e-9},
                {3},
                R"([1.00000000e-01 3.33333333e-01 1.00000000e-09])",
                R"(array([1.00000000e-01, 3.33333333e-01, 1.00000000e-09]))");
  check<double>({0.3333333333333333, 12345.678901234567, 0.6666666666666666},
                {3},
                R"([3.33333333e-01 1.23456789e+04 6.66666667e-01])",
                R"(array([3.33333333e-01, 1.23456789e+04, 6.66666667e-01]))");
  check<double>(
      {1e-300, 1}, {2}, R"([1.e-300 1.e+000])", R"(array([1.e-300, 1.e+000]))");
  check<double>(
      {123456789}, {1}, R"([1.23456789e+08])", R"(array([1.23456789e+08]))");
  check<double>(
      {1e5, 1.5}, {2}, R"([1.0e+05 1.5e+00])", R"(array([1.0e+05, 1.5e+00]))");
  check<double>({123456.789, 0.001},
                {2},
                R"([1.23456789e+05 1.00000000e-03])",
                R"(array([1.23456789e+05, 1.00000000e-03]))");
  check<std::int32_t>({1, -2, 3, 40, 5, 600},
                      {2, 3},
                      R"([[  1  -2   3]
 [ 40   5 600]])",
                      R"(array([[  1,  -2,   3],
       [ 40,   5, 600]], dtype=int32))");
  check<std::int64_t>({-5, 1000000},
                      {2},
                      R"([     -5 1000000])",
                      R"(array([     -5, 1000000]))");
  check<std::int8_t>({-128, 0, 127},
                     {3},
                     R"([-128    0  127])",
                     R"(array([-128,    0,  127], dtype=int8))");
  check<std::uint8_t>(
      {7, 255}, {2}, R"([  7 255])", R"(array([  7, 255], dtype=uint8))");
  check<std::int32_t>({1, 2},
                      {1, 1, 1, 2},
                      R"([[[[1 2]]]])",
                      R"(array([[[[1, 2]]]], dtype=int32))");
  check<float>({1, 2, 3, 4, 5, 6, 7, 8},
               {2, 2, 1, 2},
               R"([[[[1. 2.]]

  [[3. 4.]]]


 [[[5. 6.]]

  [[7. 8.]]]])",
               R"(array([[[[1., 2.]],

        [[3., 4.]]],


       [[[5., 6.]],

        [[7., 8.]]]], dtype=float32))");
  check<float>({}, {0}, R"([])", R"(array([], dtype=float32))");
  check<std::int64_t>(
      {}, {0, 3}, R"([])", R"(array([], shape=(0, 3), dtype=int64))");
  check<float>(
      {}, {2, 0}, R"([])", R"(array([], shape=(2, 0), dtype=float32))");
  check<float>({5}, {}, R"(5.0)", R"(5.0)");
  check<float>({1e20}, {}, R"(1e+20)", R"(1e+20)");
  check<float>({1e-5}, {}, R"(1e-05)", R"(1e-05)");
  check<float>({16777216}, {}, R"(16777216.0)", R"(16777216.0)");
  check<float>({0.1}, {}, R"(0.1)", R"(0.1)");
  check<double>({0.1}, {}, R"(0.1)", R"(0.1)");
  check<double>({1e16}, {}, R"(1e+16)", R"(1e+16)");
  check<float>({NAN}, {}, R"(nan)", R"(nan)");
  check<double>({-INFINITY}, {}, R"(-inf)", R"(-inf)");
  check<std::int32_t>({-3}, {}, R"(-3)", R"(-3)");
  check<float>(
      {0.06741005,
       0.45534766,
       0.5190817,
       -0.01806331,
       -0.14258742,
       -0.49711505,
       0.26030976,
       0.18607801,
       1,
       2},
      {10},
      R"([ 0.06741005  0.45534766  0.5190817  -0.01806331 -0.14258742 -0.49711505
  0.26030976  0.18607801  1.          2.        ])",
      R"(array([ 0.06741005,  0.45534766,  0.5190817 , -0.01806331, -0.14258742,
       -0.49711505,  0.26030976,  0.18607801,  1.        ,  2.        ],
      dtype=float32))");
  check<float>({-0.06741005,
                0.45534766,
                0.5190817,
                -0.01806331,
                -0.14258742,
                -0.49711505,
                0.26030976,
                0.18607801,
                -0.62806034,
                0.5327399,
                0.42206633,
                0.29201728},
               {3, 4},
               R"([[-0.06741005  0.45534766  0.5190817  -0.01806331]
 [-0.14258742 -0.49711505  0.26030976  0.18607801]
 [-0.62806034  0.5327399   0.42206633  0.29201728]])",
               R"(array([[-0.06741005,  0.45534766,  0.5190817 , -0.01806331],
       [-0.14258742, -0.49711505,  0.26030976,  0.18607801],
       [-0.62806034,  0.5327399 ,  0.42206633,  0.29201728]],
      dtype=float32))");
}

TEST_CASE("print and repr of tensors are TensorFlow's") {
  CHECK(str(Tensor(0)) == "tf.Tensor(0, shape=(), dtype=int32)");
  CHECK(str(Tensor({1.0, 2.0})) ==
        "tf.Tensor([1. 2.], shape=(2,), dtype=float32)");
  CHECK(str(Tensor({{{1.0, 2.0}, {3.0, 4.0}}, {{5.0, 6.0}, {7.0, 8.0}}})) ==
        R"(tf.Tensor(
[[[1. 2.]
  [3. 4.]]

 [[5. 6.]
  [7. 8.]]], shape=(2, 2, 2), dtype=float32))");
  CHECK(repr(Tensor({{6.0, 8.0}, {4.0, 12.0}})) ==
        R"(<tf.Tensor: shape=(2, 2), dtype=float32, numpy=
array([[ 6.,  8.],
       [ 4., 12.]], dtype=float32)>)");
  CHECK(repr(Tensor({12.0, 21.0})) ==
        "<tf.Tensor: shape=(2,), dtype=float32, "
        "numpy=array([12., 21.], dtype=float32)>");
  CHECK(repr(Tensor(5.0)) == "<tf.Tensor: shape=(), dtype=float32, numpy=5.0>");
  CHECK(repr(firm<std::int64_t>({0, 0, 0, 2, 1, 2, 2, 1}, {4, 2})) ==
        R"(<tf.Tensor: shape=(4, 2), dtype=int64, numpy=
array([[0, 0],
       [0, 2],
       [1, 2],
       [2, 1]])>)");
  CHECK(repr(Tensor({{false, true}, {false, true}})) ==
        R"(<tf.Tensor: shape=(2, 2), dtype=bool, numpy=
array([[False,  True],
       [False,  True]])>)");
  CHECK(repr(range(18, {1, 3, 3, 2})) ==
        R"(<tf.Tensor: shape=(1, 3, 3, 2), dtype=int32, numpy=
array([[[[ 0,  1],
         [ 2,  3],
         [ 4,  5]],

        [[ 6,  7],
         [ 8,  9],
         [10, 11]],

        [[12, 13],
         [14, 15],
         [16, 17]]]], dtype=int32)>)");
}

TEST_CASE("an array's dtype goes to a line of its own when it must") {
  CHECK(
      array_repr(range(18, {18})) ==
      R"(array([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16,
       17], dtype=int32))");
  Tensor weights = firm<float>(
      {0.43910992f, 0.00199282f, -0.07711256f, -0.27966842f}, {1, 4});
  CHECK(array_repr(weights) ==
        R"(array([[ 0.43910992,  0.00199282, -0.07711256, -0.27966842]],
      dtype=float32))");
}

TEST_CASE("strings print as Python's bytes") {
  CHECK(str(Tensor({"hello", "world"})) ==
        "tf.Tensor([b'hello' b'world'], shape=(2,), dtype=string)");
  CHECK(array_repr(Tensor({"female", "male"})) ==
        "array([b'female', b'male'], dtype=object)");
  CHECK(array_str(Tensor("\xe4\xbd\xa0")) == R"(b'\xe4\xbd\xa0')");
  CHECK(array_str(Tensor("it's")) == R"(b"it's")");
  CHECK(array_str(Tensor("it's \"")) == R"(b'it\'s "')");
  CHECK(array_str(Tensor("a\tb\n\\")) == R"(b'a\tb\n\\')");
  CHECK(repr(Tensor({"Frolicher, Miss. Hedwig Margaritha",
                     "Novel, Mr. Mansouer",
                     "Carter, Mrs. William Ernest (Lucile Polk)"})) ==
        R"(<tf.Tensor: shape=(3,), dtype=string, numpy=
array([b'Frolicher, Miss. Hedwig Margaritha', b'Novel, Mr. Mansouer',
       b'Carter, Mrs. William Ernest (Lucile Polk)'], dtype=object)>)");
}

TEST_CASE("complex numbers line up by part") {
  using C = std::complex<float>;
  auto tensor = [](std::vector<C> values) {
    Tensor t = Tensor::allocate(complex64, {values.size()});
    std::ranges::copy(values, t.data<C>());
    return t;
  };
  CHECK(array_repr(tensor({{1, 2}, {3.25, -1}})) ==
        "array([1.  +2.j, 3.25-1.j], dtype=complex64)");
  CHECK(array_str(tensor({{1, 2}, {-3.5e10f, -1e-5f}, {NAN, INFINITY}})) ==
        "[ 1.0e+00+2.e+00j -3.5e+10-1.e-05j      nan   +infj]");
  CHECK(array_str(tensor({{2, 3}}).with_shape({})) == "(2+3j)");
  CHECK(array_str(tensor({{0, -1}}).with_shape({})) == "-1j");
  CHECK(array_str(tensor({{1.5e20f, 1e-7f}}).with_shape({})) ==
        "(1.5e+20+1e-07j)");
  CHECK(array_str(tensor({{INFINITY, -INFINITY}}).with_shape({})) ==
        "(inf-infj)");
}

TEST_CASE("narrow floats print their own shortest digits") {
  Tensor values = {1.5, 2, -0.1};
  CHECK(array_repr(values.as_dtype(float16)) ==
        "array([ 1.5,  2. , -0.1], dtype=float16)");
  CHECK(array_str(values.as_dtype(bfloat16)) == "[1.5 2 -0.100098]");
  CHECK(array_repr(values.as_dtype(float8_e5m2)) ==
        "array([1.5, 2, -0.09375], dtype='float8_e5m2')");
  CHECK(array_str(Tensor({0.1, 0.00012345}).as_dtype(float16)) ==
        "[0.1       0.0001235]");
  CHECK(array_str(Tensor({0.1, 6.137e-5, 0.3333}).as_dtype(float16)) ==
        "[9.998e-02 6.139e-05 3.333e-01]");
  CHECK(array_str(Tensor(2048).as_dtype(float16)) == "2048.0");
  CHECK(array_str(Tensor({46912, 1}).as_dtype(float16)) ==
        "[4.69e+04 1.00e+00]");
}

TEST_CASE("above a thousand elements three at each end are shown") {
  CHECK(array_str(range(1001, {1001})) ==
        "[   0    1    2 ...  998  999 1000]");
  CHECK(array_repr(firm<float>(std::vector<float>(2000, 0.f), {2000})) ==
        "array([0., 0., 0., ..., 0., 0., 0.], dtype=float32)");
  CHECK(array_str(range(1008, {7, 144})) ==
        R"([[   0    1    2 ...  141  142  143]
 [ 144  145  146 ...  285  286  287]
 [ 288  289  290 ...  429  430  431]
 ...
 [ 576  577  578 ...  717  718  719]
 [ 720  721  722 ...  861  862  863]
 [ 864  865  866 ... 1005 1006 1007]])");
}

TEST_CASE("tf.print's form shortens every dimension and every float") {
  CHECK(print_value(range(10, {10})) == "[0 1 2 ... 7 8 9]");
  CHECK(print_value(range(6, {6})) == "[0 1 2 3 4 5]");
  CHECK(print_value(range(10, {10}), -1) == "[0 1 2 3 4 5 6 7 8 9]");
  CHECK(print_value(range(64, {8, 8})) == R"([[0 1 2 ... 5 6 7]
 [8 9 10 ... 13 14 15]
 [16 17 18 ... 21 22 23]
 ...
 [40 41 42 ... 45 46 47]
 [48 49 50 ... 53 54 55]
 [56 57 58 ... 61 62 63]])");
  CHECK(print_value(range(18, {1, 3, 3, 2})) == R"([[[[0 1]
   [2 3]
   [4 5]]

  [[6 7]
   [8 9]
   [10 11]]

  [[12 13]
   [14 15]
   [16 17]]]])");
  CHECK(print_value(firm<float>({0.1f,
                                 1e10f,
                                 1 / 3.f,
                                 1e-7f,
                                 NAN,
                                 INFINITY,
                                 -0.f,
                                 1e20f,
                                 123456789.f},
                                {9}),
                    -1) ==
        "[0.1 1e+10 0.333333343 1e-07 nan inf -0 1e+20 123456792]");
  CHECK(print_value(
            firm<double>({0.1, 1e10, 1 / 3., 1e-7, 1e16, 1e15, 123456.7}, {7}),
            -1) ==
        "[0.1 10000000000 0.33333333333333331 1e-07 1e+16 1e+15 123456.7]");
  CHECK(print_value(Tensor(0.999998569)) == "0.999998569");
  CHECK(print_value(Tensor(6.28)) == "6.28");
  CHECK(print_value(Tensor(2.24953778e+11)) == "2.24953778e+11");
  CHECK(print_value(Tensor({1.0, 2.0, 3.0})) == "[1 2 3]");
  CHECK(print_value(Tensor({0.1, 1e4, 1 / 3.}).as_dtype(float16)) ==
        "[0.0999755859 10000 0.333251953]");
  CHECK(print_value(Tensor({true, false})) == "[1 0]");
  CHECK(print_value(firm<std::int8_t>({1, -2}, {2})) == "[1 -2]");
  CHECK(print_value(firm<float>({}, {0, 3})) == "[]");
  CHECK(print_value(firm<float>({}, {2, 0, 3})) == "[\n\n ...]");
}

TEST_CASE("tf.print quotes strings but for a lone one") {
  CHECK(print_value(Tensor({"a", "b c"})) == R"(["a" "b c"])");
  CHECK(print_value(Tensor("x\n")) == "x\n");
  CHECK(print_value(Tensor("a\"b\n\\\xc3\xa9\x7f'"), 3, true) ==
        "\"a\\\"b\\n\\\\\xc3\xa9\\177\\'\"");
}

TEST_CASE("tensors without elements print what they are") {
  CHECK(str(Tensor()) == "None");
  Tensor x = Tensor::symbolic(float32, {}, std::make_shared<Named>());
  CHECK(str(x) == "Tensor(\"x:0\", shape=(), dtype=float32)");
  CHECK(repr(x) == "<tf.Tensor 'x:0' shape=() dtype=float32>");
  Tensor any =
      Tensor::symbolic(int32, Shape::unknown(), std::make_shared<Named>());
  CHECK(str(any) == "Tensor(\"x:0\", dtype=int32)");
  CHECK(repr(any) == "<tf.Tensor 'x:0' shape=<unknown> dtype=int32>");
  CHECK(str(Tensor::allocate(variant, {})) ==
        "tf.Tensor(<Invalid variant>, shape=(), dtype=variant)");
  std::ostringstream stream;
  stream << Tensor({1, 2}) << Shape{2, -1};
  CHECK(stream.str() == "tf.Tensor([1 2], shape=(2,), dtype=int32)(2, None)");
  CHECK(repr(float32) == "tf.float32");
}

}  // namespace
}  // namespace tern

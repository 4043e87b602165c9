#include "ops/harness/samples.h"

namespace tern {

using namespace harness;

namespace {

/// A unary op on a range where it is smooth, and special numbers.
void add_unary(Samples& samples,
               std::string_view op,
               double low,
               double high,
               unsigned flags = 0) {
  samples.of(op)
      .add(random({2, 3}, low, high), flags)
      .add(random({0, 4}, low, high), flags)
      .add(random({}, low, high), flags)
      .add(values({-kInf, -1, -0.0, 0, 2, kNaN, kInf}),
           flags | kNoFiniteDifferences)
      // Whole vectors and a rest.
      .add(random({67}, low, high), flags | kNoFiniteDifferences);
}

/// Two operands of the same shape, broadcast, scalar and empty.
void add_binary(Samples& samples,
                std::string_view op,
                double low,
                double high,
                unsigned flags = 0) {
  double near = low + 0.05 * (high - low), far = high + 0.1 * (high - low);
  auto pair = [&](std::vector<std::int64_t> x, std::vector<std::int64_t> y) {
    return std::vector<Input>{random(std::move(x), low, high),
                              random(std::move(y), near, far)};
  };
  samples.of(op)
      .add(pair({2, 3}, {2, 3}), flags)
      .add(pair({2, 3}, {3}), flags)
      .add(pair({2, 1}, {1, 3}), flags)
      .add(pair({}, {2, 2}), flags)
      .add(pair({2, 2}, {}), flags)
      .add(pair({}, {}), flags)
      .add(pair({0, 3}, {3}), flags)
      .add(pair({1, 3}, {0, 3}), flags)
      .add(pair({2, 1, 2}, {3, 1}), flags)
      .add(pair({67}, {67}), flags | kNoFiniteDifferences);
}

void add_select_and_cast(Samples& samples) {
  samples.of("Select")
      .add({bools({true, false, true, true, false, false}, {2, 3}),
            random({2, 3}),
            random({2, 3}, 3, 4)})
      .add({bools({true, false}, {2}), random({2, 3}), random({2, 3}, 3, 4)})
      .add({bools({true}, {}), random({2, 3}), random({2, 3}, 3, 4)});
  samples.of("SelectV2")
      .add({bools({true, false}, {2, 1}), random({2, 3}), random({3}, 3, 4)})
      .add({bools({true}, {}), random({2, 3}), scalar(5)})
      .add({bools({}, {0, 3}), random({1, 3}), scalar(5)});
  OpSamples& cast = samples.of("Cast");
  cast.add(random({2, 3}), {{"SrcT", float64}, {"DstT", float64}});
  for (DType type : {float16,
                     bfloat16,
                     float32,
                     float64,
                     int8,
                     int16,
                     int32,
                     int64,
                     uint8,
                     uint16,
                     uint32,
                     uint64,
                     bool_,
                     complex64,
                     complex128})
    for (DType other : {float32, int64, float16}) {
      cast.add(random({2, 3}, 0, 9),
               {{"SrcT", type}, {"DstT", other}},
               kNoFiniteDifferences);
      cast.add(random({2, 3}, 0, 9),
               {{"SrcT", other}, {"DstT", type}},
               kNoFiniteDifferences);
    }
}

void add_complex(Samples& samples) {
  for (auto [real, complex] :
       {std::pair(float32, complex64), std::pair(float64, complex128)}) {
    samples.of("Complex")
        .add({random({2, 3}), random({3})}, {{"T", real}, {"Tout", complex}})
        .add({random({}), random({0})}, {{"T", real}, {"Tout", complex}});
    for (const char* op : {"Real", "Imag", "ComplexAbs"})
      samples.of(op)
          .add(random({2, 3}), {{"T", complex}, {"Tout", real}})
          .add(random({0}), {{"T", complex}, {"Tout", real}});
  }
}

}  // namespace

void add_elementwise_samples(Samples& samples) {
  samples.of("AccumulateNV2")
      .add({random({2, 3}), random({2, 3}), random({2, 3})},
           {{"shape", Shape({2, 3})}})
      .add(random({0}), {{"shape", Shape({-1})}});
  for (const char* op :
       {"Cos",          "Elu",        "Exp",       "Expm1",    "Identity",
        "LeakyRelu",    "LogicalNot", "Neg",       "OnesLike", "Selu",
        "Sigmoid",      "Sin",        "Snapshot",  "Softplus", "Square",
        "StopGradient", "Tanh",       "ZerosLike", "DeepCopy", "GuaranteeConst",
        "Relu",         "Relu6",      "Abs",       "Ceil",     "Floor",
        "Round",        "IsFinite",   "IsInf",     "IsNan"})
    add_unary(samples, op, -2, 2.3);
  add_unary(samples, "Sign", -2, 2.3, kOnlyRealDerivatives);
  for (const char* op : {"Log", "Log1p", "Rsqrt", "Sqrt"})
    add_unary(samples, op, 0.4, 3);
  for (const char* op : {"Asinh", "Atan", "Cosh", "Erf", "Erfc", "Sinh"})
    add_unary(samples, op, -2, 2.3);
  for (const char* op : {"Acos", "Asin", "Atanh"})
    add_unary(samples, op, -0.8, 0.9);
  add_unary(samples, "Tan", -1.2, 1.3);
  add_unary(samples, "Acosh", 1.2, 3);
  add_binary(samples, "Atan2", 0.5, 3);
  add_binary(samples, "Zeta", 1.5, 4, kNoFiniteDifferences);
  add_unary(samples, "Softsign", -2, 2.3, kOnlyFirstOrder);
  // TensorFlow's kernel for variants finds no conjugate of a tensor list.
  add_unary(samples, "Conj", -2, 2.3, kFixedTypes);
  samples.of("Conj").add(random({2, 3}), {{"T", complex128}});
  // Its gradient is an error by design.
  add_unary(samples, "PreventGradient", -2, 2.3, kNoFiniteDifferences);
  for (const char* op : {"Inv", "Reciprocal"})
    samples.of(op)
        .add(random({2, 3}, 1, 3))
        .add(random({0, 4}))
        .add(scalar(2))
        .add(random({67}, 1, 3), kNoFiniteDifferences);
  samples.of("Invert").add(ints({-3, 0, 1, 5})).add(ints({}));

  for (const char* op : {"InvGrad",
                         "ReciprocalGrad",
                         "RsqrtGrad",
                         "SigmoidGrad",
                         "SqrtGrad",
                         "TanhGrad"})
    samples.of(op)
        .add({random({2, 3}, 0.3, 0.9), random({2, 3}, -1, 2)})
        .add({random({0}), random({0})})
        .add({random({67}, 0.3, 0.9), random({67}, -1, 2)},
             kNoFiniteDifferences);
  for (const char* op : {"EluGrad",
                         "LeakyReluGrad",
                         "Relu6Grad",
                         "ReluGrad",
                         "SeluGrad",
                         "SoftplusGrad"})
    samples.of(op)
        .add({random({2, 3}, -1, 2), random({2, 3}, -0.9, 0.8)})
        .add({random({0}), random({0})})
        .add({random({}), random({})})
        .add({random({67}), random({67}, -0.9, 0.8)}, kNoFiniteDifferences);
  samples.of("SoftsignGrad").add({random({2, 3}), random({2, 3}, -1, 2)});

  for (const char* op : {"Add",
                         "AddV2",
                         "BitwiseAnd",
                         "BitwiseOr",
                         "BitwiseXor",
                         "Equal",
                         "Greater",
                         "GreaterEqual",
                         "Less",
                         "LessEqual",
                         "LogicalAnd",
                         "LogicalOr",
                         "Maximum",
                         "Minimum",
                         "Mul",
                         "NotEqual"})
    add_binary(samples, op, -2, 2);
  for (const char* op : {"MulNoNan", "SquaredDifference"})
    add_binary(samples, op, -2, 2, kOnlyRealDerivatives);
  add_binary(samples, "Sub", 1, 4);
  // Integers divide by the second operand, so none of it rounds to 0.
  for (const char* op : {"Div",
                         "DivNoNan",
                         "FloorDiv",
                         "FloorMod",
                         "Mod",
                         "Pow",
                         "RealDiv",
                         "TruncateDiv",
                         "TruncateMod"})
    add_binary(samples, op, 1.1, 3.2);
  for (const char* op : {"Xdivy", "Xlog1py", "Xlogy"})
    add_binary(samples, op, 1.1, 3.2, kOnlyRealDerivatives);
  samples.of("DivNoNan")
      .add({values({1, -1, 0}), values({0, 2, 0})}, kNoFiniteDifferences);
  samples.of("Xlogy").add({values({0, 0}), values({0, 2})},
                          kNoFiniteDifferences);
  add_select_and_cast(samples);
  add_complex(samples);
}

}  // namespace tern

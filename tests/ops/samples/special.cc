// Special functions, bits, and checks of numbers.
#include "ops/harness/samples.h"
#include "tern/ops/array.h"
#include "tern/ops/variable.h"

namespace tern {

using namespace harness;

namespace {

using Dims = std::vector<std::int64_t>;

void add_function(Samples& samples,
                  std::string_view op,
                  double low,
                  double high,
                  unsigned flags = 0) {
  samples.of(op)
      .add(random({2, 3}, low, high), flags)
      .add(random({0, 4}, low, high), flags)
      .add(random({}, low, high), flags)
      .add(random({67}, low, high), flags | kNoFiniteDifferences);
}

/// Where a function or a derivative has a pole, some gradients are sums of two
/// NaNs, whose sign depends on the order of the operands, which may differ in a
/// program. These have none.
void add_poles(Samples& samples, std::initializer_list<const char*> ops) {
  for (const char* op : ops)
    samples.of(op).add(values({-kInf, -1, -0.0, 0, kNaN, kInf}),
                       kNoFiniteDifferences);
}

void add_pair(Samples& samples,
              std::string_view op,
              double low,
              double high,
              unsigned flags = 0) {
  // Only the second operand has a derivative of any order in TensorFlow.
  auto pair = [&](Dims a, Dims x) {
    return std::vector<Input>{held_constant(random(std::move(a), low, high)),
                              random(std::move(x), low, high)};
  };
  samples.of(op)
      .add(pair({2, 3}, {2, 3}), flags)
      .add(pair({2, 1}, {3}), flags)
      .add(pair({}, {2}), flags)
      .add(pair({0, 3}, {3}), flags)
      .add({values({2, 3}), values({0, 1})}, flags | kNoFiniteDifferences);
}

void add_bits(Samples& samples) {
  for (const char* op : {"LeftShift", "RightShift"})
    samples.of(op)
        .add({ints({1, 7, 100, 3}), ints({0, 1, 3, 99})})
        .add({ints({5}, Dims{}), ints({1, 2})})
        .add({ints({}), ints({})});
  samples.of("PopulationCount").add(ints({0, 1, 7, 100})).add(ints({}));
  samples.of("Bitcast")
      .add(random({2, 3}), {{"T", float32}, {"type", int32}})
      .add(random({2}), {{"T", float64}, {"type", int16}})
      .add(ints({1, 2, 3, 4, 5, 6, 7, 8}, Dims{2, 4}),
           {{"T", uint8}, {"type", int32}})
      .add(random({0, 3}), {{"T", float32}, {"type", uint8}});
}

void add_checks(Samples& samples) {
  // Checks have effects: they may throw.
  for (const char* op : {"CheckNumerics", "CheckNumericsV2"})
    samples.of(op)
        .add(random({2, 3}), {{"message", "x"}})
        .add(random({0}), {{"message", "x"}});
  samples.of("ApproximateEqual")
      .add({values({1, 2, kNaN, kInf}), values({1.000001, 2.1, 1, kInf})})
      .add({random({0, 2}), random({0, 2})});
  samples.of("NextAfter")
      .add({random({2, 3}), random({3})}, kNoFiniteDifferences)
      .add({scalar(kInf), random({0})}, kNoFiniteDifferences);
  samples.of("Rint").add(values({-1.5, -0.5, 0.5, 2.5, 7.2, kNaN, kInf}));
  samples.of("ToBool")
      .add(random({2}))
      .add(random({0}))
      .add(scalar(0))
      .add(scalar(3));
  samples.of("ResourceCountUpTo")
      .add(made([] { return Variable(constant(3)).handle(); }),
           {{"limit", 5}, {"T", int32}},
           kFixedTypes | kHasEffects);
  samples.of("CountUpTo").add(ints({1}, Dims{}), {{"limit", 5}}, kNotRunnable);
}

}  // namespace

void add_special_samples(Samples& samples) {
  add_function(samples, "Lgamma", 0.3, 4);
  add_function(samples, "Digamma", 0.3, 4);
  add_pair(samples, "Polygamma", 1, 1.0000001, kNoFiniteDifferences);
  samples.of("Polygamma")
      .add({held_constant(values({0, 1, 2})), random({3}, 0.5, 3)});
  add_pair(samples, "Igamma", 0.5, 3);
  add_pair(samples, "Igammac", 0.5, 3);
  add_pair(samples, "IgammaGradA", 0.5, 3, kNoFiniteDifferences);
  add_pair(samples, "RandomGammaGrad", 0.5, 3, kNoFiniteDifferences);
  for (const char* op : {"Igamma", "Igammac"})
    samples.of(op).add({random({3}, 0.5, 3), random({3}, 0.5, 3)},
                       kOnlyFirstOrder);
  auto beta = [](Dims a, Dims b, Dims x) {
    return std::vector<Input>{held_constant(random(std::move(a), 0.5, 3)),
                              held_constant(random(std::move(b), 0.5, 3)),
                              random(std::move(x), 0.1, 0.9)};
  };
  samples.of("Betainc")
      .add(beta({2, 3}, {2, 3}, {2, 3}))
      .add(beta({}, {}, {3}))
      .add(beta({2}, {}, {}))
      .add(beta({0}, {0}, {0}));
  add_function(samples, "Erfinv", -0.8, 0.9);
  add_function(samples, "Ndtri", 0.1, 0.9);
  for (const char* op : {"BesselI0",
                         "BesselI0e",
                         "BesselI1",
                         "BesselI1e",
                         "BesselK0",
                         "BesselK0e",
                         "BesselK1",
                         "BesselK1e",
                         "BesselJ0",
                         "BesselJ1",
                         "BesselY0",
                         "BesselY1"})
    add_function(samples, op, 0.5, 3);
  for (const char* op : {"Dawsn", "FresnelCos", "FresnelSin"})
    add_function(samples, op, -2, 2.3);
  add_function(samples, "Expint", 0.5, 3);
  add_function(samples, "Spence", 0.2, 3);
  for (auto [complex, real] :
       {std::pair(complex64, float32), std::pair(complex128, float64)})
    samples.of("Angle")
        .add(random({2, 3}, 0.5, 2), {{"T", complex}, {"Tout", real}})
        .add(random({0}), {{"T", complex}, {"Tout", real}});
  add_poles(samples,
            {"Lgamma",
             "Digamma",
             "Erfinv",
             "Ndtri",
             "BesselI0",
             "BesselI0e",
             "BesselK0",
             "BesselK0e",
             "BesselJ0",
             "BesselY0",
             "Dawsn",
             "Expint",
             "FresnelCos",
             "FresnelSin",
             "Spence"});
  add_bits(samples);
  add_checks(samples);
}

}  // namespace tern

// random_stateless.cc: random ops whose numbers depend on their seeds alone.

#include "ops/infer_context.h"
#include "ops/op_def.h"
#include "ops/random/random_generator.h"
#include "ops/random/random_shapes.h"
#include "tern/core/error.h"

namespace tern {
namespace {

/// Inputs shape, key, counter, alg.
void keyed_shape(InferContext& c) {
  c.with_rank(3, 0);
  if (auto alg = c.value_as_int(3))
    check_generator(c.input(1), c.input(2), *alg);
  random_shape(c);
}

/// Inputs shape, seed.
void seeded_shape(InferContext& c) {
  if (!c.input(1).is_compatible_with({2}))
    throw InvalidArgumentError("seed must have shape [2], not ",
                               c.input(1).debug_string());
  random_shape(c);
}

void key_counter_shapes(InferContext& c) {
  const Shape& seed = c.with_rank(0, 1);
  if (!seed.is_compatible_with({2}))
    throw InvalidArgumentError("Dimension must be 2 but is ", seed[0]);
  c.set_output(0, {1});
  c.set_output(1, {2});
  if (c.num_outputs() == 3) c.set_output(2, Shape());
}

/// `dtype` is the spec of the attr, `limits` asks for minval and maxval.
void add_keyed(OpRegistry& registry,
               std::string_view name,
               std::string_view dtype,
               bool limits = false) {
  OpBuilder op = registry.add(name)
                     .input("shape: Tshape")
                     .input("key: uint64")
                     .input("counter: uint64")
                     .input("alg: int32");
  if (limits) op.input("minval: dtype").input("maxval: dtype");
  op.output("output: dtype")
      .attr(dtype)
      .attr("Tshape: {int32, int64} = DT_INT32")
      .no_grad();
  if (limits)
    op.host({"shape", "key", "counter", "alg", "minval", "maxval"})
        .infer([](InferContext& c) {
          keyed_shape(c);
          check_scalar_limits(c, 4);
        });
  else
    op.host({"shape", "key", "counter", "alg"}).infer(keyed_shape);
}

void add_seeded(OpRegistry& registry,
                std::string_view name,
                std::string_view dtype,
                std::string_view seed_type,
                bool limits = false) {
  OpBuilder op = registry.add(name).input("shape: T").input("seed: Tseed");
  if (limits) op.input("minval: dtype").input("maxval: dtype");
  op.output("output: dtype")
      .attr(dtype)
      .attr(limits ? "T: {int32, int64}" : "T: {int32, int64} = DT_INT32")
      .attr(seed_type)
      .no_grad();
  if (limits)
    op.host({"shape", "seed", "minval", "maxval"}).infer([](InferContext& c) {
      seeded_shape(c);
      check_scalar_limits(c, 2);
    });
  else
    op.host({"shape", "seed"}).infer(seeded_shape);
}

}  // namespace

void register_random_stateless_ops(OpRegistry& registry) {
  constexpr std::string_view kFloats =
      "dtype: {half, bfloat16, float, double} = DT_FLOAT";
  constexpr std::string_view kFullIntegers =
      "dtype: {int32, int64, uint32, uint64} = DT_UINT64";
  constexpr std::string_view kSeed = "Tseed: {int32, int64} = DT_INT64";

  add_keyed(registry, "StatelessRandomUniformV2", kFloats);
  add_keyed(registry, "StatelessRandomNormalV2", kFloats);
  add_keyed(registry, "StatelessTruncatedNormalV2", kFloats);
  add_keyed(registry, "StatelessRandomUniformFullIntV2", kFullIntegers);
  add_keyed(registry,
            "StatelessRandomUniformIntV2",
            "dtype: {int32, int64, uint32, uint64}",
            /*limits=*/true);

  add_seeded(registry, "StatelessRandomUniform", kFloats, kSeed);
  add_seeded(registry, "StatelessRandomNormal", kFloats, kSeed);
  add_seeded(registry, "StatelessTruncatedNormal", kFloats, kSeed);
  add_seeded(registry,
             "StatelessRandomUniformFullInt",
             kFullIntegers,
             "Tseed: {int32, int64, uint32, uint64} = DT_INT64");
  add_seeded(registry,
             "StatelessRandomUniformInt",
             "dtype: {int32, int64}",
             kSeed,
             /*limits=*/true);

  registry.add("StatelessRandomGetKeyCounter")
      .input("seed: Tseed")
      .output("key: uint64")
      .output("counter: uint64")
      .attr(kSeed)
      .host("seed")
      .infer(key_counter_shapes)
      .no_grad();
  registry.add("StatelessRandomGetKeyCounterAlg")
      .input("seed: Tseed")
      .output("key: uint64")
      .output("counter: uint64")
      .output("alg: int32")
      .attr(kSeed)
      .host("seed")
      .infer(key_counter_shapes)
      .no_grad();
  registry.add("StatelessRandomGetAlg")
      .output("alg: int32")
      .infer(scalar_output)
      .no_grad()
      .traits(kStateful | kRandom);
}

}  // namespace tern

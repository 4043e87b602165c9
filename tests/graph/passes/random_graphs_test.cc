#include <catch2/catch.hpp>
#include <random>

#include "graph/passes/pass_harness.h"
#include "graph/program/program.h"
#include "ops/apply.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/random.h"

namespace tern::pass_test {
namespace {

/// Builds a graph of random calls: the same one each time for a seed.
class RandomBody {
 public:
  explicit RandomBody(unsigned seed, unsigned kinds = kKinds)
      : seed_(seed), kinds_(kinds) {}

  /// The last kind draws other numbers at each call.
  static constexpr unsigned kKinds = 32;

  Tensors operator()(const Tensors& arguments) const {
    std::mt19937 random(seed_);
    Tensors values = arguments;
    auto any = [&]() -> const Tensor& {
      // Rather a young one, for long chains.
      std::size_t back = std::min(random() % values.size(), random() % 8);
      return values[values.size() - 1 - back];
    };
    for (int i = 0; i < 40; ++i)
      values.push_back(call(random() % kinds_, any(), any(), random() % 4));
    Tensors results;
    for (const Tensor& value : {values.back(), any(), any(), any()}) {
      // Where two NaNs meet, the result's sign is either's.
      Tensor is_nan = raw<"IsNan">(value);
      results.push_back(is_nan);
      results.push_back(where(is_nan, 0.0f, value));
    }
    return results;
  }

 private:
  static constexpr std::int64_t kSide = 6;

  /// All values are [kSide, kSide], so that every call fits.
  static Tensor call(unsigned kind,
                     const Tensor& x,
                     const Tensor& y,
                     unsigned detail) {
    const float literals[] = {0.0f, 1.0f, -0.0f, 0.75f};
    const float literal = literals[detail];
    const int side = static_cast<int>(kSide);
    switch (kind) {
      case 0:
        return x + y;
      case 1:
        return x - y;
      case 2:
        return x * y;
      case 3:
        return x / y;
      case 4:
        return math::maximum(x, y);
      case 5:
        return x + literal;
      case 6:
        return literal - x;
      case 7:
        return x * literal;
      case 8:
        return x / literal;
      case 9:
        return -x;
      case 10:
        return abs(x);
      case 11:
        return nn::relu(x);
      case 12:
        return tanh(x);
      case 13:
        return pow(x, 2.0f);
      case 14:
        return where(x > y, x, literal);
      case 15:
        return cast(cast(x, float64) * 0.5, float32);
      case 16:
        return transpose(x);
      case 17:
        return reshape(reshape(x, {side * side}), {side, side});
      case 18:
        return raw<"MatMul">(tanh(x), tanh(y), {{"transpose_a", detail > 1}});
      case 19:
        return nn::relu(nn::bias_add(raw<"MatMul">(tanh(x), tanh(y)), y[0]));
      case 20:
        return x * math::reduce_max(y, {.axis = {1}, .keepdims = true});
      case 21:
        return x - math::reduce_min(y, {.axis = {0}});
      case 22:
        return math::add_n({x, y, x});
      case 23:
        return y * reduce_sum(x * y, {.axis = {1}, .keepdims = true});
      case 24:
        return x - reduce_mean(square(x));
      case 25:
        return y + math::reduce_max(abs(x), {.axis = {0}});
      case 26:
        return where(random::stateless_uniform({side, side}, {3, 4}) >= 0.5f,
                     x,
                     zeros_like(x));
      case 27:
        return raw<"Identity">(x) * cast(tern::size(x), float32);
      case 28:
        return raw<"LeakyRelu">(x, {{"alpha", 0.25f}});
      case 29:
        return where(cast(x, bool_), ones_like(x), y);
      case 30:
        return y / nn::l2_loss(x + y);
      default:
        return x * random::uniform({side, side}, {.seed = 5});
    }
  }

  unsigned seed_, kinds_;
};

TEST_CASE("Random graphs give the same bits with and without the optimizer") {
  for (unsigned seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    ops_left({random::normal({6, 6}), random::normal({6, 6})},
             RandomBody(seed));
  }
}

TEST_CASE("Random graphs give the same bits in arenas as call by call") {
  OptionsScope unfused(all_off());
  for (unsigned seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    RandomBody body(seed, RandomBody::kKinds - 1);
    Tensors inputs = {random::normal({6, 6}), random::normal({6, 6})};
    std::vector<TensorSpec> specs(2, TensorSpec({6, 6}, float32));
    CHECK(same_bits(trace(specs, body)->program().run(inputs), body(inputs)));
  }
}

}  // namespace
}  // namespace tern::pass_test

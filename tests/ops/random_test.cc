#include "tern/ops/random.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "ops/apply.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"

namespace tern {
namespace {

void check_close(const Tensor& found, const std::vector<float>& expected) {
  auto values = found.values<float>();
  REQUIRE(values.size() >= expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(values[i] == Approx(expected[i]).epsilon(2e-6).margin(1e-6));
}

template <class T>
std::vector<T> list(const Tensor& tensor) {
  return {tensor.values<T>().begin(), tensor.values<T>().end()};
}

// Expected numbers are TensorFlow 2.21's.

TEST_CASE("Eager random ops after set_seed give TensorFlow's numbers") {
  random::set_seed(1234);
  check_close(random::normal({3, 4}),
              {0.83693141f, -0.73429775f, 1.04029429f, 0.04035992f});
  CHECK(list<float>(random::uniform({5})) ==
        std::vector<float>{0.32536470890045166f,
                           0.13870060443878174f,
                           0.6480493545532227f,
                           0.30401837825775146f,
                           0.33676326274871826f});
  check_close(random::truncated_normal({6}),
              {0.95883226f,
               -0.3325803f,
               -0.06361825f,
               0.02438497f,
               0.07176014f,
               1.24684787f});
  Tensor numbers = std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(list<std::int32_t>(random::shuffle(numbers)) ==
        std::vector<std::int32_t>{1, 7, 8, 2, 6, 4, 0, 3, 9, 5});
  for (int other_op = 0; other_op < 3; ++other_op)
    random::uniform({1}, {.dtype = float64});
  check_close(random::normal({2}, {.mean = 1, .stddev = 2}),
              {-1.68008018f, -0.59633732f});
  CHECK(list<std::int32_t>(random::uniform(
            {6}, {.minval = 3, .maxval = 17, .dtype = int32})) ==
        std::vector<std::int32_t>{15, 10, 12, 16, 13, 5});
  CHECK(list<double>(random::uniform({4}, {.dtype = float64})) ==
        std::vector<double>{0.6136839333469615,
                            0.7020850842814266,
                            0.7187568631961239,
                            0.45591484596978016});
  CHECK(random::normal({5}, {.dtype = float64}).values<double>()[2] ==
        Approx(1.7936055859676692).epsilon(1e-12));
  CHECK(float(random::normal({7}, {.dtype = float16}).values<Half>()[0]) ==
        -1.5634765625f);
  CHECK(list<std::int64_t>(random::uniform(
            {3}, {.minval = -5, .maxval = 1e12, .dtype = int64})) ==
        std::vector<std::int64_t>{677826426746, 925699621976, 58045204748});
}

TEST_CASE("Eager ops with one op seed continue one stream until set_seed") {
  std::vector<float> first{-0.28077507f, -0.1377521f};
  std::vector<float> third{0.75309658f, -0.21428326f};
  random::set_seed(std::nullopt);
  check_close(random::normal({3, 4}, {.seed = 42}), first);
  random::normal({2}, {.mean = 1, .stddev = 2, .seed = 42});
  check_close(random::normal({3, 4}, {.seed = 42}), third);
  random::set_seed(std::nullopt);
  check_close(random::normal({3, 4}, {.seed = 42}), first);
}

TEST_CASE("Without any seed two runs differ") {
  random::set_seed(std::nullopt);
  Tensor a = random::uniform({8});
  Tensor b = random::uniform({8});
  CHECK(list<float>(a) != list<float>(b));
}

TEST_CASE("Stateless random ops depend on their seed alone") {
  Tensor seed = std::vector<std::int64_t>{1, 2};
  for (int run = 0; run < 2; ++run) {
    check_close(random::stateless_normal({3, 4}, seed),
                {0.54411012f, 0.20738031f, 0.07356432f, 0.04643455f});
    CHECK(list<float>(random::stateless_uniform({5}, seed))[0] ==
          0.8440604209899902f);
  }
  CHECK(list<std::int32_t>(random::stateless_uniform(
            {5}, {3, 4}, {.minval = -3, .maxval = 9, .dtype = int32})) ==
        std::vector<std::int32_t>{4, -2, 3, 0, 0});
  check_close(random::stateless_truncated_normal({6}, {5, 6}),
              {1.02398443f,
               -0.53878856f,
               1.27955341f,
               0.91200989f,
               -1.56436062f,
               1.67082667f});
}

TEST_CASE("A large tensor is filled with the numbers of a small one") {
  Tensor seed = std::vector<std::int64_t>{5, 7};
  for (auto make :
       {random::stateless_normal, random::stateless_truncated_normal}) {
    Tensor large = make({200'001}, seed, {});
    Tensor small = make({150'003}, seed, {});
    CHECK(std::equal(small.values<float>().begin(),
                     small.values<float>().end(),
                     large.values<float>().begin()));
  }
}

TEST_CASE("Integers need minval below maxval, and shapes no negative sizes") {
  CHECK_THROWS_WITH(
      random::uniform({3}, {.minval = 5, .maxval = 5, .dtype = int32}),
      Catch::Contains("Need minval < maxval, got 5 >= 5"));
  CHECK_THROWS_WITH(random::uniform({2, -1}),
                    Catch::Contains("Dimension -1 must be >= 0"));
}

}  // namespace
}  // namespace tern

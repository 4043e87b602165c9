#include "tern/ops/convolution.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/core/parallel.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/pooling.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

std::vector<float> numbers(const Tensor& t) {
  auto values = t.values<float>();
  return {values.begin(), values.end()};
}

Tensor counted(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.num_elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  return Tensor(values, shape);
}

/// The largest difference between a float32 result and the same in float64.
double error_of(const Tensor& narrow, const Tensor& wide) {
  return reduce_max(abs(cast(narrow, float64) - wide)).item<double>();
}

std::ptrdiff_t threads_of_process() {
  std::filesystem::directory_iterator tasks("/proc/self/task"), end;
  return std::distance(tasks, end);
}

}  // namespace

TEST_CASE("SAME puts the smaller half of the padding in front") {
  Tensor ones3 = ones({3, 1, 1});
  auto sums = [&](std::int64_t n) {
    return numbers(nn::conv1d(ones({1, n, 1}), ones3, 2, "SAME"));
  };
  CHECK(sums(5) == std::vector<float>{2, 3, 2});
  CHECK(sums(6) == std::vector<float>{3, 3, 2});
}

TEST_CASE(
    "A dilated convolution meets every other pixel, and so do its "
    "gradients") {
  Tensor x = counted({1, 5, 5, 1}), w = ones({2, 2, 1, 1});
  GradientTape tape;
  tape.watch(x);
  tape.watch(w);
  Tensor y = nn::atrous_conv2d(x, w, 2, "VALID");
  // Corners (0,0), (0,2), (2,0), (2,2) hold 0, 2, 10, 12.
  CHECK(numbers(y) == std::vector<float>{24, 28, 32, 44, 48, 52, 64, 68, 72});
  Tensors d = tape.gradient(y, Tensors{x, w});
  CHECK(numbers(d[0]) == std::vector<float>{1, 1, 2, 1, 1, 1, 1, 2, 1,
                                            1, 2, 2, 4, 2, 2, 1, 1, 2,
                                            1, 1, 1, 1, 2, 1, 1});
  // Each tap sums nine pixels: the block from (0, 0) on sums to 54.
  CHECK(numbers(d[1]) == std::vector<float>{54, 72, 144, 162});
}

TEST_CASE("Channels may be second, whatever computes") {
  Tensor x = random::normal({2, 9, 8, 16}), w = random::normal({3, 3, 16, 24});
  Tensor turned = nn::conv2d(transpose(x, {.perm = {0, 3, 1, 2}}),
                             w,
                             {2, 1},
                             "SAME",
                             {.data_format = "NCHW"});
  Tensor y = nn::conv2d(x, w, {2, 1}, "SAME");
  CHECK(
      reduce_all(transpose(turned, {.perm = {0, 2, 3, 1}}) == y).item<bool>());
}

TEST_CASE("Convolutions in float32 agree with float64, which oneDNN lacks") {
  struct Case {
    Shape x, w;
    std::vector<std::int64_t> strides;
    const char* padding;
  };
  const Case cases[] = {
      {{3, 17, 13, 20}, {3, 5, 20, 30}, {2, 1}, "SAME"},
      {{33, 8, 8, 16}, {3, 3, 16, 16}, {1, 1}, "VALID"},
      {{1, 40, 12, 8}, {5, 3, 8, 40}, {3, 2}, "SAME"},
      {{2, 16, 16, 64}, {1, 1, 64, 128}, {1, 1}, "VALID"},
      {{8, 7, 7, 64}, {3, 3, 64, 200}, {1, 1}, "SAME"},
      {{4, 16, 16, 32}, {3, 3, 8, 48}, {1, 1}, "SAME"},
      {{8, 20, 20, 3}, {7, 7, 3, 24}, {2, 2}, "SAME"},
  };
  for (const Case& c : cases) {
    Tensor x = random::normal(c.x), w = random::normal(c.w);
    auto run = [&](DType dtype) {
      Tensor a = cast(x, dtype), b = cast(w, dtype);
      GradientTape tape;
      tape.watch(a);
      tape.watch(b);
      Tensor y = nn::conv2d(a, b, c.strides, c.padding);
      Tensors d = tape.gradient(y * y, Tensors{a, b});
      return Tensors{y, d[0], d[1]};
    };
    Tensors narrow = run(float32), wide = run(float64);
    for (std::size_t i = 0; i < 3; ++i) {
      double largest = reduce_max(abs(wide[i])).item<double>();
      INFO(c.x.debug_string() << " result " << i);
      CHECK(error_of(narrow[i], wide[i]) < 2e-6 * largest);
    }
  }
}

TEST_CASE(
    "Convolutions give the same bits for any number of threads, and "
    "start no threads of OpenMP") {
  Tensor x = random::normal({10, 14, 14, 32}),
         w = random::normal({3, 3, 32, 64});
  auto run = [&] {
    GradientTape tape;
    tape.watch(x);
    tape.watch(w);
    Tensor y = nn::conv2d(x, w, 1, "SAME");
    Tensors d = tape.gradient(y * y, Tensors{x, w});
    return Tensors{y, d[0], d[1]};
  };
  int before = num_threads();
  set_num_threads(1);
  Tensors alone = run();
  set_num_threads(3);
  reduce_sum(random::normal({1 << 20}));  // Tern's own threads are there now
  std::ptrdiff_t own = threads_of_process();
  Tensors together = run();
  CHECK(threads_of_process() <= std::max<std::ptrdiff_t>(own, 3));
  set_num_threads(before);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(reduce_all(alone[i] == together[i]).item<bool>());
}

TEST_CASE("A transposed convolution spreads each pixel over its window") {
  Tensor y = nn::conv2d_transpose(counted({1, 2, 2, 1}) + 1,
                                  ones({2, 2, 1, 1}),
                                  Shape{1, 4, 4, 1},
                                  2,
                                  "VALID");
  CHECK(numbers(y) ==
        std::vector<float>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  Tensor line = nn::conv1d_transpose(
      counted({1, 2, 1}) + 1, ones({3, 1, 1}), Shape{1, 5, 1}, 2, "VALID");
  CHECK(numbers(line) == std::vector<float>{1, 1, 3, 2, 2});
}

TEST_CASE("Max pooling leaves NaN out, and its gradient goes to the first") {
  float nan = std::numeric_limits<float>::quiet_NaN();
  Tensor x = Tensor(std::vector<float>{1, nan, 3, 3, nan, nan}, Shape{1, 6, 1});
  GradientTape tape;
  tape.watch(x);
  Tensor y = nn::max_pool1d(x, 2, 2, "VALID");
  CHECK(numbers(y) ==
        std::vector<float>{1, 3, std::numeric_limits<float>::lowest()});
  CHECK(numbers(tape.gradient(y, x)) == std::vector<float>{1, 0, 1, 0, 1, 0});
}

TEST_CASE("Averages do not count the padding") {
  Tensor y = nn::avg_pool2d(counted({1, 3, 3, 1}), 2, 2, "SAME");
  CHECK(numbers(y) == std::vector<float>{2, 3.5f, 6.5f, 8});
}

TEST_CASE("Fractional pooling repeats TensorFlow's regions for a seed") {
  Tensor x = counted({1, 11, 13, 1});
  Tensors outputs = raw<"FractionalMaxPool">.outputs(
      {x},
      {{"pooling_ratio", std::vector<float>{1, 1.5f, 2.3f, 1}},
       {"pseudo_random", true},
       {"deterministic", true},
       {"seed", 7},
       {"seed2", 9}});
  auto sequence = [](const Tensor& t) {
    auto values = t.values<std::int64_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
  };
  CHECK(sequence(outputs[1]) ==
        std::vector<std::int64_t>{0, 1, 3, 5, 6, 8, 9, 11});
  CHECK(sequence(outputs[2]) == std::vector<std::int64_t>{0, 3, 6, 8, 11, 13});
}

TEST_CASE("Erosion and dilation find the ends of a window") {
  Tensor x = counted({1, 3, 3, 1}), flat = zeros({2, 2, 1});
  CHECK(numbers(nn::dilation2d(x, flat, 1, "VALID")) ==
        std::vector<float>{4, 5, 7, 8});
  CHECK(numbers(nn::erosion2d(x, flat, 1, "VALID")) ==
        std::vector<float>{0, 1, 3, 4});
}

TEST_CASE("Images are resized and padded by reflection before a convolution") {
  Tensor x = square(counted({1, 3, 3, 1}) + 1);
  Tensor w = Tensor(std::vector<float>{1, 2, 3, 4}, Shape{2, 2, 1, 1});
  auto paddings = [](std::vector<std::int32_t> rows) {
    return Tensor(rows, Shape{4, 2});
  };
  CHECK(numbers(raw<"FusedPadConv2D">(
            x,
            paddings({0, 0, 1, 2, 2, 0, 0, 0}),
            w,
            {{"mode", "REFLECT"},
             {"strides", std::vector<std::int64_t>{1, 1, 1, 1}},
             {"padding", "VALID"}})) ==
        std::vector<float>{129, 73,  85,  145, 225, 145, 157, 241, 585, 445,
                           469, 613, 417, 301, 325, 445, 129, 73,  85,  145});
  Tensor resized = raw<"FusedResizeAndPadConv2D">(
      x,
      Tensor(std::vector<std::int32_t>{4, 5}),
      paddings({0, 0, 1, 0, 0, 2, 0, 0}),
      w,
      {{"mode", "SYMMETRIC"},
       {"resize_align_corners", true},
       {"strides", std::vector<std::int64_t>{1, 2, 2, 1}},
       {"padding", "SAME"}});
  const std::vector<float> wanted = {
      19, 55, 90, 26, 251, 355, 438, 156, 162, 209, 243, 72.5f};
  std::vector<float> got = numbers(resized);
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK(got[i] == Approx(wanted[i]).epsilon(1e-5));
}

TEST_CASE("Convolutions say which sizes do not fit") {
  auto x = [](std::int64_t channels) { return zeros({1, 4, 4, channels}); };
  Tensor w = zeros({3, 3, 2, 4});
  CHECK_THROWS_WITH(
      nn::conv2d(x(3), w, 1, "VALID"),
      Catch::Contains("Depth of input (3) is not a multiple of input depth of "
                      "filter (2)"));
  CHECK_THROWS_WITH(
      nn::conv2d(zeros({1, 2, 2, 2}), w, 1, "VALID"),
      Catch::Contains("Negative dimension size caused by subtracting 3 from "
                      "2"));
  CHECK_THROWS_AS(nn::conv2d(x(2), w, {2, 1, 1, 1}, "VALID"),
                  UnimplementedError);
  CHECK_THROWS_WITH(nn::conv2d(x(2), w, 1, "VALID", {.data_format = "HWNC"}),
                    Catch::Contains("`data_format` must be NHWC or NCHW"));
  // A result that no memory holds, and attrs beyond 32 bits.
  CHECK_THROWS_AS(nn::conv2d_transpose(zeros({1, 1, 1, 1}),
                                       zeros({1, 1, 1, 1}),
                                       Shape{1, 1L << 40, 1L << 40, 1},
                                       1L << 40,
                                       "SAME"),
                  Error);
}

}  // namespace tern

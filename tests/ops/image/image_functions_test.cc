// Expected values are TensorFlow 2.21's.
#include <catch2/catch.hpp>

#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/graph/function.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern {
namespace {

/// 0, 10, …, 230 as two rows of four pixels.
Tensor bytes() { return reshape(cast(range(24) * 10, uint8), {2, 4, 3}); }
Tensor floats() { return cast(bytes(), float32) / 255.0; }

std::vector<int> integers(const Tensor& x) {
  Tensor wide = cast(x, int32);
  auto values = wide.values<int>();
  return {values.begin(), values.end()};
}

void check_starts_with(const Tensor& x, std::vector<double> wanted) {
  Tensor wide = cast(x, float64);
  auto values = wide.values<double>();
  REQUIRE(values.size() >= wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    CHECK(values[i] == Approx(wanted[i]).epsilon(2e-6).margin(1e-7));
}

TEST_CASE("Adjusted images keep their dtype and its limits") {
  Tensor u = bytes();
  CHECK(integers(image::adjust_contrast(u, 1.7)) ==
        std::vector<int>{0,   0,   0,   0,   0,   0,   28,  38,
                         48,  79,  89,  99,  130, 140, 150, 181,
                         191, 201, 232, 242, 252, 255, 255, 255});
  CHECK(integers(image::adjust_brightness(u, 0.3)) ==
        std::vector<int>{76,  86,  96,  106, 116, 126, 136, 146,
                         156, 166, 176, 186, 196, 206, 216, 226,
                         236, 246, 255, 255, 255, 255, 255, 255});
  CHECK(integers(image::adjust_gamma(u, {.gamma = 0.5, .gain = 1.2})) ==
        std::vector<int>{0,   60,  85,  105, 121, 135, 148, 160,
                         171, 182, 192, 201, 210, 218, 227, 235,
                         242, 250, 255, 255, 255, 255, 255, 255});
  CHECK(integers(image::adjust_hue(u, 0.2)[0]) ==
        std::vector<int>{14, 0, 20, 44, 30, 50, 74, 60, 80, 104, 90, 110});
  CHECK(integers(image::adjust_saturation(u, 2.5)[0]) ==
        std::vector<int>{0, 10, 20, 0, 25, 50, 30, 55, 80, 60, 85, 110});
  CHECK(integers(image::rgb_to_grayscale(u)) ==
        std::vector<int>{8, 38, 68, 98, 128, 158, 188, 218});
  check_starts_with(image::per_image_standardization(u),
                    {-1.6613248586654663, -1.5168617963790894});
  CHECK_THROWS_AS(image::adjust_hue(u, 1.4), InvalidArgumentError);
  CHECK_THROWS_AS(image::adjust_gamma(u, {.gamma = -1}), InvalidArgumentError);
  CHECK_THROWS_AS(image::grayscale_to_rgb(u), InvalidArgumentError);
}

TEST_CASE("Images in other dtypes are scaled, and saturated where asked") {
  Tensor words = constant({300, 32767, -5}, int16);
  CHECK(integers(image::convert_image_dtype(words, uint8)) ==
        std::vector<int>{2, 255, 255});
  CHECK(integers(image::convert_image_dtype(
            words, uint8, {.saturate = true})) == std::vector<int>{2, 255, 0});
  CHECK(integers(image::convert_image_dtype(constant({0, 127, 128, 255}, uint8),
                                            int32)) ==
        std::vector<int>{0, 1065353216, 1073741824, 2139095040});
  Tensor beyond = image::convert_image_dtype(
      floats() * 1.2 - 0.1, uint8, {.saturate = true});
  CHECK(integers(beyond[0]) ==
        std::vector<int>{0, 0, 0, 10, 22, 34, 46, 58, 70, 82, 94, 106});
  // A limit that float32 has no number for.
  CHECK(integers(image::convert_image_dtype(
            constant({2.0}, float32), int32, {.saturate = true}))[0] >
        2147483000);
  CHECK_THROWS_AS(image::convert_image_dtype(words, string),
                  InvalidArgumentError);
}

TEST_CASE("Images are turned and cut as TensorFlow does") {
  Tensor f = bytes();
  auto firsts = [](const Tensor& x) { return integers(x[{ellipsis, 0}]); };
  CHECK(firsts(image::rot90(f)) ==
        std::vector<int>{90, 210, 60, 180, 30, 150, 0, 120});
  CHECK(firsts(image::rot90(f, {.k = -1})) ==
        std::vector<int>{120, 0, 150, 30, 180, 60, 210, 90});
  CHECK(firsts(image::flip_left_right(f)) ==
        std::vector<int>{90, 60, 30, 0, 210, 180, 150, 120});
  CHECK(firsts(image::flip_up_down(f)) ==
        std::vector<int>{120, 150, 180, 210, 0, 30, 60, 90});
  CHECK(firsts(image::central_crop(f, 0.5)) ==
        std::vector<int>{30, 60, 150, 180});
  CHECK(firsts(image::resize_with_crop_or_pad(f, 3, 3)) ==
        std::vector<int>{0, 30, 60, 120, 150, 180, 0, 0, 0});
  CHECK(
      firsts(image::pad_to_bounding_box(f, 1, 0, 3, 5)) ==
      std::vector<int>{0, 0, 0, 0, 0, 0, 30, 60, 90, 0, 120, 150, 180, 210, 0});
  Tensor batch = stack({f, f});
  CHECK(firsts(image::transpose(batch)[1]) == firsts(image::transpose(f)));
  CHECK_THROWS_AS(image::crop_to_bounding_box(f, 1, 1, 2, 2),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::pad_to_bounding_box(f, 1, 0, 2, 5),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::central_crop(f, 0), InvalidArgumentError);
  CHECK_THROWS_AS(image::rot90(f[0]), InvalidArgumentError);
}

TEST_CASE("Images of unknown size are cut in graphs, too") {
  auto cut = function(
      [](const Tensor& x) {
        Tensor a = image::resize_with_crop_or_pad(x, 3, 3);
        Tensor b = image::resize_with_pad(x, 3, 3);
        CHECK(a.shape() == Shape({3, 3, 3}));
        CHECK(b.shape() == Shape({3, 3, 3}));
        return stack(
            {a, b, image::central_crop(x, 0.5)[0][{0}] + zeros({3, 3, 3})});
      },
      {.input_signature = {TensorSpec({-1, -1, 3}, float32)}});
  Tensor f = floats();
  Tensor both = cut(f);
  check_starts_with(both[1], {0.2549019753932953, 0.29411765933036804});
  check_starts_with(both[0] - image::resize_with_crop_or_pad(f, 3, 3),
                    {0, 0, 0, 0, 0, 0});
}

TEST_CASE("Random changes are TensorFlow's for the same seeds") {
  Tensor f = floats();
  random::set_seed(1);
  check_starts_with(image::random_brightness(f, 0.3, {.seed = 3}),
                    {0.16727134585380554, 0.2064870297908783});
  auto [begin, size, box] = image::stateless_sample_distorted_bounding_box(
      {40, 50, 3}, {{{0.1, 0.2, 0.8, 0.9}}}, {1, 2});
  CHECK(integers(begin) == std::vector<int>{12, 3, 0});
  CHECK(integers(size) == std::vector<int>{26, 32, -1});
  check_starts_with(image::stateless_random_brightness(f, 0.3, {1, 2}),
                    {0.20643627643585205, 0.2456519603729248});
  check_starts_with(image::stateless_random_contrast(f, 0.2, 0.8, {1, 2}),
                    {0.12087920308113098, 0.16009488701820374});
  check_starts_with(image::stateless_random_crop(f, {1, 2, 3}, {7, 8}),
                    {0.11764705926179886, 0.1568627506494522});
  check_starts_with(image::stateless_random_flip_left_right(f, {0, 1}),
                    {0.3529411852359772, 0.3921568691730499});
  check_starts_with(image::stateless_random_flip_left_right(f, {1, 2}),
                    {0, 0.03921568766236305});
  random::set_seed(7);
  auto sampled = image::sample_distorted_bounding_box(
      {40, 50, 3}, {{{0.1, 0.2, 0.8, 0.9}}}, {.seed = 9});
  CHECK(integers(sampled.begin) == std::vector<int>{5, 4, 0});
  CHECK(integers(sampled.size) == std::vector<int>{31, 33, -1});
  CHECK_THROWS_AS(image::random_hue(f, 0.7), InvalidArgumentError);
  CHECK_THROWS_AS(image::random_contrast(f, 0.7, 0.5), InvalidArgumentError);
  CHECK_THROWS_AS(image::random_crop(f, {3, 2, 3}), InvalidArgumentError);
  CHECK_THROWS_AS(image::random_jpeg_quality(f, 50, 101), InvalidArgumentError);
}

TEST_CASE("Images are compared and measured") {
  Tensor f = floats(), g = image::flip_up_down(f);
  CHECK(image::psnr(f, g, 1.0).item<float>() == Approx(6.547178268432617));
  CHECK(image::psnr(bytes(), image::flip_up_down(bytes()), 255).item<float>() ==
        Approx(6.547178268432617));
  CHECK(image::total_variation(f).item<float>() == Approx(7.764705657958984));
  CHECK_THROWS_AS(image::ssim(f, g, 1.0), InvalidArgumentError);
  // Equal images, and a constant one against its half: only luminance differs,
  // (2ab + c) / (a² + b² + c) with c = 0.0001.
  Tensor flat = fill({1, 12, 12, 1}, 0.8f);
  CHECK(image::ssim(flat, flat, 1.0).item<float>() == Approx(1));
  CHECK(image::ssim(flat, flat * 0.5, 1.0).item<float>() ==
        Approx(0.6401 / 0.8001).epsilon(1e-3));
  Tensor large = fill({1, 23, 22, 2}, 0.8f);
  CHECK(image::ssim_multiscale(large, large, 1.0, {.power_factors = {0.5, 0.5}})
            .item<float>() == Approx(1));
  auto [dy, dx] = image::image_gradients(expand_dims(bytes(), 0));
  CHECK(integers(dy[{ellipsis, 0}]) ==
        std::vector<int>{120, 120, 120, 120, 0, 0, 0, 0});
  CHECK(integers(dx[{ellipsis, 0}]) ==
        std::vector<int>{30, 30, 30, 0, 30, 30, 30, 0});
  // A ramp of 1 a row: 4 times 2 between the rows beside, none across.
  Tensor ramp =
      reshape(cast(range(3), float32), {1, 3, 1, 1}) + zeros({1, 3, 3, 1});
  Tensor sobel = image::sobel_edges(ramp);
  CHECK(sobel[{0, 1, 1, 0, 0}].item<float>() == 8);
  CHECK(sobel[{0, 1, 1, 0, 1}].item<float>() == 0);
}

TEST_CASE("Of boxes that overlap the best is kept") {
  Tensor boxes = {
      {0.0, 0.0, 1.0, 1.0}, {0.0, 0.1, 1.0, 1.1}, {2.0, 2.0, 3.0, 3.0}};
  Tensor scores = {0.5, 0.9, 0.4};
  CHECK(integers(image::non_max_suppression(boxes, scores, 3)) ==
        std::vector<int>{1, 2});
  auto [indices, kept] = image::non_max_suppression_with_scores(
      boxes, scores, 3, {.soft_nms_sigma = 0.5});
  CHECK(integers(indices) == std::vector<int>{1, 2, 0});
  check_starts_with(kept, {0.9, 0.4, 0.25600236654281616});
  auto [padded, count] = image::non_max_suppression_padded(
      boxes, scores, 4, {.pad_to_max_output_size = true});
  CHECK(integers(padded) == std::vector<int>{1, 2, 0, 0});
  CHECK(count.item<int>() == 2);
  auto batch = image::non_max_suppression_padded(
      stack({boxes, boxes}), stack({scores, scores}), 4);
  CHECK(batch.selected_indices.shape() == Shape({2, 4}));
  CHECK(integers(batch.num_valid) == std::vector<int>{2, 2});
  CHECK_THROWS_AS(
      image::non_max_suppression(boxes, scores, 3, {.iou_threshold = 1.5}),
      InvalidArgumentError);
  CHECK_THROWS_AS(image::non_max_suppression(boxes, {0.5}, 3),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::non_max_suppression(boxes, scores, -1),
                  InvalidArgumentError);
}

TEST_CASE("Boxes are drawn one pixel wide, as far as they are inside") {
  Tensor drawn = image::draw_bounding_boxes(
      zeros({1, 3, 4, 1}), {{{0.0, 0.0, 1.0, 0.5}}}, {{1.0}});
  CHECK(integers(drawn) ==
        std::vector<int>{1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0});
  Tensor nowhere = image::draw_bounding_boxes(
      zeros({1, 2, 2, 1}),
      {{{2.0, 2.0, 3.0, 3.0}, {0.5, 0.5, 0.0, 0.0}, {-1e30, 0.0, 1e30, 2e30}}},
      {{1.0}});
  CHECK(integers(nowhere) == std::vector<int>{1, 0, 1, 0});
}

}  // namespace
}  // namespace tern

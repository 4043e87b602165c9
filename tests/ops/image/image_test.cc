#include "tern/ops/image.h"

#include <catch2/catch.hpp>

#include "ops/apply.h"
#include "tern/autodiff/gradient_tape.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

template <class T>
std::vector<T> list(const Tensor& x) {
  auto values = x.values<T>();
  return {values.begin(), values.end()};
}

/// 0, 10, 20, … as an image.
Tensor ramp(const Shape& shape, DType dtype = float32) {
  return cast(
      reshape(range(static_cast<int>(shape.num_elements())), shape) * 10,
      dtype);
}

TEST_CASE("A resized image of one colour keeps it to the bit") {
  Tensor white = fill({1, 7, 5, 3}, cast(255, uint8));
  for (const char* method : {"bilinear", "nearest"}) {
    Tensor resized =
        cast(image::resize(white, {13, 4}, {.method = method}), uint8);
    CHECK(reduce_all(resized == cast(255, uint8)).item<bool>());
  }
}

TEST_CASE(
    "Resizing gives float32 even where the size stays; nearest does not") {
  Tensor image = ramp({2, 4, 3}, uint8);
  CHECK(image::resize(image, {2, 4}).dtype() == float32);
  CHECK(list<float>(image::resize(image, {2, 4})) ==
        list<float>(ramp({2, 4, 3})));
  CHECK(image::resize(image, {2, 3}, {.method = "nearest"}).dtype() == uint8);
}

TEST_CASE("A resize that keeps proportions fits into the size") {
  // As TensorFlow 2.21 has it.
  Tensor image = ramp({2, 4, 3}, uint8);
  Tensor wide = image::resize(image, {3, 8}, {.preserve_aspect_ratio = true});
  CHECK(wide.shape() == Shape({3, 6, 3}));
  Tensor small = image::resize(
      image, {7, 3}, {.method = "nearest", .preserve_aspect_ratio = true});
  CHECK(small.shape() == Shape({2, 3, 3}));
  CHECK(list<std::uint8_t>(small) == std::vector<std::uint8_t>{0,
                                                               10,
                                                               20,
                                                               60,
                                                               70,
                                                               80,
                                                               90,
                                                               100,
                                                               110,
                                                               120,
                                                               130,
                                                               140,
                                                               180,
                                                               190,
                                                               200,
                                                               210,
                                                               220,
                                                               230});
}

TEST_CASE("An antialiased resize weighs all pixels that a result covers") {
  // As TensorFlow 2.21 has it.
  Tensor image = ramp({2, 4, 3}) / 255.0f;
  std::vector<float> found =
      list<float>(image::resize(image, {1, 2}, {.antialias = true}));
  std::vector<float> wanted = {0.31932777166366577f,
                               0.3585434556007385f,
                               0.3977591395378113f,
                               0.5042017698287964f,
                               0.5434174537658691f,
                               0.5826331377029419f};
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    CHECK(found[i] == Approx(wanted[i]).epsilon(1e-6));
}

/// Elements of a quantized dtype.
template <class T>
Tensor quantized(DType dtype, const Shape& shape, std::vector<T> elements) {
  Tensor result = Tensor::allocate(dtype, shape);
  std::copy(
      elements.begin(), elements.end(), static_cast<T*>(result.mutable_data()));
  return result;
}

template <class T>
std::vector<T> resized_elements(const Tensor& image,
                                detail::NamedAttrs attrs = {}) {
  Tensor resized = raw<"QuantizedResizeBilinear">(
      image, Tensor({3, 5}), Tensor(0.0f), Tensor(8.0f), attrs);
  const T* elements = static_cast<const T*>(resized.raw_data());
  return {elements, elements + resized.num_elements()};
}

TEST_CASE("Quantized images are resized in TensorFlow's fixed point") {
  Tensor image = quantized<std::uint8_t>(
      quint8,
      {1, 2, 3, 2},
      {0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175});
  CHECK(resized_elements<std::uint8_t>(image) ==
        std::vector<std::uint8_t>{0,   16,  19,  35,  38,  54,  58,  74,
                                  64,  80,  64,  80,  83,  98,  101, 117,
                                  121, 137, 127, 143, 96,  112, 115, 130,
                                  134, 149, 153, 169, 159, 175});
  CHECK(resized_elements<std::uint8_t>(image, {{"half_pixel_centers", true}}) ==
        std::vector<std::uint8_t>{0,   16,  13,  29,  32,  48,  51,  67,
                                  64,  80,  48,  64,  61,  76,  80,  96,
                                  99,  115, 112, 128, 96,  112, 109, 124,
                                  128, 143, 146, 162, 159, 175});
  // Negative sums are rounded up by one more.
  Tensor wide = quantized<std::int32_t>(qint32,
                                        {1, 2, 3, 1},
                                        {std::numeric_limits<int>::min(),
                                         -1610612736,
                                         -1073741824,
                                         -536870912,
                                         0,
                                         536870912});
  CHECK(resized_elements<std::int32_t>(wide) ==
        std::vector<std::int32_t>{-2147483647,
                                  -1825361087,
                                  -1503238527,
                                  -1181115967,
                                  -1073741823,
                                  -1073741791,
                                  -751619231,
                                  -429496671,
                                  -107374111,
                                  32,
                                  -536870911,
                                  -214748351,
                                  107374208,
                                  429496768,
                                  536870912});
}

TEST_CASE("Images and sizes that cannot be resized are refused") {
  Tensor image = ramp({1, 2, 2, 1});
  CHECK_THROWS_AS(image::resize(image, {0, 2}), InvalidArgumentError);
  CHECK_THROWS_AS(image::resize(image, {2, 2, 2}), InvalidArgumentError);
  CHECK_THROWS_AS(image::resize(image, {2, 2}, {.method = "foo"}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::resize(image[0][0], {2, 2}), InvalidArgumentError);
  CHECK_THROWS_AS(image::resize(zeros({1, 0, 2, 1}), {2, 2}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::resize(zeros({1, 2, 2, 0}), {2, 2}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(raw<"ResizeBilinear">(
                      image,
                      Tensor({2, 2}),
                      {{"align_corners", true}, {"half_pixel_centers", true}}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(
      raw<"ScaleAndTranslate">(
          image, Tensor({2, 2}), Tensor({1.0, 0.0}), Tensor({0.0, 0.0})),
      InvalidArgumentError);
  // Scales that leave no pixel of the image in sight.
  CHECK(
      list<float>(raw<"ScaleAndTranslate">(
          image, Tensor({1, 1}), Tensor({1e-30, 1e30}), Tensor({0.0, 1e30}))) ==
      std::vector<float>{0});
}

TEST_CASE("Crops are refused for boxes of no image, or without a place") {
  Tensor image = ramp({1, 2, 2, 1});
  Tensor box = {{0.0, 0.0, 1.0, 1.0}};
  CHECK_THROWS_AS(image::crop_and_resize(image, box, {1}, {2, 2}),
                  OutOfRangeError);
  CHECK_THROWS_AS(image::crop_and_resize(image, box, {0}, {0, 2}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::crop_and_resize(image, box, {0, 0}, {2, 2}),
                  InvalidArgumentError);
  Tensor nowhere = {{0.0, 0.0, std::nan(""), 1.0}};
  CHECK_THROWS_AS(image::crop_and_resize(image, nowhere, {0}, {2, 2}),
                  InvalidArgumentError);
}

TEST_CASE("A glimpse far from the image is noise alone, wherever it is") {
  Tensor image = ramp({1, 3, 3, 1});
  for (double offset : {1e30, -1e30, std::nan("")})
    CHECK(list<float>(image::extract_glimpse(
              image, {1, 2}, {{offset, 0.0}}, {.noise = "zero"})) ==
          std::vector<float>{0, 0});
  CHECK(list<float>(image::extract_glimpse(image, {1, 2}, {{0.0, 0.0}})) ==
        std::vector<float>{30, 40});
  CHECK_THROWS_AS(image::extract_glimpse(image, {1, -2}, {{0.0, 0.0}}),
                  InvalidArgumentError);
}

}  // namespace
}  // namespace tern

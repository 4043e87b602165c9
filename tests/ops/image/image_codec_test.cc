#include <catch2/catch.hpp>
#include <map>

#include "ops/apply.h"
#include "ops/image/image_files.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const Tensor& x) {
  auto values = x.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

/// Smooth colours, as photographs have them.
Tensor gradient_image(int height, int width, int channels) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c)
        pixels.push_back(static_cast<std::uint8_t>(
            (y * 3 + x * 2 * (c + 1) + c * 40) % 256));
  return Tensor(pixels, {height, width, channels});
}

int largest_difference(const Tensor& a, const Tensor& b) {
  return reduce_max(abs(cast(a, int32) - cast(b, int32))).item<int>();
}

TEST_CASE("A PNG gives back what went in, eight and sixteen bits") {
  for (int channels : {1, 3, 4}) {
    Tensor image = gradient_image(5, 7, channels);
    Tensor file = image::encode_png(image);
    CHECK(bytes_of(image::decode_png(file)) == bytes_of(image));
    CHECK(bytes_of(image::decode_image(file)) == bytes_of(image));
    Tensor wide = cast(image, uint16) * cast(201, uint16);
    Tensor again = image::decode_png(
        image::encode_png(wide, {.compression = 9}), {.dtype = uint16});
    CHECK(reduce_all(again == wide).item<bool>());
    // Eight bits as sixteen: 0xab becomes 0xabab.
    CHECK(reduce_all(image::decode_png(file, {.dtype = uint16}) ==
                     cast(image, uint16) * cast(257, uint16))
              .item<bool>());
  }
}

TEST_CASE("Batches of images are encoded to a file each") {
  Tensor images = stack({gradient_image(2, 3, 3), gradient_image(2, 3, 3)});
  Tensor files = image::encode_png(images);
  CHECK(files.shape() == Shape({2}));
  CHECK(bytes_of(image::decode_png(files[1])) ==
        bytes_of(gradient_image(2, 3, 3)));
}

TEST_CASE("A JPEG is the image, nearly") {
  for (int channels : {1, 3}) {
    Tensor image = gradient_image(24, 40, channels);
    Tensor file = image::encode_jpeg(
        image, {.quality = 100, .chroma_downsampling = false});
    CHECK(image::is_jpeg(file).item<bool>());
    CHECK(image::extract_jpeg_shape(file, int64).values<std::int64_t>()[1] ==
          40);
    Tensor decoded =
        image::decode_jpeg(file, {.dct_method = "INTEGER_ACCURATE"});
    CHECK(decoded.shape() == image.shape());
    CHECK(largest_difference(decoded, image) <= 3);
    CHECK(image::decode_jpeg(file, {.channels = 4 - channels}).shape()[2] ==
          4 - channels);
    CHECK(image::decode_jpeg(file, {.ratio = 4}).shape() ==
          Shape({6, 10, channels}));
  }
  CHECK_FALSE(image::is_jpeg("\x89PNG").item<bool>());
}

TEST_CASE("A window of a JPEG is that part of the image") {
  Tensor file = image::encode_jpeg(
      gradient_image(50, 70, 3), {.quality = 95, .chroma_downsampling = false});
  Tensor whole = image::decode_jpeg(file);
  Tensor window = image::decode_and_crop_jpeg(file, {9, 21, 30, 44});
  CHECK(bytes_of(window) == bytes_of(whole[{Slice{9, 39}, Slice{21, 65}}]));
  for (const Tensor& outside : {Tensor({0, 0, 51, 1}),
                                Tensor({-1, 0, 2, 2}),
                                Tensor({0, 2147483647, 1, 2147483647}),
                                Tensor({0, 0, 0, 5})})
    CHECK_THROWS_AS(image::decode_and_crop_jpeg(file, outside),
                    InvalidArgumentError);
}

TEST_CASE("Truncated JPEGs are refused, or made up for where asked") {
  std::string file =
      image::encode_jpeg(gradient_image(64, 64, 3), {.quality = 95}).bytes();
  std::string half = file.substr(0, file.size() / 2);
  CHECK_THROWS_AS(image::decode_jpeg(half), InvalidArgumentError);
  Tensor recovered = image::decode_jpeg(half, {.try_recover_truncated = true});
  CHECK(recovered.shape() == Shape({64, 64, 3}));
  Tensor whole = image::decode_jpeg(file);
  CHECK(bytes_of(recovered[{Slice{0, 8}}]) == bytes_of(whole[{Slice{0, 8}}]));
}

TEST_CASE("Frames of a GIF lie on the one before") {
  std::string file = gif_file(gif_frame() + gif_frame(1, 0));
  Tensor images = image::decode_gif(file);
  REQUIRE(images.shape() == Shape({2, 2, 2, 3}));
  const Bytes a = {10, 20, 30}, b = {200, 100, 50};
  auto join = [](std::initializer_list<Bytes> pixels) {
    Bytes all;
    for (const Bytes& pixel : pixels)
      all.insert(all.end(), pixel.begin(), pixel.end());
    return all;
  };
  CHECK(bytes_of(images[0]) == join({a, b, b, a}));
  CHECK(bytes_of(images[1]) == join({a, a, b, b}));
  CHECK(bytes_of(image::decode_image(file, {.expand_animations = false})) ==
        join({a, b, b, a}));
  CHECK_THROWS_AS(image::decode_png(file), InvalidArgumentError);
  CHECK(image::decode_png(gif_file(gif_frame())).shape() == Shape({2, 2, 3}));
  Tensor colours = image::decode_image(file, {.dtype = float32})[{1, 0, 0}];
  CHECK(colours.values<float>()[1] == Approx(20 / 255.0));
}

TEST_CASE("A GIF may not claim more pixels than its bytes can hold") {
  std::string huge = gif_frame();
  huge.replace(5, 4, "\xff\xff\xff\xff");
  CHECK_THROWS_AS(image::decode_gif(gif_file(huge)), InvalidArgumentError);
  CHECK_THROWS_AS(image::decode_gif(gif_file("")), InvalidArgumentError);
  CHECK_THROWS_AS(image::decode_gif("GIF8"), InvalidArgumentError);
}

TEST_CASE("BMP rows stand from the last to the first, blue before red") {
  std::string row = "\1\2\3\4\5\6";
  std::string pad(2, '\0');
  std::string file = bmp_file(2, 2, 24, row + pad + "\7\7\7\10\10\10" + pad);
  CHECK(bytes_of(image::decode_bmp(file)) ==
        Bytes{7, 7, 7, 8, 8, 8, 3, 2, 1, 6, 5, 4});
  CHECK(bytes_of(image::decode_bmp(bmp_file(2, -1, 24, row + pad),
                                   {.channels = 4})) ==
        Bytes{3, 2, 1, 255, 6, 5, 4, 255});
  CHECK(bytes_of(image::decode_image(bmp_file(1, 1, 32, "\1\2\3\4"))) ==
        Bytes{3, 2, 1, 4});
  CHECK(bytes_of(image::decode_bmp(
            bmp_file(1, 1, 8, std::string("\5\0\0\0", 4)), {.channels = 3})) ==
        Bytes{5, 5, 5});
  CHECK_THROWS_AS(image::decode_bmp(file.substr(0, 60)), InvalidArgumentError);
  CHECK_THROWS_AS(image::decode_bmp(bmp_file(1 << 30, 1 << 30, 24, "")),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::decode_bmp("BM"), InvalidArgumentError);
}

TEST_CASE("Sizes that files claim are refused before memory is asked for") {
  // The header of a PNG of 2^27 x 2 pixels, its checksum correct.
  std::string png = image::encode_png(gradient_image(1, 1, 1)).bytes();
  png.replace(16, 4, "\x7f\xff\xff\xff");
  CHECK_THROWS_AS(image::decode_png(png), InvalidArgumentError);
  // 65500 x 65500 pixels.
  std::string jpeg = image::encode_jpeg(gradient_image(8, 8, 3)).bytes();
  std::size_t frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");
  CHECK_THROWS_AS(image::decode_jpeg(jpeg), InvalidArgumentError);
}

TEST_CASE("Damaged files are errors of the caller, whatever the damage") {
  std::map<std::string, std::string> files = {
      {"jpeg", image::encode_jpeg(gradient_image(16, 16, 3)).bytes()},
      {"progressive",
       image::encode_jpeg(gradient_image(16, 16, 3), {.progressive = true})
           .bytes()},
      {"png", image::encode_png(gradient_image(6, 6, 3)).bytes()},
      {"gif", gif_file(gif_frame() + gif_frame(1, 0))},
      {"bmp", bmp_file(1, 1, 32, "\1\2\3\4")}};
  for (const auto& [name, file] : files) {
    INFO(name);
    int decoded = 0, refused = 0;
    auto try_file = [&](const std::string& damaged) {
      try {
        image::decode_image(damaged);
        ++decoded;
      } catch (const Error&) {
        ++refused;
      }
    };
    for (std::size_t i = 0; i < file.size(); ++i) {
      try_file(file.substr(0, i));
      for (char change : {'\x01', '\x80', '\xff'}) {
        std::string damaged = file;
        damaged[i] = static_cast<char>(damaged[i] ^ change);
        try_file(damaged);
      }
    }
    CHECK(refused > 0);
    CHECK(decoded + refused == static_cast<int>(4 * file.size()));
  }
}

TEST_CASE("What cannot be encoded is refused") {
  Tensor image = gradient_image(4, 4, 3);
  CHECK_THROWS_AS(image::encode_jpeg(image, {.quality = 101}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_jpeg(image, {.format = "grayscale"}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_jpeg(gradient_image(4, 4, 2)),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_jpeg(zeros({0, 4, 3}, uint8)),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_jpeg(zeros({1, 70000, 3}, uint8)),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_png(zeros({0, 4, 3}, uint8)),
                  InvalidArgumentError);
  CHECK_THROWS_AS(image::encode_png(image, {.compression = 10}),
                  InvalidArgumentError);
  CHECK_THROWS_AS(
      image::encode_jpeg(image, {.xmp_metadata = std::string(70000, 'x')}),
      InvalidArgumentError);
}

}  // namespace
}  // namespace tern

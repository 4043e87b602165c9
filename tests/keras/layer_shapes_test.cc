#include <catch2/catch.hpp>

#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"
#include "tern/ops/random.h"

namespace tern::keras {
namespace {

/// The layers of this file, made in every way their constructors allow.
std::vector<std::pair<Layer, Shape>> image_layers() {
  using namespace layers;
  const Shape line{2, 9, 4}, image{2, 9, 8, 4}, volume{2, 5, 6, 4, 4};
  return {
      {Conv1D(3, 2, {.padding = "causal", .dilation_rate = 2}), line},
      {Conv2D(6, {3, 2}, {.strides = 2, .padding = "same", .groups = 2}),
       image},
      {Conv3D(2, 3), volume},
      {Conv1DTranspose(3, 3, {.strides = 2, .output_padding = 1}), line},
      {Conv2DTranspose(2, 3, {.strides = {1, 2}, .padding = "same"}), image},
      {Conv3DTranspose(2, 2, {.strides = 2}), volume},
      {DepthwiseConv1D(3, {.depth_multiplier = 2}), line},
      {DepthwiseConv2D(2, {.strides = 2}), image},
      {SeparableConv1D(3, 2), line},
      {SeparableConv2D(3, {2, 3}, {.padding = "same"}), image},
      {MaxPool1D(3, {.strides = 2, .padding = "same"}), line},
      {MaxPooling2D(), image},
      {MaxPool2D({.padding = "same"}), image},
      {MaxPool3D({2, 1, 2}), volume},
      {AveragePooling1D(), line},
      {AveragePooling2D({3, 3}, {.strides = {{2, 1}}}), image},
      {GlobalMaxPool1D(), line},
      {GlobalAveragePooling2D({.keepdims = true}), image},
      {GlobalAveragePooling3D(), volume},
      {ZeroPadding1D({1, 2}), line},
      {ZeroPadding2D({{1, 0}, {2, 3}}), image},
      {ZeroPadding3D(2), volume},
      {Cropping1D(), line},
      {Cropping2D({{1, 0}, {2, 3}}), image},
      {UpSampling1D(3), line},
      {UpSampling2D({2, 3}), image},
      {BatchNormalization(), image},
      {LayerNormalization({.axis = {-1, -2}}), image},
      {GroupNormalization(2), image},
      {UnitNormalization(), line},
      {Reshape({-1, 2}), line},
      {Permute({2, 1}), line},
      {PReLU({.shared_axes = {1}}), line},
      {Softmax(1), line},
      {SpatialDropout2D(0.5), image},
      {GaussianNoise(0.1), line}};
}

}  // namespace

TEST_CASE(
    "A layer says what shape comes out, and its configuration makes an "
    "equal one") {
  for (const auto& [layer, input] : image_layers()) {
    INFO(layer.class_name());
    Tensor x = random::normal(input);
    Tensor y = layer(x);
    Shape any_batch = input;
    any_batch.set_dim(0, -1);
    Shape said = layer.compute_output_shape(any_batch);
    Shape got = y.shape();
    got.set_dim(0, -1);
    CHECK(said == got);
    auto factory = ObjectRegistry::global().find_layer(layer.class_name());
    REQUIRE(factory);
    Layer copy = factory(layer.get_config());
    CHECK(copy.get_config().dump() == layer.get_config().dump());
    copy.build(input);
    copy.set_weights(layer.get_weights());
    CHECK(reduce_all(copy(x) == y).item<bool>());
  }
}

TEST_CASE("Layers of images refuse what does not fit") {
  using namespace layers;
  CHECK_THROWS_AS(Conv2D(0, 3), InvalidArgumentError);
  CHECK_THROWS_AS(Conv2D(4, 3, {.padding = "causal"}), InvalidArgumentError);
  CHECK_THROWS_AS(Conv2D(4, 3, {.groups = 3}), InvalidArgumentError);
  CHECK_THROWS_AS(Conv2D(4, 3)(zeros({2, 8, 8})), InvalidArgumentError);
  CHECK_THROWS_AS(Cropping1D(4)(zeros({1, 8, 1})), InvalidArgumentError);
  CHECK_THROWS_AS(Add()({zeros({2, 3}), zeros({2, 4})}), InvalidArgumentError);
  CHECK_THROWS_AS(Permute({1, 3}), InvalidArgumentError);
  CHECK_THROWS_AS(GroupNormalization(3)(zeros({1, 4})), InvalidArgumentError);
}

}  // namespace tern::keras

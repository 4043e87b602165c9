#include "tern/keras/applications.h"

#include <catch2/catch.hpp>

#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern::keras {

TEST_CASE("ResNet50 has Keras' layers, names and numbers of weights") {
  Model model = applications::ResNet50();
  CHECK(model.name() == "resnet50");
  CHECK(model.layers().size() == 177);
  CHECK(model.count_params() == 25636712);
  std::int64_t frozen = 0;
  for (const Variable& variable : model.non_trainable_variables())
    frozen += variable.shape().num_elements();
  CHECK(frozen == 53120);
  CHECK(model.layers()[7].name() == "conv2_block1_1_conv");
  CHECK(model.get_layer("conv4_block6_3_conv").count_params() == 263168);
  CHECK(model.output_shape().str() == "(None, 1000)");
}

TEST_CASE("A ResNet without its classifier gives features, pooled or not") {
  Model images = applications::ResNet50(
      {.include_top = false, .input_shape = {64, 64, 3}});
  CHECK(images.output_shape().str() == "(None, 2, 2, 2048)");
  Model means = applications::ResNet50(
      {.include_top = false, .input_shape = {64, 64, 3}, .pooling = "avg"});
  CHECK(means(zeros({2, 64, 64, 3})).shape().str() == "(2, 2048)");
  CHECK_THROWS_AS(applications::ResNet50({.input_shape = {16, 16, 3}}),
                  InvalidArgumentError);
}

}  // namespace tern::keras

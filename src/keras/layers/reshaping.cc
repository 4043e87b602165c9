#include <cstdint>

#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"

namespace tern::keras {
namespace {

class FlattenImpl : public LayerBase {
 public:
  explicit FlattenImpl(layers::FlattenOptions options)
      : LayerBase(options), data_format_(std::move(options.data_format)) {
    if (data_format_.empty()) data_format_ = "channels_last";
    if (data_format_ != "channels_last" && data_format_ != "channels_first")
      throw InvalidArgumentError(
          "The `data_format` argument must be one of {'channels_first', "
          "'channels_last'}. Received: data_format=",
          data_format_);
    set_input_spec({.min_ndim = 1});
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Shape shape = x.shape();
    if (!shape.has_rank())
      throw InvalidArgumentError(
          "Flatten \"", name(), "\": the rank of the input must be known");
    Tensor rows = x;
    if (data_format_ == "channels_first" && shape.rank() > 1) {
      // The elements leave in channels-last order.
      std::vector<std::int64_t> order{0};
      for (int i = 2; i < shape.rank(); ++i) order.push_back(i);
      order.push_back(1);
      rows = transpose(x, {.perm = order});
    }
    std::int64_t row = row_size(shape);
    if (row >= 0) return reshape(rows, {-1, row});
    return reshape(rows, {shape[0], -1});
  }

  Shape compute_output_shape(const Shape& input) override {
    if (!input.has_rank()) return Shape::unknown_dims(2);
    return {input[0], row_size(input)};
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["data_format"] = data_format_;
    return config;
  }

 private:
  /// Elements an example has, -1 when unknown.
  static std::int64_t row_size(const Shape& input) {
    return input.rank() < 2 ? 1 : input.slice(1).num_elements();
  }

  std::string data_format_;
};

Layer flatten_from_config(const Config& config) {
  LayerOptions common = common_options(config);
  return layers::Flatten(
      {.data_format = config.get("data_format", std::string()),
       .input_shape = common.input_shape,
       .name = common.name,
       .trainable = common.trainable,
       .dtype = common.dtype});
}

}  // namespace

layers::Flatten::Flatten(FlattenOptions options)
    : Layer(std::make_shared<FlattenImpl>(std::move(options))) {}

void register_reshaping_objects(ObjectRegistry& registry) {
  registry.add_layer("Flatten", flatten_from_config);
}

}  // namespace tern::keras

#include <cstdint>

#include "keras/layers/config_parts.h"
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

class ReshapeImpl : public LayerBase {
 public:
  ReshapeImpl(Shape target, LayerOptions options)
      : LayerBase(std::move(options)), target_(std::move(target)) {
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    Shape known = compute_output_shape(x.shape());
    if (known.rank() > 0 && x.shape().has_rank()) {
      if (known.is_fully_known()) return reshape(x, known);
      bool only_batch = known.slice(1).is_fully_known();
      if (only_batch) return reshape(x, known);
    }
    Tensors dims = {shape(x)[0]};
    for (std::int64_t size : target_.dims())
      dims.push_back(constant(size, int32));
    return reshape(x, stack(dims));
  }

  Shape compute_output_shape(const Shape& input) override {
    Shape output = target_;
    output.insert(0, input.has_rank() ? input[0] : -1);
    Shape row = input.has_rank() ? input.slice(1) : Shape::unknown();
    if (!row.has_rank() || !row.is_fully_known()) return output;
    std::int64_t known = 1;
    int unknown = -1;
    for (int i = 0; i < target_.rank(); ++i)
      if (target_[i] < 0)
        unknown = i;
      else
        known *= target_[i];
    bool fits = unknown < 0 ? known == row.num_elements()
                            : known > 0 && row.num_elements() % known == 0;
    if (!fits)
      throw InvalidArgumentError(
          "The total size of the tensor must be unchanged. Received: "
          "input_shape=",
          row,
          ", target_shape=",
          target_);
    if (unknown >= 0) output.set_dim(unknown + 1, row.num_elements() / known);
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    Config sizes = Config::list();
    for (std::int64_t size : target_.dims()) sizes.push_back(size);
    config["target_shape"] = sizes;
    return config;
  }

 private:
  Shape target_;
};

class PermuteImpl : public LayerBase {
 public:
  PermuteImpl(std::vector<std::int64_t> dims, LayerOptions options)
      : LayerBase(std::move(options)), dims_(std::move(dims)) {
    std::vector<bool> seen(dims_.size());
    for (std::int64_t dim : dims_) {
      auto i = static_cast<std::size_t>(dim - 1);
      if (dim < 1 || i >= dims_.size() || seen[i])
        throw InvalidArgumentError(
            "Invalid permutation argument `dims` for Permute Layer. The set of "
            "indices in `dims` must be consecutive and start from 1. Received "
            "dims=",
            list_of(dims_).dump());
      seen[i] = true;
    }
    set_input_spec({.min_ndim = static_cast<int>(dims_.size()) + 1});
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    std::vector<std::int64_t> order = dims_;
    order.insert(order.begin(), 0);
    return transpose(x, {.perm = order});
  }

  Shape compute_output_shape(const Shape& input) override {
    Shape output = input;
    for (std::size_t i = 0; i < dims_.size(); ++i)
      output.set_dim(static_cast<int>(i) + 1,
                     input[static_cast<int>(dims_[i])]);
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["dims"] = list_of(dims_);
    return config;
  }

 private:
  std::vector<std::int64_t> dims_;
};

class RepeatVectorImpl : public LayerBase {
 public:
  RepeatVectorImpl(int n, LayerOptions options)
      : LayerBase(std::move(options)), n_(n) {
    set_input_spec({.min_ndim = 2});
    set_built();
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    return tile(expand_dims(x, 1), constant({1, n_, 1}, int32));
  }

  Shape compute_output_shape(const Shape& input) override {
    if (input.rank() != 2) return Shape::unknown();
    return {input[0], n_, input[1]};
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["n"] = n_;
    return config;
  }

 private:
  int n_;
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

layers::Reshape::Reshape(Shape target_shape, LayerOptions options)
    : Layer(std::make_shared<ReshapeImpl>(std::move(target_shape),
                                          std::move(options))) {}
layers::Permute::Permute(Ints dims, LayerOptions options)
    : Layer(std::make_shared<PermuteImpl>(dims.values(), std::move(options))) {}
layers::RepeatVector::RepeatVector(int n, LayerOptions options)
    : Layer(std::make_shared<RepeatVectorImpl>(n, std::move(options))) {}

void register_reshaping_objects(ObjectRegistry& registry) {
  registry.add_layer("Reshape", [](const Config& config) {
    return Layer(std::make_shared<ReshapeImpl>(
        Shape(integers(config["target_shape"])), common_options(config)));
  });
  registry.add_layer("Permute", [](const Config& config) {
    return Layer(std::make_shared<PermuteImpl>(integers(config["dims"]),
                                               common_options(config)));
  });
  registry.add_layer("RepeatVector", [](const Config& config) {
    return Layer(std::make_shared<RepeatVectorImpl>(config["n"].get<int>(),
                                                    common_options(config)));
  });
  registry.add_layer("Flatten", flatten_from_config);
}

}  // namespace tern::keras

// Pooling over windows and over whole images.

#include "tern/ops/pooling.h"

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "tern/core/error.h"
#include "tern/keras/convolutional.h"
#include "tern/ops/array.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

using Integers = std::vector<std::int64_t>;

enum class Kind { kMax, kAverage };

std::string op_format(int rank, bool channels_first) {
  std::string space =
      std::string("DHW").substr(static_cast<std::size_t>(3 - rank));
  return channels_first ? "NC" + space : "N" + space + "C";
}

struct PoolSettings {
  Kind kind = Kind::kMax;
  Integers pool_size, strides;
  std::string padding = "valid";
  std::string data_format = {};
};

class PoolImpl : public LayerBase {
 public:
  PoolImpl(PoolSettings settings, LayerOptions options)
      : LayerBase(std::move(options)), s_(std::move(settings)) {
    s_.data_format = checked_data_format(s_.data_format);
    if (s_.strides.empty()) s_.strides = s_.pool_size;
    for (std::int64_t size : s_.pool_size)
      if (size <= 0)
        throw InvalidArgumentError(
            "The `pool_size` argument must be a tuple of positive integers. "
            "Received: pool_size=",
            size);
    if (s_.padding != "valid" && s_.padding != "same")
      throw InvalidArgumentError(
          "Invalid padding: ", s_.padding, ". It must be 'valid' or 'same'.");
    set_input_spec({.min_ndim = rank() + 2});
    set_built();
  }

  std::string class_name() const override {
    return (s_.kind == Kind::kMax ? "MaxPooling" : "AveragePooling") +
           std::to_string(rank()) + "D";
  }

  Tensor call(const Tensor& x, const CallArgs&) override {
    auto pool = s_.kind == Kind::kMax ? nn::max_pool : nn::avg_pool;
    return pool(x,
                s_.pool_size,
                s_.strides,
                s_.padding == "same" ? "SAME" : "VALID",
                {.data_format = op_format(rank(), channels_first())});
  }

  Shape compute_output_shape(const Shape& input) override {
    Shape output = input;
    if (input.rank() != rank() + 2) return Shape::unknown();
    for (int i = 0; i < rank(); ++i) {
      int axis = i + (channels_first() ? 2 : 1);
      auto k = static_cast<std::size_t>(i);
      std::int64_t size = input[axis], stride = s_.strides[k];
      if (size < 0) continue;
      output.set_dim(axis,
                     s_.padding == "same"
                         ? (size + stride - 1) / stride
                         : (size - s_.pool_size[k]) / stride + 1);
    }
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["pool_size"] = list_of(s_.pool_size);
    config["padding"] = s_.padding;
    config["strides"] = list_of(s_.strides);
    config["data_format"] = s_.data_format;
    return config;
  }

 private:
  int rank() const { return static_cast<int>(s_.pool_size.size()); }
  bool channels_first() const { return s_.data_format == "channels_first"; }

  PoolSettings s_;
};

class GlobalPoolImpl : public LayerBase {
 public:
  GlobalPoolImpl(Kind kind,
                 int rank,
                 std::string data_format,
                 bool keepdims,
                 LayerOptions options)
      : LayerBase(std::move(options)),
        kind_(kind),
        rank_(rank),
        data_format_(checked_data_format(data_format)),
        keepdims_(keepdims) {
    set_input_spec({.min_ndim = rank + 2});
    set_built();
  }

  std::string class_name() const override {
    return (kind_ == Kind::kMax ? "GlobalMaxPooling" : "GlobalAveragePooling") +
           std::to_string(rank_) + "D";
  }

  Tensor call(const Tensor& x, const CallArgs& arguments) override {
    ReduceOptions over{.axis = axes(), .keepdims = keepdims_};
    if (kind_ == Kind::kMax) return reduce_max(x, over);
    if (rank_ != 1 || !arguments.mask.defined()) return reduce_mean(x, over);
    Tensor mask =
        expand_dims(cast(arguments.mask, x.dtype()), channels_first() ? 1 : 2);
    return reduce_sum(x * mask, over) / reduce_sum(mask, over);
  }

  Shape compute_output_shape(const Shape& input) override {
    if (input.rank() != rank_ + 2) return Shape::unknown();
    std::int64_t channels = input[channels_first() ? 1 : -1];
    if (!keepdims_) return {input[0], channels};
    Shape output = input;
    for (std::int64_t axis : axes()) output.set_dim(static_cast<int>(axis), 1);
    return output;
  }

  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["data_format"] = data_format_;
    config["keepdims"] = keepdims_;
    return config;
  }

 private:
  bool channels_first() const { return data_format_ == "channels_first"; }
  Integers axes() const {
    Integers axes;
    for (int i = 0; i < rank_; ++i)
      axes.push_back(i + (channels_first() ? 2 : 1));
    return axes;
  }

  Kind kind_;
  int rank_;
  std::string data_format_;
  bool keepdims_;
};

template <class Options>
LayerOptions common(const Options& o) {
  return {.input_shape = o.input_shape,
          .name = o.name,
          .trainable = o.trainable,
          .dtype = o.dtype};
}

template <int N>
std::shared_ptr<PoolImpl> make_pool(Kind kind,
                                    const Window<N>& size,
                                    const layers::PoolOptions<N>& o) {
  return std::make_shared<PoolImpl>(
      PoolSettings{.kind = kind,
                   .pool_size = size.list(),
                   .strides = o.strides ? o.strides->list() : Integers{},
                   .padding = o.padding,
                   .data_format = o.data_format},
      common(o));
}

template <int N>
std::shared_ptr<GlobalPoolImpl> make_global(
    Kind kind, const layers::GlobalPoolOptions& o) {
  return std::make_shared<GlobalPoolImpl>(
      kind, N, o.data_format, o.keepdims, common(o));
}

template <Kind kind, int rank>
Layer pool_from_config(const Config& config) {
  auto sizes = [&](const char* key) {
    Integers values = integers(part(config, key));
    if (values.size() == 1)
      values.assign(static_cast<std::size_t>(rank), values[0]);
    return values;
  };
  PoolSettings s{.kind = kind,
                 .pool_size = sizes("pool_size"),
                 .strides = sizes("strides"),
                 .padding = config.get("padding", std::string("valid")),
                 .data_format = config.get("data_format", std::string())};
  if (s.pool_size.empty())
    s.pool_size.assign(static_cast<std::size_t>(rank), 2);
  return Layer(
      std::make_shared<PoolImpl>(std::move(s), common_options(config)));
}

template <Kind kind, int rank>
Layer global_from_config(const Config& config) {
  return Layer(
      std::make_shared<GlobalPoolImpl>(kind,
                                       rank,
                                       config.get("data_format", std::string()),
                                       config.get("keepdims", false),
                                       common_options(config)));
}

}  // namespace

namespace layers {

template <int N>
MaxPool<N>::MaxPool(Window<N> pool_size, PoolOptions<N> options)
    : Layer(make_pool<N>(Kind::kMax, pool_size, options)) {}
template <int N>
AveragePool<N>::AveragePool(Window<N> pool_size, PoolOptions<N> options)
    : Layer(make_pool<N>(Kind::kAverage, pool_size, options)) {}
template <int N>
GlobalMaxPool<N>::GlobalMaxPool(GlobalPoolOptions options)
    : Layer(make_global<N>(Kind::kMax, options)) {}
template <int N>
GlobalAveragePool<N>::GlobalAveragePool(GlobalPoolOptions options)
    : Layer(make_global<N>(Kind::kAverage, options)) {}

template class MaxPool<1>;
template class MaxPool<2>;
template class MaxPool<3>;
template class AveragePool<1>;
template class AveragePool<2>;
template class AveragePool<3>;
template class GlobalMaxPool<1>;
template class GlobalMaxPool<2>;
template class GlobalMaxPool<3>;
template class GlobalAveragePool<1>;
template class GlobalAveragePool<2>;
template class GlobalAveragePool<3>;

}  // namespace layers

namespace {

template <int N>
void add_rank(ObjectRegistry& registry) {
  std::string rank = std::to_string(N) + "D";
  registry.add_layer("MaxPooling" + rank, pool_from_config<Kind::kMax, N>);
  registry.add_layer("AveragePooling" + rank,
                     pool_from_config<Kind::kAverage, N>);
  registry.add_layer("GlobalMaxPooling" + rank,
                     global_from_config<Kind::kMax, N>);
  registry.add_layer("GlobalAveragePooling" + rank,
                     global_from_config<Kind::kAverage, N>);
}

}  // namespace

void register_pooling_objects(ObjectRegistry& registry) {
  add_rank<1>(registry);
  add_rank<2>(registry);
  add_rank<3>(registry);
}

}  // namespace tern::keras

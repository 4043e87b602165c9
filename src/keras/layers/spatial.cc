// Padding, cropping and enlarging of images.

#include <algorithm>
#include <array>
#include <string_view>

#include "keras/layers/config_parts.h"
#include "keras/object_registry.h"
#include "ops/apply.h"
#include "tern/core/error.h"
#include "tern/keras/convolutional.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern::keras {
namespace {

using Integers = std::vector<std::int64_t>;

/// What the three have in common: spatial axes from 1 or 2 on.
class SpatialImpl : public LayerBase {
 public:
  SpatialImpl(int rank, const std::string& data_format, LayerOptions options)
      : LayerBase(std::move(options)),
        rank_(rank),
        data_format_(checked_data_format(data_format)) {
    set_input_spec({.min_ndim = rank + 2});
    set_built();
  }

 protected:
  int axis(int i) const { return i + (data_format_[9] == 'f' ? 2 : 1); }

  int rank_;
  std::string data_format_;
};

/// [[before, after], …], in one dimension [before, after].
Config margins_config(const Integers& pairs) {
  Config list = Config::list();
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs.size() == 2) return list_of(pairs);
    list.push_back(list_of({pairs[i], pairs[i + 1]}));
  }
  return list;
}

Integers margins_from(const Config& config, int rank) {
  if (config.is_number())
    return Integers(static_cast<std::size_t>(2 * rank),
                    config.get<std::int64_t>());
  Integers pairs;
  for (const Config& item : config.items()) {
    Integers sizes = integers(item);
    if (item.is_number() && rank > 1) sizes.push_back(sizes[0]);
    pairs.insert(pairs.end(), sizes.begin(), sizes.end());
  }
  if (pairs.size() != static_cast<std::size_t>(2 * rank))
    throw InvalidArgumentError("`padding` or `cropping` must have ",
                               rank,
                               " pairs of sizes, got ",
                               config.dump());
  return pairs;
}

class ZeroPaddingImpl : public SpatialImpl {
 public:
  ZeroPaddingImpl(int rank,
                  Integers pairs,
                  const std::string& data_format,
                  LayerOptions options)
      : SpatialImpl(rank, data_format, std::move(options)),
        pairs_(std::move(pairs)) {}

  std::string class_name() const override {
    return "ZeroPadding" + std::to_string(rank_) + "D";
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    std::vector<std::int64_t> margins(static_cast<std::size_t>(2 * rank_ + 4));
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      margins[static_cast<std::size_t>(2 * axis(0)) + i] = pairs_[i];
    return pad(x, reshape(constant(margins, int32), {rank_ + 2, 2}));
  }
  Shape compute_output_shape(const Shape& input) override {
    if (input.rank() != rank_ + 2) return Shape::unknown();
    Shape output = input;
    for (int i = 0; i < rank_; ++i)
      if (input[axis(i)] >= 0)
        output.set_dim(axis(i),
                       input[axis(i)] +
                           pairs_[static_cast<std::size_t>(2 * i)] +
                           pairs_[static_cast<std::size_t>(2 * i + 1)]);
    return output;
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["padding"] = margins_config(pairs_);
    config["data_format"] = data_format_;
    return config;
  }

 private:
  Integers pairs_;
};

class CroppingImpl : public SpatialImpl {
 public:
  CroppingImpl(int rank,
               Integers pairs,
               const std::string& data_format,
               LayerOptions options)
      : SpatialImpl(rank, data_format, std::move(options)),
        pairs_(std::move(pairs)) {
    for (std::int64_t size : pairs_)
      if (size < 0)
        throw InvalidArgumentError(
            "The `cropping` argument must be non-negative. Received: ", size);
  }

  std::string class_name() const override {
    return "Cropping" + std::to_string(rank_) + "D";
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    compute_output_shape(x.shape());  // refuses crops beyond the image
    auto rank = static_cast<std::size_t>(rank_ + 2);
    std::vector<std::int32_t> begin(rank), end(rank), strides(rank, 1);
    std::int64_t to_end = (std::int64_t{1} << rank) - 1;
    for (int i = 0; i < rank_; ++i) {
      auto d = static_cast<std::size_t>(axis(i));
      auto k = static_cast<std::size_t>(2 * i);
      begin[d] = static_cast<std::int32_t>(pairs_[k]);
      end[d] = static_cast<std::int32_t>(-pairs_[k + 1]);
      if (end[d] < 0) to_end &= ~(std::int64_t{1} << d);
    }
    return raw<"StridedSlice">(
        Tensors{x, Tensor(begin), Tensor(end), Tensor(strides)},
        {{"end_mask", to_end}});
  }
  Shape compute_output_shape(const Shape& input) override {
    if (input.rank() != rank_ + 2) return Shape::unknown();
    Shape output = input;
    for (int i = 0; i < rank_; ++i) {
      std::int64_t size = input[axis(i)];
      if (size < 0) continue;
      std::int64_t cut = pairs_[static_cast<std::size_t>(2 * i)] +
                         pairs_[static_cast<std::size_t>(2 * i + 1)];
      if (size <= cut)
        throw InvalidArgumentError(
            "`cropping` parameter of ",
            class_name(),
            " layer must be smaller than the input. Received: input shape ",
            input,
            ", cropping=",
            margins_config(pairs_).dump());
      output.set_dim(axis(i), size - cut);
    }
    return output;
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["cropping"] = margins_config(pairs_);
    if (rank_ > 1) config["data_format"] = data_format_;
    return config;
  }

 private:
  Integers pairs_;
};

class UpSamplingImpl : public SpatialImpl {
 public:
  UpSamplingImpl(Integers size,
                 const std::string& data_format,
                 std::string interpolation,
                 LayerOptions options)
      : SpatialImpl(
            static_cast<int>(size.size()), data_format, std::move(options)),
        size_(std::move(size)),
        interpolation_(std::move(interpolation)) {
    constexpr std::array<std::string_view, 5> kMethods = {
        "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"};
    bool is_known =
        std::find(kMethods.begin(), kMethods.end(), interpolation_) !=
        kMethods.end();
    if (!is_known || (rank_ != 2 && interpolation_ != "nearest"))
      throw InvalidArgumentError(
          "`interpolation` argument should be one of {'nearest', 'bilinear', "
          "'bicubic', 'lanczos3', 'lanczos5'}. Received: interpolation=",
          interpolation_);
    for (std::int64_t size : size_)
      if (size <= 0)
        throw InvalidArgumentError(
            "The `size` argument must be a tuple of "
            "positive integers. Received: size=",
            size);
  }

  std::string class_name() const override {
    return "UpSampling" + std::to_string(rank_) + "D";
  }
  Tensor call(const Tensor& x, const CallArgs&) override {
    if (interpolation_ != "nearest") return resized(x);
    Tensor y = x;
    for (int i = rank_ - 1; i >= 0; --i) {
      std::int64_t times = size_[static_cast<std::size_t>(i)];
      if (times == 1) continue;
      y = repeat(y, times, axis(i));
    }
    return y;
  }
  Shape compute_output_shape(const Shape& input) override {
    if (input.rank() != rank_ + 2) return Shape::unknown();
    Shape output = input;
    for (int i = 0; i < rank_; ++i)
      if (input[axis(i)] >= 0)
        output.set_dim(axis(i),
                       input[axis(i)] * size_[static_cast<std::size_t>(i)]);
    return output;
  }
  Config get_config() const override {
    Config config = LayerBase::get_config();
    config["size"] = rank_ == 1 ? Config(size_[0]) : list_of(size_);
    if (rank_ == 1) return config;
    config["data_format"] = data_format_;
    if (rank_ == 2) config["interpolation"] = interpolation_;
    return config;
  }

 private:
  Tensor resized(const Tensor& x) const {
    bool first = axis(0) == 2;
    Tensor last = first ? transpose(x, {.perm = {0, 2, 3, 1}}) : x;
    Tensors dims;
    for (int i : {0, 1}) {
      std::int64_t known = last.shape()[i + 1];
      auto times = size_[static_cast<std::size_t>(i)];
      dims.push_back(known >= 0 ? constant(known * times, int32)
                                : shape(last)[i + 1] * times);
    }
    Tensor y = image::resize(last, stack(dims), {.method = interpolation_});
    if (!(y.dtype() == x.dtype())) y = cast(y, x.dtype());
    return first ? transpose(y, {.perm = {0, 3, 1, 2}}) : y;
  }

  /// [.., n, ..] to [.., n, 1, ..], tiled, and to [.., n · times, ..].
  static Tensor repeat(const Tensor& x, std::int64_t times, int axis) {
    Tensor wide = expand_dims(x, axis + 1);
    std::vector<std::int64_t> multiples(
        static_cast<std::size_t>(wide.shape().rank()), 1);
    multiples[static_cast<std::size_t>(axis) + 1] = times;
    Tensor tiled = tile(wide, constant(multiples, int32));
    Shape known = x.shape();
    if (known[axis] >= 0) known.set_dim(axis, known[axis] * times);
    int unknown = 0;
    for (int i = 0; i < known.rank(); ++i) unknown += known[i] < 0;
    if (unknown <= 1) return reshape(tiled, known);
    Tensor sizes = shape(x);
    Tensors dims;
    for (int i = 0; i < known.rank(); ++i)
      dims.push_back(i == axis ? constant(-1, int32) : sizes[i]);
    return reshape(tiled, stack(dims));
  }

  Integers size_;
  std::string interpolation_;
};

template <class Options>
LayerOptions common(const Options& o) {
  return {.input_shape = o.input_shape,
          .name = o.name,
          .trainable = o.trainable,
          .dtype = o.dtype};
}

template <class Impl, int rank>
Layer margins_layer(const Config& config) {
  const char* key = std::is_same_v<Impl, CroppingImpl> ? "cropping" : "padding";
  return Layer(std::make_shared<Impl>(rank,
                                      margins_from(config[key], rank),
                                      config.get("data_format", std::string()),
                                      common_options(config)));
}

template <int rank>
Layer up_sampling_from_config(const Config& config) {
  Integers size = integers(config["size"]);
  if (size.size() == 1) size.assign(static_cast<std::size_t>(rank), size[0]);
  return Layer(std::make_shared<UpSamplingImpl>(
      size,
      config.get("data_format", std::string()),
      config.get("interpolation", std::string("nearest")),
      common_options(config)));
}

template <int N>
void add_rank(ObjectRegistry& registry) {
  std::string rank = std::to_string(N) + "D";
  registry.add_layer("ZeroPadding" + rank, margins_layer<ZeroPaddingImpl, N>);
  registry.add_layer("Cropping" + rank, margins_layer<CroppingImpl, N>);
  registry.add_layer("UpSampling" + rank, up_sampling_from_config<N>);
}

}  // namespace

namespace layers {

template <int N>
ZeroPadding<N>::ZeroPadding(Margins<N> padding, SpatialOptions options)
    : Layer(std::make_shared<ZeroPaddingImpl>(
          N, padding.pairs(), options.data_format, common(options))) {}
template <int N>
Cropping<N>::Cropping(Margins<N> cropping, SpatialOptions options)
    : Layer(std::make_shared<CroppingImpl>(
          N, cropping.pairs(), options.data_format, common(options))) {}
template <int N>
UpSampling<N>::UpSampling(Window<N> size, UpSamplingOptions options)
    : Layer(std::make_shared<UpSamplingImpl>(size.list(),
                                             options.data_format,
                                             options.interpolation,
                                             common(options))) {}

template class ZeroPadding<1>;
template class ZeroPadding<2>;
template class ZeroPadding<3>;
template class Cropping<1>;
template class Cropping<2>;
template class Cropping<3>;
template class UpSampling<1>;
template class UpSampling<2>;
template class UpSampling<3>;

}  // namespace layers

void register_spatial_objects(ObjectRegistry& registry) {
  add_rank<1>(registry);
  add_rank<2>(registry);
  add_rank<3>(registry);
}

}  // namespace tern::keras

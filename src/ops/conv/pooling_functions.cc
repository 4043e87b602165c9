// The public functions of poolings, and of what moves pixels about.

#include "ops/apply.h"
#include "ops/conv/window_options.h"
#include "ops/random/random_seed.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/pooling.h"

namespace tern {
namespace nn {
namespace {

enum class Kind { kMax, kAverage };

Tensor pooled(Kind kind,
              const Tensor& input,
              const std::vector<std::int64_t>& ksize,
              const std::vector<std::int64_t>& strides,
              const Padding& padding,
              bool channels_first) {
  int spatial = static_cast<int>(ksize.size()) - 2;
  std::string format = op_data_format(spatial, channels_first);
  if (!padding.pairs().empty()) {
    if (kind != Kind::kMax || spatial != 2)
      throw InvalidArgumentError(
          "explicit padding is for max pooling in one and two dimensions");
    return raw<"MaxPool">(input,
                          {{"ksize", ksize},
                           {"strides", strides},
                           {"padding", padding.name()},
                           {"explicit_paddings", padding.pairs()},
                           {"data_format", format}});
  }
  detail::NamedAttrs attrs = {{"ksize", ksize},
                              {"strides", strides},
                              {"padding", padding.name()},
                              {"data_format", format}};
  if (kind == Kind::kMax)
    return spatial == 2 ? raw<"MaxPool">(input, attrs)
                        : raw<"MaxPool3D">(input, attrs);
  return spatial == 2 ? raw<"AvgPool">(input, attrs)
                      : raw<"AvgPool3D">(input, attrs);
}

Tensor pool_in(int spatial,
               Kind kind,
               const Tensor& input,
               const Ints& ksize,
               const Ints& strides,
               const Padding& padding,
               const PoolOptions& options) {
  bool first = has_channels_first(options.data_format, spatial);
  auto windows = window_list(ksize, spatial, first, "ksize");
  auto steps = window_list(strides, spatial, first, "strides");
  if (spatial != 1) return pooled(kind, input, windows, steps, padding, first);
  // A line is an image one pixel high.
  int axis = first ? 2 : 1;
  windows.insert(windows.begin() + axis, 1);
  steps.insert(steps.begin() + axis, 1);
  Padding around = padding;
  if (!padding.pairs().empty()) {
    std::vector<Padding::Pair> pairs;
    for (std::size_t i = 0; i + 1 < padding.pairs().size(); i += 2)
      pairs.emplace_back(padding.pairs()[i], padding.pairs()[i + 1]);
    pairs.insert(pairs.begin() + axis, {0, 0});
    around = Padding(pairs);
  }
  Tensor image = expand_dims(input, axis);
  return squeeze(pooled(kind, image, windows, steps, around, first), axis);
}

int pool_rank(const Tensor& input) {
  int spatial = spatial_rank(input);
  if (spatial > 3)
    throw InvalidArgumentError(
        "input must have 1, 2 or 3 spatial dimensions, got shape ",
        input.shape().debug_string());
  return spatial;
}

template <detail::FixedString Op>
FractionalPool fractional(const Tensor& value,
                          const std::vector<double>& pooling_ratio,
                          const FractionalPoolOptions& options) {
  std::vector<float> ratio(pooling_ratio.begin(), pooling_ratio.end());
  if (ratio.size() == 1) ratio.assign(2, ratio[0]);
  if (ratio.size() == 2) ratio = {1, ratio[0], ratio[1], 1};
  std::pair<std::int64_t, std::int64_t> seeds;
  if (options.seed != 0) seeds = next_seed_pair(options.seed);
  Tensors outputs = raw<Op>.outputs({value},
                                    {{"pooling_ratio", ratio},
                                     {"pseudo_random", options.pseudo_random},
                                     {"overlapping", options.overlapping},
                                     {"deterministic", options.seed != 0},
                                     {"seed", seeds.first},
                                     {"seed2", seeds.second}});
  return {outputs[0], outputs[1], outputs[2]};
}

}  // namespace

Tensor max_pool1d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(1, Kind::kMax, input, ksize, strides, padding, options);
}
Tensor max_pool2d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(2, Kind::kMax, input, ksize, strides, padding, options);
}
Tensor max_pool3d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(3, Kind::kMax, input, ksize, strides, padding, options);
}
Tensor max_pool(const Tensor& input,
                const Ints& ksize,
                const Ints& strides,
                const Padding& padding,
                PoolOptions options) {
  return pool_in(
      pool_rank(input), Kind::kMax, input, ksize, strides, padding, options);
}

Tensor avg_pool1d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(1, Kind::kAverage, input, ksize, strides, padding, options);
}
Tensor avg_pool2d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(2, Kind::kAverage, input, ksize, strides, padding, options);
}
Tensor avg_pool3d(const Tensor& input,
                  const Ints& ksize,
                  const Ints& strides,
                  const Padding& padding,
                  PoolOptions options) {
  return pool_in(3, Kind::kAverage, input, ksize, strides, padding, options);
}
Tensor avg_pool(const Tensor& input,
                const Ints& ksize,
                const Ints& strides,
                const Padding& padding,
                PoolOptions options) {
  return pool_in(pool_rank(input),
                 Kind::kAverage,
                 input,
                 ksize,
                 strides,
                 padding,
                 options);
}

Tensor pool(const Tensor& input,
            const Ints& window_shape,
            const std::string& pooling_type,
            const Ints& strides,
            const Padding& padding,
            PoolOptions options) {
  if (pooling_type == "MAX")
    return max_pool(input, window_shape, strides, padding, std::move(options));
  if (pooling_type == "AVG")
    return avg_pool(input, window_shape, strides, padding, std::move(options));
  throw InvalidArgumentError(
      "`pooling_type` must be \"MAX\" or \"AVG\". Received: ", pooling_type);
}

MaxPoolWithArgmax max_pool_with_argmax(const Tensor& input,
                                       const Ints& ksize,
                                       const Ints& strides,
                                       const Padding& padding,
                                       ArgmaxOptions options) {
  Tensors outputs = raw<"MaxPoolWithArgmax">.outputs(
      {input},
      {{"ksize", window_list(ksize, 2, false, "ksize")},
       {"strides", window_list(strides, 2, false, "strides")},
       {"Targmax", options.output_dtype},
       {"padding", padding.name()},
       {"include_batch_in_index", options.include_batch_in_index}});
  return {outputs[0], outputs[1]};
}

FractionalPool fractional_max_pool(const Tensor& value,
                                   const std::vector<double>& pooling_ratio,
                                   FractionalPoolOptions options) {
  return fractional<"FractionalMaxPool">(value, pooling_ratio, options);
}
FractionalPool fractional_avg_pool(const Tensor& value,
                                   const std::vector<double>& pooling_ratio,
                                   FractionalPoolOptions options) {
  return fractional<"FractionalAvgPool">(value, pooling_ratio, options);
}

Tensor local_response_normalization(const Tensor& input,
                                    LocalResponseOptions options) {
  return raw<"LRN">(input,
                    {{"depth_radius", options.depth_radius},
                     {"bias", options.bias},
                     {"alpha", options.alpha},
                     {"beta", options.beta}});
}
Tensor lrn(const Tensor& input, LocalResponseOptions options) {
  return local_response_normalization(input, options);
}

Tensor space_to_depth(const Tensor& input,
                      std::int64_t block_size,
                      PoolOptions options) {
  bool first = has_channels_first(options.data_format, 2);
  return raw<"SpaceToDepth">(
      input,
      {{"block_size", block_size}, {"data_format", op_data_format(2, first)}});
}
Tensor depth_to_space(const Tensor& input,
                      std::int64_t block_size,
                      PoolOptions options) {
  bool first = has_channels_first(options.data_format, 2);
  return raw<"DepthToSpace">(
      input,
      {{"block_size", block_size}, {"data_format", op_data_format(2, first)}});
}

}  // namespace nn

Tensor space_to_batch(const Tensor& input,
                      const Ints& block_shape,
                      const Tensor& paddings) {
  return raw<"SpaceToBatchND">(input, Tensor(block_shape.values()), paddings);
}

Tensor batch_to_space(const Tensor& input,
                      const Ints& block_shape,
                      const Tensor& crops) {
  return raw<"BatchToSpaceND">(input, Tensor(block_shape.values()), crops);
}

Tensor image::extract_patches(const Tensor& images,
                              const Ints& sizes,
                              const Ints& strides,
                              const Ints& rates,
                              const std::string& padding) {
  return raw<"ExtractImagePatches">(
      images,
      {{"ksizes", window_list(sizes, 2, false, "sizes")},
       {"strides", window_list(strides, 2, false, "strides")},
       {"rates", window_list(rates, 2, false, "rates")},
       {"padding", padding}});
}

Tensor extract_volume_patches(const Tensor& input,
                              const Ints& ksizes,
                              const Ints& strides,
                              const std::string& padding) {
  return raw<"ExtractVolumePatches">(
      input,
      {{"ksizes", window_list(ksizes, 3, false, "ksizes")},
       {"strides", window_list(strides, 3, false, "strides")},
       {"padding", padding}});
}

}  // namespace tern

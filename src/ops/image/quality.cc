// quality.cc: how much images differ, and how much they vary.

#include <cmath>

#include "ops/array/shape_tensors.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/convolution.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"
#include "tern/ops/nn.h"
#include "tern/ops/pooling.h"

namespace tern {
namespace {

/// Values of a dtype in [0, max_val] as float32.
Tensor in_float(const Tensor& image) {
  return image::convert_image_dtype(image, float32);
}
Tensor in_float(double max_val, DType dtype) {
  return image::convert_image_dtype(cast(constant(max_val, float64), dtype),
                                    float32);
}

void check_same_shapes(const Tensor& a, const Tensor& b, int rank) {
  if (a.dtype() != b.dtype())
    throw InvalidArgumentError("images must have the same dtype, got ",
                               a.dtype().name(),
                               " and ",
                               b.dtype().name());
  for (const Tensor& x : {a, b})
    if (x.shape().has_rank() && x.shape().rank() < rank)
      throw InvalidArgumentError("images must have at least ",
                                 rank,
                                 " dimensions, got shape ",
                                 x.shape().debug_string());
  if (a.shape().has_rank() && b.shape().has_rank())
    (void)a.shape().slice(-3).merge(b.shape().slice(-3));
}

/// [size, size, 1, 1], of sum 1.
std::vector<float> gaussian_window(int size, double sigma) {
  std::vector<double> row;
  double sum = 0;
  for (int i = 0; i < size; ++i) {
    double x = i - (size - 1) / 2.0;
    row.push_back(std::exp(-x * x / (2 * sigma * sigma)));
    sum += row.back();
  }
  std::vector<float> window;
  for (double y : row)
    for (double x : row)
      window.push_back(static_cast<float>(x * y / sum / sum));
  return window;
}

/// The parts of SSIM for each place of the window and each channel.
struct Similarity {
  Tensor ssim;      // luminance · contrast and structure
  Tensor contrast;  // contrast and structure
};

/// Images [..., height, width, channels] in float32 (Wang et al., "Image
/// quality assessment", 2004).
Similarity similarity(const Tensor& a,
                      const Tensor& b,
                      const Tensor& max_val,
                      const image::SsimOptions& options) {
  const Shape& shape = a.shape();
  int size = options.filter_size;
  for (int axis : {-3, -2})
    if (shape[axis] >= 0 && shape[axis] < size)
      throw InvalidArgumentError("images of shape ",
                                 shape.debug_string(),
                                 " are smaller than the filter, of size ",
                                 size);
  Tensor window = tile(
      Tensor(gaussian_window(size, options.filter_sigma), {size, size, 1, 1}),
      stack({constant(1), constant(1), shape_of(a)[-1], constant(1)}));
  Tensor batch_shape = dims_of(shape_of(a), 0, -3);
  auto mean = [&](const Tensor& x) {
    Tensor flat =
        reshape(x, join_dims({constant({-1}), dims_of(shape_of(x), -3)}));
    Tensor means = nn::depthwise_conv2d(flat, window, {1, 1, 1, 1}, "VALID");
    return reshape(means,
                   join_dims({batch_shape, dims_of(shape_of(means), 1)}));
  };
  Tensor c1 = square(max_val * options.k1), c2 = square(max_val * options.k2);
  Tensor mean_a = mean(a), mean_b = mean(b);
  Tensor product = mean_a * mean_b * 2,
         squares = square(mean_a) + square(mean_b);
  Tensor luminance = (product + c1) / (squares + c1);
  Tensor covariance = mean(a * b) * 2 - product;
  Tensor variance = mean(square(a) + square(b)) - squares;
  Tensor contrast = (covariance + c2) / (variance + c2);
  return {luminance * contrast, contrast};
}

Tensor over_places(const Tensor& x) {
  return reduce_mean(x, {.axis = {-3, -2}});
}

/// Half as many pixels each way; an odd last one counts twice.
Tensor halved(const Tensor& images) {
  Tensor flat = reshape(
      images, join_dims({constant({-1}), dims_of(shape_of(images), -3)}));
  Tensor odd = floormod(dims_of(shape_of(flat), 1, 3), 2);
  Tensor zero = constant(0);
  Tensor paddings = reshape(
      stack({zero, zero, zero, odd[0], zero, odd[1], zero, zero}), {-1, 2});
  Tensor padded = pad(flat, paddings, {.mode = "SYMMETRIC"});
  Tensor pooled = nn::avg_pool2d(padded, {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID");
  return reshape(pooled,
                 join_dims({dims_of(shape_of(images), 0, -3),
                            dims_of(shape_of(pooled), 1)}));
}

}  // namespace

Tensor image::psnr(const Tensor& a, const Tensor& b, double max_val) {
  check_same_shapes(a, b, 3);
  Tensor error = reduce_mean(math::squared_difference(in_float(a), in_float(b)),
                             {.axis = {-3, -2, -1}});
  double tens = 10 / std::log(10.0);
  return log(in_float(max_val, a.dtype())) * (2 * tens) - log(error) * tens;
}

Tensor image::ssim(const Tensor& img1,
                   const Tensor& img2,
                   double max_val,
                   const SsimOptions& options) {
  check_same_shapes(img1, img2, 3);
  Similarity found = similarity(
      in_float(img1), in_float(img2), in_float(max_val, img1.dtype()), options);
  Tensor ssim = options.return_index_map ? found.ssim : over_places(found.ssim);
  return reduce_mean(ssim, {.axis = -1});
}

Tensor image::ssim_multiscale(const Tensor& img1,
                              const Tensor& img2,
                              double max_val,
                              const SsimMultiscaleOptions& options) {
  check_same_shapes(img1, img2, 3);
  Tensor a = in_float(img1), b = in_float(img2);
  Tensor limit = in_float(max_val, img1.dtype());
  SsimOptions ssim{.filter_size = options.filter_size,
                   .filter_sigma = options.filter_sigma,
                   .k1 = options.k1,
                   .k2 = options.k2};
  std::size_t scales = options.power_factors.size();
  if (scales == 0)
    throw InvalidArgumentError("power_factors must have at least one entry");
  Tensors parts;
  for (std::size_t i = 0; i < scales; ++i) {
    if (i > 0) {
      a = halved(a);
      b = halved(b);
    }
    Similarity found = similarity(a, b, limit, ssim);
    // Negative ones have no real power.
    bool last = i + 1 == scales;
    parts.push_back(nn::relu(over_places(last ? found.ssim : found.contrast)));
  }
  Tensor powers = constant(options.power_factors, float32);
  Tensor product =
      reduce_prod(pow(stack(parts, {.axis = -1}), powers), {.axis = -1});
  return reduce_mean(product, {.axis = -1});
}

Tensor image::total_variation(const Tensor& images) {
  int rank = images.shape().rank();
  if (rank != 3 && rank != 4)
    throw InvalidArgumentError(
        "'images' must be either 3 or 4-dimensional, got shape ",
        images.shape().debug_string());
  Slice later{.start = 1}, earlier{.stop = -1}, all{};
  Tensor down = images[{ellipsis, later, all, all}] -
                images[{ellipsis, earlier, all, all}];
  Tensor right =
      images[{ellipsis, later, all}] - images[{ellipsis, earlier, all}];
  Ints axes = {-3, -2, -1};
  return reduce_sum(abs(down), {.axis = axes}) +
         reduce_sum(abs(right), {.axis = axes});
}

image::ImageGradients image::image_gradients(const Tensor& image) {
  if (image.shape().has_rank() && image.shape().rank() != 4)
    throw InvalidArgumentError(
        "image_gradients expects a 4D tensor [batch_size, h, w, d], not ",
        image.shape().debug_string(),
        ".");
  Slice later{.start = 1}, earlier{.stop = -1}, all{};
  Tensor dy = image[{all, later}] - image[{all, earlier}];
  Tensor dx = image[{all, all, later}] - image[{all, all, earlier}];
  return {pad(dy, {{0, 0}, {0, 1}, {0, 0}, {0, 0}}),
          pad(dx, {{0, 0}, {0, 0}, {0, 1}, {0, 0}})};
}

Tensor image::sobel_edges(const Tensor& image) {
  if (image.shape().has_rank() && image.shape().rank() != 4)
    throw InvalidArgumentError("sobel_edges expects a 4D tensor, not ",
                               image.shape().debug_string());
  Tensor padded =
      pad(image, {{0, 0}, {1, 1}, {1, 1}, {0, 0}}, {.mode = "REFLECT"});
  // Each filter is a difference along one axis of sums 1 2 1 along the other.
  auto part = [&](const Tensor& x, int axis, int first) {
    std::vector<Index> at(4, Slice{});
    at[static_cast<std::size_t>(axis)] = Slice{
        first,
        first == 2 ? std::nullopt : std::optional<std::int64_t>(first - 2)};
    return x[{at[0], at[1], at[2], at[3]}];
  };
  auto sums = [&](const Tensor& x, int axis) {
    return part(x, axis, 0) + part(x, axis, 1) * 2 + part(x, axis, 2);
  };
  auto difference = [&](const Tensor& x, int axis) {
    return part(x, axis, 2) - part(x, axis, 0);
  };
  Tensor dy = sums(difference(padded, 1), 2);
  Tensor dx = difference(sums(padded, 1), 2);
  return stack({dy, dx}, {.axis = -1});
}

}  // namespace tern

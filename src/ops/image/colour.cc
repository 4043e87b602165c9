// colour.cc: colour spaces, contrast, hue and saturation. The last dimension of
// images holds the channels.

#include "ops/apply.h"
#include "ops/grad_context.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/array.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// Images of any rank with three channels.
void infer_three_channels(InferContext& c) {
  const Shape& images = c.with_rank_at_least(0, 1);
  if (images.has_rank() && images[-1] >= 0 && images[-1] != 3)
    throw InvalidArgumentError("Dimension must be 3 but is ",
                               images[-1],
                               ": input must have 3 channels, got shape ",
                               images.debug_string());
  c.set_output(0, images);
}

/// Images [..., height, width, channels], then scalars.
void infer_adjusted(InferContext& c) {
  const Shape& images = c.input(0);
  if (images.has_rank() && images.rank() < 3)
    throw InvalidArgumentError("input must be at least 3-D, got shape",
                               images.debug_string());
  for (int i = 1; i < c.num_inputs(); ++i) c.with_rank(i, 0);
  c.set_output(0, images);
}

void infer_adjusted_colours(InferContext& c) {
  infer_adjusted(c);
  const Shape& images = c.input(0);
  if (images.has_rank() && images[-1] >= 0 && images[-1] != 3)
    throw InvalidArgumentError("input must have 3 channels but instead has ",
                               images[-1],
                               " channels.");
}

/// 1 where the condition holds, as numbers of x's dtype.
Tensor indicator(const Tensor& condition, const Tensor& x) {
  return cast(condition, x.dtype());
}

/// With M, m and c the largest, the smallest and the third channel:
/// value = M, saturation = (M - m) / M, and 6 hue = a sector's number
/// ± (c - m) / (M - m). Of equal channels red is the largest before green, and
/// blue the smallest before green, as in TensorFlow; its derivatives by black
/// channels, too, are 0.
void rgb_to_hsv_gradient(GradContext& g) {
  const Tensor& x = g.input(0);
  Tensors rgb = unstack(x, {.axis = -1});
  const Tensor &red = rgb[0], &green = rgb[1], &blue = rgb[2];
  Tensors is_largest = {indicator(logical_and(red >= blue, red >= green), x),
                        indicator(logical_and(green > red, green >= blue), x),
                        indicator(logical_and(blue > red, blue > green), x)};
  Tensors is_smallest = {indicator(logical_and(red < blue, red < green), x),
                         indicator(logical_and(green <= red, green < blue), x),
                         indicator(logical_and(blue <= red, blue <= green), x)};
  Tensors is_third;
  for (std::size_t k = 0; k < 3; ++k)
    is_third.push_back(1 - is_largest[k] - is_smallest[k]);
  auto pick = [&](const Tensors& is) {
    return is[0] * red + is[1] * green + is[2] * blue;
  };
  Tensor largest = pick(is_largest), smallest = pick(is_smallest);
  Tensor third = pick(is_third);
  auto divide = [](const Tensor& a, const Tensor& b) {
    return math::divide_no_nan(a, b);
  };
  // +1 where the third channel follows the largest in red, green, blue, red.
  Tensor sign = is_largest[0] * (is_third[1] - is_third[2]) +
                is_largest[1] * (is_third[2] - is_third[0]) +
                is_largest[2] * (is_third[0] - is_third[1]);
  Tensor range = largest - smallest;
  Tensors dhsv = unstack(g.dy(), {.axis = -1});
  Tensor dhue = dhsv[0] * indicator(largest > 0, x) * sign / 6;
  const Tensor &dsaturation = dhsv[1], &dvalue = dhsv[2];
  Tensor by_third = divide(dhue, range);
  Tensor by_largest_hue = divide(dhue * (smallest - third), square(range));
  Tensor by_smallest_hue = divide(dhue * (third - largest), square(range));
  Tensor by_largest_saturation =
      divide(dsaturation * smallest, square(largest));
  Tensor by_smallest_saturation = divide(-dsaturation, largest);
  Tensors gradients;
  for (std::size_t k = 0; k < 3; ++k) {
    Tensor lit = indicator(rgb[k] > 0, x);
    gradients.push_back(
        is_largest[k] *
            (dvalue + by_largest_hue + lit * by_largest_saturation) +
        is_smallest[k] * (by_smallest_hue + lit * by_smallest_saturation) +
        is_third[k] * by_third);
  }
  g.set(0, stack(gradients, {.axis = -1}));
}

}  // namespace

void register_colour_ops(OpRegistry& registry) {
  constexpr const char* kFloats =
      "T: {half, bfloat16, float, double} = DT_FLOAT";
  constexpr const char* kAdjusted = "T: {half, float} = DT_FLOAT";
  registry.add("RGBToHSV")
      .input("images: T")
      .output("output: T")
      .attr(kFloats)
      .infer(infer_three_channels)
      .grad(rgb_to_hsv_gradient)
      .grad_reads({"images"});
  registry.add("HSVToRGB")
      .input("images: T")
      .output("output: T")
      .attr(kFloats)
      .infer(infer_three_channels)
      .no_grad();
  registry.add("AdjustContrast")
      .input("images: T")
      .input("contrast_factor: float")
      .input("min_value: float")
      .input("max_value: float")
      .output("output: float")
      .attr("T: {uint8, int8, int16, int32, int64, float, double}")
      .infer(infer_adjusted);
  registry.add("AdjustContrastv2")
      .input("images: T")
      .input("contrast_factor: float")
      .output("output: T")
      .attr(kAdjusted)
      .infer(infer_adjusted);
  registry.add("AdjustHue")
      .input("images: T")
      .input("delta: float")
      .output("output: T")
      .attr(kAdjusted)
      .infer(infer_adjusted_colours);
  registry.add("AdjustSaturation")
      .input("images: T")
      .input("scale: float")
      .output("output: T")
      .attr(kAdjusted)
      .infer(infer_adjusted_colours);
}

Tensor image::rgb_to_hsv(const Tensor& images) {
  return raw<"RGBToHSV">(images);
}

Tensor image::hsv_to_rgb(const Tensor& images) {
  return raw<"HSVToRGB">(images);
}

}  // namespace tern

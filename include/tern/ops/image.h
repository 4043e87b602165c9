#pragma once

#include <string>

#include "tern/core/tensor.h"
#include "tern/ops/options.h"

/// Images are [height, width, channels], or [batch, height, width, channels]
/// where a function takes batches; sizes are {height, width}. Colours are in
/// [0, 1] in floats, and use the whole range of an integer dtype. Boxes are
/// {y_min, x_min, y_max, x_max} as fractions of the image.
namespace tern::image {

// ---- Resizing and sampling

/// Methods: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5",
/// "gaussian", "mitchellcubic".
struct ResizeOptions {
  std::string method = "bilinear";
  /// Whether to keep height : width, so that the result is as large as fits in
  /// the size.
  bool preserve_aspect_ratio = false;
  /// Whether fewer pixels than before are means of all that they stand for.
  /// "nearest" and "area" take no notice.
  bool antialias = false;
};

/// The image (rank 3) or images (rank 4) with `size` = {height, width} pixels,
/// in float32; "nearest" keeps the dtype. Any real dtype. Throws
/// InvalidArgumentError for other ranks, sizes that are not positive and
/// unknown methods.
Tensor resize(const Tensor& images,
              const Tensor& size,
              const ResizeOptions& options = {});

struct CropAndResizeOptions {
  std::string method = "bilinear";  // or "nearest"
  /// Stands for what lies outside of the image.
  double extrapolation_value = 0;
};

/// The boxes [n, 4] of images [batch, height, width, channels], each resized
/// to crop_size: float32 [n, crop_height, crop_width, channels]. Box i lies in
/// image box_indices[i] (int32 [n]); corners are those of pixels, and where
/// y_min > y_max the crop is flipped. Throws OutOfRangeError for an index
/// outside of the batch, InvalidArgumentError for other shapes and boxes that
/// are not finite.
Tensor crop_and_resize(const Tensor& image,
                       const Tensor& boxes,
                       const Tensor& box_indices,
                       const Tensor& crop_size,
                       const CropAndResizeOptions& options = {});

struct ExtractGlimpseOptions {
  /// Whether offset 0 is the middle of the image, not its first pixel.
  bool centered = true;
  /// Whether offsets are fractions of the image: -1 to 1, 0 to 1 if not
  /// centered.
  bool normalized = true;
  std::string noise = "uniform";  // or "gaussian", "zero"
};

/// A window of `size` pixels of each image [batch, height, width, channels]
/// (float32), at offsets [batch, 2] of y and x. What lies outside of the image
/// is noise.
Tensor extract_glimpse(const Tensor& input,
                       const Tensor& size,
                       const Tensor& offsets,
                       const ExtractGlimpseOptions& options = {});

// ---- Colours

/// Hue, saturation and value, all in [0, 1], of red, green and blue in [0, 1]
/// (the last dimension, 3). Red has hue 0, green 1/3, blue 2/3. Floats. Throws
/// InvalidArgumentError unless there are three channels.
Tensor rgb_to_hsv(const Tensor& images);
/// The inverse of rgb_to_hsv. It has no gradient.
Tensor hsv_to_rgb(const Tensor& images);

}  // namespace tern::image

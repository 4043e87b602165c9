#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

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

// ---- Flipping, cutting out, padding. Images have rank 3 or 4; other ranks
// throw InvalidArgumentError.

struct Rot90Options {
  int k = 1;  ///< how often, counter-clockwise
};

struct ResizeWithPadOptions {
  std::string method = "bilinear";
  bool antialias = false;
};

Tensor flip_left_right(const Tensor& image);
Tensor flip_up_down(const Tensor& image);
/// Rows become columns.
Tensor transpose(const Tensor& image);
/// Turned by 90 degrees, counter-clockwise.
Tensor rot90(const Tensor& image, Rot90Options options = {});

/// The part of target_height x target_width pixels from that row and column
/// on. Throws InvalidArgumentError where it leaves the image.
Tensor crop_to_bounding_box(const Tensor& image,
                            int offset_height,
                            int offset_width,
                            int target_height,
                            int target_width);
/// The image from that row and column on in one of target_height x target_width
/// pixels, zeros around it. Throws InvalidArgumentError where it does not fit.
Tensor pad_to_bounding_box(const Tensor& image,
                           int offset_height,
                           int offset_width,
                           int target_height,
                           int target_width);
/// The middle of an image, that fraction of each side. Throws
/// InvalidArgumentError unless 0 < central_fraction <= 1.
Tensor central_crop(const Tensor& image, double central_fraction);
/// The image in the middle of one of that size, cut off or with zeros around.
Tensor resize_with_crop_or_pad(const Tensor& image,
                               int target_height,
                               int target_width);
/// Resized, without distortion, to fit into that size, with zeros around.
Tensor resize_with_pad(const Tensor& image,
                       int target_height,
                       int target_width,
                       const ResizeWithPadOptions& options = {});

// ---- Files

struct DecodeJpegOptions {
  int channels = 0;  // 1 (gray), 3, or 0: those of the file
  int ratio = 1;     // 1, 2, 4 or 8 times fewer pixels each way
  bool fancy_upscaling = true;
  /// Whether to make up for what is missing at the end of the file.
  bool try_recover_truncated = false;
  double acceptable_fraction = 1;
  std::string dct_method = "";  // "INTEGER_FAST", "INTEGER_ACCURATE"
};

struct DecodePngOptions {
  int channels = 0;     // 1 (gray), 3, 4 (with alpha), or 0: those of the file
  DType dtype = uint8;  // or uint16
};

struct DecodeBmpOptions {
  int channels = 0;  // 3, 4 (with alpha), or 0: those of the file
};

struct DecodeImageOptions {
  int channels = 0;
  DType dtype = uint8;  // or uint16, or float32 in [0, 1]
  bool expand_animations = true;
};

/// An image file, a string scalar, as [height, width, channels]. decode_jpeg
/// and decode_png also take each other's files and GIFs of one frame. Throw
/// InvalidArgumentError for other and for damaged files, and for images of 2^29
/// values or more; UnimplementedError where Tern was built without the library
/// of a format (TERN_WITH_JPEG, TERN_WITH_PNG, TERN_WITH_GIF).
Tensor decode_jpeg(const Tensor& contents,
                   const DecodeJpegOptions& options = {});
Tensor decode_png(const Tensor& contents, const DecodePngOptions& options = {});
Tensor decode_bmp(const Tensor& contents, const DecodeBmpOptions& options = {});
/// The part of a JPEG within crop_window, {y, x, height, width} in pixels; the
/// rest is not decoded.
Tensor decode_and_crop_jpeg(const Tensor& contents,
                            const Tensor& crop_window,
                            const DecodeJpegOptions& options = {});
/// All frames, [frames, height, width, 3].
Tensor decode_gif(const Tensor& contents);
/// A JPEG, PNG, GIF or BMP. A GIF has rank 4 unless expand_animations is off,
/// which leaves its first frame.
Tensor decode_image(const Tensor& contents,
                    const DecodeImageOptions& options = {});
/// {height, width, channels} from a JPEG's header.
Tensor extract_jpeg_shape(const Tensor& contents, DType output_type = int32);
/// Whether a file begins as a JPEG does.
Tensor is_jpeg(const Tensor& contents);

struct EncodeJpegOptions {
  std::string format = "";  // "grayscale", "rgb", or by the channels
  int quality = 95;         // 0 to 100
  bool progressive = false;
  bool optimize_size = false;
  bool chroma_downsampling = true;
  std::string density_unit = "in";  // or "cm"
  int x_density = 300;
  int y_density = 300;
  std::string xmp_metadata = "";
};

struct EncodePngOptions {
  int compression = -1;  // 0 to 9, or zlib's default
};

/// The JPEG file of an image, uint8 [height, width, 1 or 3].
Tensor encode_jpeg(const Tensor& image, const EncodeJpegOptions& options = {});
/// The PNG file of an image, uint8 or uint16 [height, width, 1 to 4]; of
/// images with more dimensions, a file each.
Tensor encode_png(const Tensor& image, const EncodePngOptions& options = {});

// ---- Colours

/// Hue, saturation and value, all in [0, 1], of red, green and blue in [0, 1]
/// (the last dimension, 3). Red has hue 0, green 1/3, blue 2/3. Floats. Throws
/// InvalidArgumentError unless there are three channels.
Tensor rgb_to_hsv(const Tensor& images);
/// The inverse of rgb_to_hsv. It has no gradient.
Tensor hsv_to_rgb(const Tensor& images);

struct ConvertImageDtypeOptions {
  bool saturate = false;  ///< values beyond the dtype become its limits
};

struct AdjustGammaOptions {
  double gamma = 1;
  double gain = 1;
};

/// The image in another dtype, scaled: floats in [0, 1], integers from 0 to
/// their largest number. Throws InvalidArgumentError for dtypes that are no
/// real numbers.
Tensor convert_image_dtype(const Tensor& image,
                           DType dtype,
                           ConvertImageDtypeOptions options = {});

// Of an image of any real dtype, in [0, 1] for floats; the result has that
// dtype, and what leaves the range of an integer dtype becomes its limit.

/// image + delta.
Tensor adjust_brightness(const Tensor& image, const Tensor& delta);
/// (x - mean) * contrast_factor + mean, the mean being the channel's.
Tensor adjust_contrast(const Tensor& images, const Tensor& contrast_factor);
/// gain * image ^ gamma. Throws InvalidArgumentError for a negative gamma.
Tensor adjust_gamma(const Tensor& image, AdjustGammaOptions options = {});
/// The hue turned by `delta`, in [-1, 1], 1 being the whole circle.
Tensor adjust_hue(const Tensor& image, const Tensor& delta);
/// The saturation multiplied by a factor.
Tensor adjust_saturation(const Tensor& image, const Tensor& saturation_factor);
/// As a JPEG of that quality (an int32 scalar) shows it. Rank 3.
Tensor adjust_jpeg_quality(const Tensor& image, const Tensor& jpeg_quality);
/// Each image (rank 3 or more) with mean 0 and standard deviation 1, or less
/// where it hardly varies. Floats as they are, other dtypes as float32.
Tensor per_image_standardization(const Tensor& image);

/// One channel: 0.2989 red + 0.587 green + 0.114 blue.
Tensor rgb_to_grayscale(const Tensor& images);
/// Three equal channels. Throws InvalidArgumentError unless there is one.
Tensor grayscale_to_rgb(const Tensor& images);
// Floats; the last dimension is 3.
Tensor rgb_to_yiq(const Tensor& images);
Tensor yiq_to_rgb(const Tensor& images);
Tensor rgb_to_yuv(const Tensor& images);
Tensor yuv_to_rgb(const Tensor& images);

// ---- Random changes, for more images to train with

struct SeedOptions {
  std::optional<std::int64_t> seed = {};
};

// The numbers are TensorFlow's for the same seeds. Flips are decided image by
// image.

Tensor random_flip_left_right(const Tensor& image, SeedOptions options = {});
Tensor random_flip_up_down(const Tensor& image, SeedOptions options = {});
/// By a delta in [-max_delta, max_delta).
Tensor random_brightness(const Tensor& image,
                         double max_delta,
                         SeedOptions options = {});
/// By a factor in [lower, upper).
Tensor random_contrast(const Tensor& image,
                       double lower,
                       double upper,
                       SeedOptions options = {});
/// By a delta in [-max_delta, max_delta), max_delta being 0.5 at most.
Tensor random_hue(const Tensor& image,
                  double max_delta,
                  SeedOptions options = {});
/// By a factor in [lower, upper).
Tensor random_saturation(const Tensor& image,
                         double lower,
                         double upper,
                         SeedOptions options = {});
Tensor random_jpeg_quality(const Tensor& image,
                           int min_jpeg_quality,
                           int max_jpeg_quality,
                           SeedOptions options = {});
/// A part of that size, of a tensor of any rank. Throws InvalidArgumentError
/// where it is larger.
Tensor random_crop(const Tensor& value,
                   const Tensor& size,
                   SeedOptions options = {});

// The same, by two integers `seed` [2] alone.

Tensor stateless_random_flip_left_right(const Tensor& image,
                                        const Tensor& seed);
Tensor stateless_random_flip_up_down(const Tensor& image, const Tensor& seed);
Tensor stateless_random_brightness(const Tensor& image,
                                   double max_delta,
                                   const Tensor& seed);
Tensor stateless_random_contrast(const Tensor& image,
                                 double lower,
                                 double upper,
                                 const Tensor& seed);
Tensor stateless_random_hue(const Tensor& image,
                            double max_delta,
                            const Tensor& seed);
Tensor stateless_random_saturation(const Tensor& image,
                                   double lower,
                                   double upper,
                                   const Tensor& seed);
Tensor stateless_random_jpeg_quality(const Tensor& image,
                                     int min_jpeg_quality,
                                     int max_jpeg_quality,
                                     const Tensor& seed);
Tensor stateless_random_crop(const Tensor& value,
                             const Tensor& size,
                             const Tensor& seed);

// ---- Comparing and measuring

struct SsimOptions {
  int filter_size = 11;
  double filter_sigma = 1.5;
  double k1 = 0.01;
  double k2 = 0.03;
  bool return_index_map = false;  ///< for each place, not their mean
};

struct SsimMultiscaleOptions {
  std::vector<double> power_factors = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  int filter_size = 11;
  double filter_sigma = 1.5;
  double k1 = 0.01;
  double k2 = 0.03;
};

struct ImageGradients {
  Tensor dy;
  Tensor dx;
};

/// Peak signal-to-noise ratio in dB of images [..., height, width, channels]
/// with values from 0 to max_val; one number an image.
Tensor psnr(const Tensor& a, const Tensor& b, double max_val);
/// Structural similarity, 1 for equal images; one number an image. Throws
/// InvalidArgumentError for images smaller than the filter.
Tensor ssim(const Tensor& img1,
            const Tensor& img2,
            double max_val,
            const SsimOptions& options = {});
/// SSIM at several scales, each half as large as the one before.
Tensor ssim_multiscale(const Tensor& img1,
                       const Tensor& img2,
                       double max_val,
                       const SsimMultiscaleOptions& options = {});
/// The sum of the absolute differences of neighbours; one number an image.
Tensor total_variation(const Tensor& images);
/// Differences to the pixel below and to the right, 0 in the last row or
/// column, of images [batch, height, width, channels].
ImageGradients image_gradients(const Tensor& image);
/// Sobel's derivatives along y and x, [batch, height, width, channels, 2].
Tensor sobel_edges(const Tensor& image);

// ---- Boxes

struct NonMaxSuppressionOptions {
  double iou_threshold = 0.5;
  double score_threshold = -std::numeric_limits<double>::infinity();
};

struct NonMaxSuppressionWithScoresOptions {
  double iou_threshold = 0.5;
  double score_threshold = -std::numeric_limits<double>::infinity();
  double soft_nms_sigma = 0;
};

struct NonMaxSuppressionPaddedOptions {
  double iou_threshold = 0.5;
  double score_threshold = -std::numeric_limits<double>::infinity();
  bool pad_to_max_output_size = false;
};

struct NonMaxSuppressionOverlapsOptions {
  double overlap_threshold = 0.5;
  double score_threshold = -std::numeric_limits<double>::infinity();
};

struct CombinedNonMaxSuppressionOptions {
  double iou_threshold = 0.5;
  double score_threshold = -std::numeric_limits<double>::infinity();
  bool pad_per_class = false;
  bool clip_boxes = true;
};

struct ScoredSelection {
  Tensor selected_indices;
  Tensor selected_scores;
};

struct PaddedSelection {
  Tensor selected_indices;
  Tensor num_valid;
};

struct CombinedSelection {
  Tensor nmsed_boxes;
  Tensor nmsed_scores;
  Tensor nmsed_classes;
  Tensor valid_detections;
};

/// The images with the borders of boxes [batch, n, 4] drawn on them, in turn in
/// the rows of `colors` [count, channels], or, where that is undefined, in ten
/// colours of TensorFlow's. float16 or float32, 1, 3 or 4 channels.
Tensor draw_bounding_boxes(const Tensor& images,
                           const Tensor& boxes,
                           const Tensor& colors = {});

/// Indices of up to max_output_size boxes [n, 4], the highest scores [n] first,
/// none of which shares more than iou_threshold of its area with one before.
/// float16 or float32.
Tensor non_max_suppression(const Tensor& boxes,
                           const Tensor& scores,
                           const Tensor& max_output_size,
                           const NonMaxSuppressionOptions& options = {});
/// With soft_nms_sigma, boxes that overlap lose score instead.
ScoredSelection non_max_suppression_with_scores(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionWithScoresOptions& options = {});
/// Also how many there are; batches [batch, n, 4] are always padded, with 0.
PaddedSelection non_max_suppression_padded(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionPaddedOptions& options = {});
/// By overlaps [n, n] that are given.
Tensor non_max_suppression_overlaps(
    const Tensor& overlaps,
    const Tensor& scores,
    const Tensor& max_output_size,
    const NonMaxSuppressionOverlapsOptions& options = {});
/// Class by class: boxes [batch, n, q, 4] with q 1 or the classes, scores
/// [batch, n, classes].
CombinedSelection combined_non_max_suppression(
    const Tensor& boxes,
    const Tensor& scores,
    const Tensor& max_output_size_per_class,
    const Tensor& max_total_size,
    const CombinedNonMaxSuppressionOptions& options = {});

struct SampleDistortedBoundingBoxOptions {
  std::int64_t seed = 0;
  double min_object_covered = 0.1;
  std::vector<float> aspect_ratio_range = {0.75f, 1.33f};
  std::vector<float> area_range = {0.05f, 1.0f};
  int max_attempts = 100;
  bool use_image_if_no_bounding_boxes = false;
};

struct StatelessSampleDistortedBoundingBoxOptions {
  double min_object_covered = 0.1;
  std::vector<float> aspect_ratio_range = {0.75f, 1.33f};
  std::vector<float> area_range = {0.05f, 1.0f};
  int max_attempts = 100;
  bool use_image_if_no_bounding_boxes = false;
};

/// A part of an image: where it begins and its size, as slice takes them, and
/// as a box [1, 1, 4].
struct SampledBox {
  Tensor begin;
  Tensor size;
  Tensor bboxes;
};

/// A random part of an image of image_size {height, width, channels} that
/// covers enough of one of the boxes [images, n, 4]; the whole image if none
/// was found.
SampledBox sample_distorted_bounding_box(
    const Tensor& image_size,
    const Tensor& bounding_boxes,
    const SampleDistortedBoundingBoxOptions& options = {});
SampledBox stateless_sample_distorted_bounding_box(
    const Tensor& image_size,
    const Tensor& bounding_boxes,
    const Tensor& seed,
    const StatelessSampleDistortedBoundingBoxOptions& options = {});

}  // namespace tern::image

namespace tern::io {

// What TensorFlow has in both modules.
using image::decode_and_crop_jpeg;
using image::decode_bmp;
using image::decode_gif;
using image::decode_image;
using image::decode_jpeg;
using image::decode_png;
using image::encode_jpeg;
using image::encode_png;
using image::extract_jpeg_shape;
using image::is_jpeg;

}  // namespace tern::io

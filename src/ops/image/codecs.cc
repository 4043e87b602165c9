// codecs.cc: image files decoded and encoded.

#include <string>

#include "ops/apply.h"
#include "ops/infer_context.h"
#include "tern/core/error.h"
#include "tern/ops/image.h"
#include "tern/ops/math.h"

namespace tern {
namespace {

/// contents is a scalar; gives the channels asked for, -1 for those of the
/// file.
std::int64_t check_decoding(const InferContext& c) {
  c.with_rank(0, 0);
  if (c.op().find_attr("channels") < 0) return 3;
  auto channels = c.attr<std::int64_t>("channels");
  if (channels != 0 && channels != 1 && channels != 3 && channels != 4)
    throw InvalidArgumentError("`channels` must be 0, 1, 3 or 4 but got ",
                               channels);
  return channels == 0 ? -1 : channels;
}

void infer_decoded(InferContext& c) {
  c.set_output(0, {-1, -1, check_decoding(c)});
}

void infer_decoded_jpeg(InferContext& c) {
  std::int64_t channels = check_decoding(c);
  auto ratio = c.attr<std::int64_t>("ratio");
  if (ratio != 1 && ratio != 2 && ratio != 4 && ratio != 8)
    throw InvalidArgumentError("ratio must be 1, 2, 4, or 8, got ", ratio);
  const auto& method = c.attr<std::string>("dct_method");
  if (method != "" && method != "INTEGER_FAST" && method != "INTEGER_ACCURATE")
    throw InvalidArgumentError(
        "dct_method must be one of {'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}, "
        "got '",
        method,
        "'");
  Shape shape = {-1, -1, channels};
  if (c.num_inputs() > 1) {
    const Shape& window = c.with_rank(1, 1);
    if (window.has_rank() && window[0] >= 0 && window[0] != 4)
      throw InvalidArgumentError("crop_size must have four elements, got ",
                                 window.debug_string());
    if (auto sides = c.value_as_ints(1))
      for (int i : {0, 1}) {
        auto side = (*sides)[static_cast<std::size_t>(i + 2)];
        if (side > 0) shape.set_dim(i, side);
      }
  }
  c.set_output(0, shape);
}

void infer_decoded_gif(InferContext& c) {
  c.set_output(0, {-1, -1, -1, check_decoding(c)});
}

void infer_decoded_image(InferContext& c) {
  std::int64_t channels = check_decoding(c);
  c.set_output(0,
               c.attr<bool>("expand_animations") ? Shape::unknown()
                                                 : Shape({-1, -1, channels}));
}

/// images [height, width, 1 or 3] of a JPEG.
void infer_encoded_jpeg(InferContext& c) {
  const Shape& image = c.input(0);
  if (image.has_rank() && image.rank() != 3)
    throw InvalidArgumentError("image must be 3-dimensional",
                               image.debug_string());
  if (image.has_rank() && image[2] >= 0 && image[2] != 1 && image[2] != 3)
    throw InvalidArgumentError("image must have 1 or 3 channels, got ",
                               image.debug_string());
  if (c.num_inputs() > 1) c.with_rank(1, 0);
  if (c.op().find_attr("quality") >= 0) {
    auto quality = c.attr<std::int64_t>("quality");
    if (quality < 0 || quality > 100)
      throw InvalidArgumentError("quality must be in [0,100], got ", quality);
    const auto& format = c.attr<std::string>("format");
    std::int64_t wanted = format == "grayscale" ? 1 : 3;
    if (!format.empty() && image.has_rank() && image[2] >= 0 &&
        image[2] != wanted)
      throw InvalidArgumentError(
          "format '",
          format,
          "' expects ",
          wanted,
          wanted == 1 ? " channel got " : " channels got ",
          image[2]);
    for (const char* density : {"x_density", "y_density"}) {
      auto value = c.attr<std::int64_t>(density);
      if (value < 0 || value > 65535)
        throw InvalidArgumentError(
            density, " must be in [0, 65535], got ", value);
    }
    // A marker's length has 16 bits; 29 bytes name the kind of data.
    constexpr std::size_t kMaxMetadata = 65533 - 29;
    if (c.attr<std::string>("xmp_metadata").size() > kMaxMetadata)
      throw InvalidArgumentError("xmp_metadata has more than ",
                                 kMaxMetadata,
                                 " bytes, which a JPEG file cannot hold");
  }
  c.set_output(0, Shape());
}

void infer_encoded_png(InferContext& c) {
  const Shape& images = c.with_rank_at_least(0, 3);
  if (images.has_rank() && (images[-1] == 0 || images[-1] > 4))
    throw InvalidArgumentError("image must have 1, 2, 3, or 4 channels, got ",
                               images[-1]);
  auto compression = c.attr<std::int64_t>("compression");
  if (compression < -1 || compression > 9)
    throw InvalidArgumentError("compression should be in [-1,9], got ",
                               compression);
  c.set_output(0, images.has_rank() ? images.slice(0, -3) : Shape::unknown());
}

void add_jpeg_op(OpRegistry& registry, const char* name, bool crops) {
  OpBuilder op = registry.add(name);
  op.input("contents: string");
  if (crops) op.input("crop_window: int32").host("crop_window");
  op.output("image: uint8")
      .attr("channels: int = 0")
      .attr("ratio: int = 1")
      .attr("fancy_upscaling: bool = true")
      .attr("try_recover_truncated: bool = false")
      .attr("acceptable_fraction: float = 1.0")
      .attr("dct_method: string = ''")
      .infer(infer_decoded_jpeg)
      .set_by_kernel();
}

}  // namespace

void register_codecs_ops(OpRegistry& registry) {
  add_jpeg_op(registry, "DecodeJpeg", /*crops=*/false);
  add_jpeg_op(registry, "DecodeAndCropJpeg", /*crops=*/true);
  registry.add("DecodePng")
      .input("contents: string")
      .output("image: dtype")
      .attr("channels: int = 0")
      .attr("dtype: {uint8, uint16} = DT_UINT8")
      .infer(infer_decoded)
      .set_by_kernel();
  registry.add("DecodeBmp")
      .input("contents: string")
      .output("image: uint8")
      .attr("channels: int = 0")
      .infer(infer_decoded)
      .set_by_kernel();
  registry.add("DecodeGif")
      .input("contents: string")
      .output("image: uint8")
      .infer(infer_decoded_gif)
      .set_by_kernel();
  registry.add("DecodeImage")
      .input("contents: string")
      .output("image: dtype")
      .attr("channels: int = 0")
      .attr("dtype: {uint8, uint16, float} = DT_UINT8")
      .attr("expand_animations: bool = true")
      .infer(infer_decoded_image)
      .set_by_kernel();
  registry.add("ExtractJpegShape")
      .input("contents: string")
      .output("image_shape: output_type")
      .attr("output_type: {int32, int64} = DT_INT32")
      .infer([](InferContext& c) {
        c.with_rank(0, 0);
        c.set_output(0, {3});
      });
  registry.add("EncodeJpeg")
      .input("image: uint8")
      .output("contents: string")
      .attr("format: {'', 'grayscale', 'rgb'} = ''")
      .attr("quality: int = 95")
      .attr("progressive: bool = false")
      .attr("optimize_size: bool = false")
      .attr("chroma_downsampling: bool = true")
      .attr("density_unit: {'in', 'cm'} = 'in'")
      .attr("x_density: int = 300")
      .attr("y_density: int = 300")
      .attr("xmp_metadata: string = ''")
      .infer(infer_encoded_jpeg);
  registry.add("EncodeJpegVariableQuality")
      .input("images: uint8")
      .input("quality: int32")
      .output("contents: string")
      .host("quality")
      .infer(infer_encoded_jpeg);
  registry.add("EncodePng")
      .input("image: T")
      .output("contents: string")
      .attr("compression: int = -1")
      .attr("T: {uint8, uint16} = DT_UINT8")
      .infer(infer_encoded_png);
}

Tensor image::decode_jpeg(const Tensor& contents,
                          const DecodeJpegOptions& options) {
  return raw<"DecodeJpeg">(
      contents,
      {{"channels", options.channels},
       {"ratio", options.ratio},
       {"fancy_upscaling", options.fancy_upscaling},
       {"try_recover_truncated", options.try_recover_truncated},
       {"acceptable_fraction", options.acceptable_fraction},
       {"dct_method", options.dct_method}});
}

Tensor image::decode_and_crop_jpeg(const Tensor& contents,
                                   const Tensor& crop_window,
                                   const DecodeJpegOptions& options) {
  return raw<"DecodeAndCropJpeg">(
      contents,
      crop_window,
      {{"channels", options.channels},
       {"ratio", options.ratio},
       {"fancy_upscaling", options.fancy_upscaling},
       {"try_recover_truncated", options.try_recover_truncated},
       {"acceptable_fraction", options.acceptable_fraction},
       {"dct_method", options.dct_method}});
}

Tensor image::decode_png(const Tensor& contents,
                         const DecodePngOptions& options) {
  return raw<"DecodePng">(
      contents, {{"channels", options.channels}, {"dtype", options.dtype}});
}

Tensor image::decode_bmp(const Tensor& contents,
                         const DecodeBmpOptions& options) {
  return raw<"DecodeBmp">(contents, {{"channels", options.channels}});
}

Tensor image::decode_gif(const Tensor& contents) {
  return raw<"DecodeGif">(contents);
}

Tensor image::decode_image(const Tensor& contents,
                           const DecodeImageOptions& options) {
  return raw<"DecodeImage">(contents,
                            {{"channels", options.channels},
                             {"dtype", options.dtype},
                             {"expand_animations", options.expand_animations}});
}

Tensor image::extract_jpeg_shape(const Tensor& contents, DType output_type) {
  return raw<"ExtractJpegShape">(contents, {{"output_type", output_type}});
}

Tensor image::is_jpeg(const Tensor& contents) {
  Tensor start = raw<"Substr">(contents, Tensor(0), Tensor(3));
  return start == Tensor("\xff\xd8\xff");
}

Tensor image::encode_jpeg(const Tensor& image,
                          const EncodeJpegOptions& options) {
  return raw<"EncodeJpeg">(
      image,
      {{"format", options.format},
       {"quality", options.quality},
       {"progressive", options.progressive},
       {"optimize_size", options.optimize_size},
       {"chroma_downsampling", options.chroma_downsampling},
       {"density_unit", options.density_unit},
       {"x_density", options.x_density},
       {"y_density", options.y_density},
       {"xmp_metadata", options.xmp_metadata}});
}

Tensor image::encode_png(const Tensor& image, const EncodePngOptions& options) {
  return raw<"EncodePng">(image, {{"compression", options.compression}});
}

}  // namespace tern

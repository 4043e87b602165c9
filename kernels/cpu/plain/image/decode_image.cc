// Decode ops. Each takes any format it can give its result for; magic numbers
// tell which.

#include <string>
#include <string_view>

#include "io/image/bmp.h"
#include "io/image/gif.h"
#include "io/image/jpeg.h"
#include "io/image/png.h"
#include "ops/kernel.h"
#include "tern/core/error.h"

namespace tern {
namespace {

using namespace std::string_view_literals;

enum class Format { kJpeg, kPng, kGif, kBmp };

Format format_of(std::string_view file) {
  if (file.starts_with("\xff\xd8\xff"sv)) return Format::kJpeg;
  if (file.starts_with("\x89PNG\r\n\x1a\n"sv)) return Format::kPng;
  if (file.starts_with("GIF8"sv)) return Format::kGif;
  if (file.starts_with("BM"sv)) return Format::kBmp;
  if (file.starts_with("RIFF"sv) && file.substr(8).starts_with("WEBP"sv))
    throw UnimplementedError("WebP images cannot be decoded");
  if (file.starts_with("\xff\x0a"sv) ||
      file.starts_with("\x00\x00\x00\x0cJXL \r\n\x87\n"sv))
    throw UnimplementedError("JPEG XL images cannot be decoded");
  throw InvalidArgumentError(
      "Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP "
      "required.");
}

/// Input 0, the whole file.
std::string_view file_of(const KernelContext& c) {
  const Tensor& contents = c.input(0);
  if (contents.shape().rank() != 0)
    throw InvalidArgumentError("`contents` must be scalar but got shape",
                               contents.shape().debug_string());
  std::string_view file = c.in<std::string>(0)[0];
  if (file.empty()) throw InvalidArgumentError("Input is empty.");
  return file;
}

/// A decode op is being run for a file of some format.
class Decoding {
 public:
  explicit Decoding(KernelContext& c)
      : c_(c),
        op_(c.op().name),
        channels_(has("channels")
                      ? static_cast<int>(c.attr<std::int64_t>("channels"))
                      : 3),
        dtype_(c.output_dtype(0)) {}

  Tensor decode(std::string_view file) const {
    switch (format_of(file)) {
      case Format::kJpeg:
        return jpeg(file);
      case Format::kPng:
        return png(file);
      case Format::kGif:
        return gif(file);
      default:
        return bmp(file);
    }
  }

 private:
  bool has(const char* attr) const { return c_.op().find_attr(attr) >= 0; }

  void refuse_wrong_op(const char* format, const char* ops) const {
    if (op_ == "DecodeBmp")
      throw InvalidArgumentError("Trying to decode ",
                                 format,
                                 " format using DecodeBmp op. Use ",
                                 ops,
                                 " instead.");
    if (op_ == "DecodeAndCropJpeg" && format != "JPEG"sv)
      throw InvalidArgumentError(
          "DecodeAndCropJpeg operation can run on JPEG only, but detected ",
          format,
          ".");
  }

  Tensor jpeg(std::string_view file) const;
  Tensor png(std::string_view file) const;
  Tensor gif(std::string_view file) const;
  Tensor bmp(std::string_view file) const;
  /// DecodeGif gives frames, be there one.
  Tensor as_frames(const Tensor& image) const {
    if (op_ != "DecodeGif") return image;
    Shape shape = image.shape();
    shape.insert(0, 1);
    return image.with_shape(shape);
  }

  /// uint8 as the dtype asked for: uint16 in steps of 256, floats in [0, 1].
  Tensor convert(const Tensor& image) const;

  KernelContext& c_;
  const std::string& op_;
  int channels_;
  DType dtype_;
};

template <class From, class To>
Tensor scaled(const Tensor& image, DType dtype, To factor) {
  Tensor result = Tensor::allocate(dtype, image.shape());
  const From* x = image.data<From>();
  To* y = result.data<To>();
  for (std::int64_t i = 0; i < image.num_elements(); ++i)
    y[i] = static_cast<To>(static_cast<To>(x[i]) * factor);
  return result;
}

Tensor Decoding::convert(const Tensor& image) const {
  if (dtype_ == uint16)
    return scaled<std::uint8_t, std::uint16_t>(image, uint16, 256);
  if (dtype_ == float32)
    return scaled<std::uint8_t, float>(image, float32, 1.0f / 255);
  return image;
}

Tensor Decoding::jpeg(std::string_view file) const {
  if (channels_ == 4)
    throw InvalidArgumentError("JPEG does not support 4 channels");
  refuse_wrong_op("JPEG", "`decode_jpeg` or `decode_image`");
  io::JpegDecoding how;
  how.channels = channels_;
  if (has("ratio")) {
    how.ratio = static_cast<int>(c_.attr<std::int64_t>("ratio"));
    how.fancy_upscaling = c_.attr<bool>("fancy_upscaling");
    how.try_recover_truncated = c_.attr<bool>("try_recover_truncated");
    how.acceptable_fraction = c_.attr<float>("acceptable_fraction");
    how.accurate_dct = c_.attr<std::string>("dct_method") == "INTEGER_ACCURATE";
  }
  if (op_ == "DecodeAndCropJpeg") {
    std::vector<std::int64_t> window = c_.host_ints(1);
    how.window = {window[0], window[1], window[2], window[3]};
  }
  return as_frames(convert(io::decode_jpeg(file, how)));
}

Tensor Decoding::png(std::string_view file) const {
  refuse_wrong_op("PNG", "`decode_png` or `decode_image`");
  Tensor image =
      io::decode_png(file, channels_, dtype_ == uint8 ? uint8 : uint16);
  if (dtype_ == float32)
    image = scaled<std::uint16_t, float>(image, float32, 1.0f / 65535);
  return as_frames(image);
}

Tensor Decoding::gif(std::string_view file) const {
  if (channels_ != 0 && channels_ != 3)
    throw InvalidArgumentError("channels must be 0 or 3 for GIF, got ",
                               channels_);
  refuse_wrong_op("GIF", "`decode_gif` or `decode_image`");
  bool first_alone =
      op_ == "DecodeImage" && !c_.attr<bool>("expand_animations");
  Tensor images = io::decode_gif(file, !first_alone);
  bool frames = op_ == "DecodeGif" || (op_ == "DecodeImage" && !first_alone);
  if (!frames) {
    if (images.shape()[0] != 1)
      throw InvalidArgumentError("Got ",
                                 images.shape()[0],
                                 " frames, but animated gifs can only be "
                                 "decoded by tf.io.decode_gif or "
                                 "tf.io.decode_image");
    images = images.with_shape(images.shape().slice(1));
  }
  return convert(images);
}

Tensor Decoding::bmp(std::string_view file) const {
  if (channels_ == 1)
    throw InvalidArgumentError(
        "`channels` must be 0, 3 or 4 for BMP, but got 1");
  if (op_ == "DecodeAndCropJpeg") refuse_wrong_op("BMP", "");
  if (op_ != "DecodeBmp" && op_ != "DecodeImage")
    throw InvalidArgumentError(
        "Trying to decode BMP format using a wrong op. Use `decode_bmp` or "
        "`decode_image` instead. Op used: ",
        op_);
  return convert(io::decode_bmp(file, channels_));
}

void decode_image(KernelContext& c) {
  c.set_output(0, Decoding(c).decode(file_of(c)));
}

void extract_jpeg_shape(KernelContext& c) {
  Shape shape = io::jpeg_shape(file_of(c));
  for (int i = 0; i < 3; ++i)
    if (c.output().dtype() == int64)
      c.out<std::int64_t>()[static_cast<std::size_t>(i)] = shape[i];
    else
      c.out<std::int32_t>()[static_cast<std::size_t>(i)] =
          static_cast<std::int32_t>(shape[i]);
}

}  // namespace

void register_decode_image_kernels(KernelRegistry& registry) {
  for (const char* op : {"DecodeJpeg",
                         "DecodeAndCropJpeg",
                         "DecodePng",
                         "DecodeGif",
                         "DecodeBmp",
                         "DecodeImage"})
    registry.add(op, {}, decode_image);
  for (DType dtype : {int32, int64})
    registry.add(
        "ExtractJpegShape", {{"output_type", dtype}}, extract_jpeg_shape);
}

}  // namespace tern

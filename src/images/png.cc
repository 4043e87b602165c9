// PNG with libpng, which leaves its calls by longjmp on errors: see
// jpeg_decode.cc. Its callbacks here throw nothing either.

#include <bit>
#include <csetjmp>
#include <cstring>
#include <new>

#include "images/codecs.h"
#include "images/missing_library.h"
#include "tern/core/error.h"

#if TERN_HAS_PNG
#include <png.h>
#include <zlib.h>
#endif

namespace tern::images {

#if TERN_HAS_PNG
namespace {

void ignore_warning(png_structp, png_const_charp) {}

class Decoder {
 public:
  Decoder(std::string_view file, int channels, bool wide)
      : left_(file), channels_(channels), wide_(wide) {
    png_ = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, this, leave, ignore_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Decoder(const Decoder&) = delete;

  Tensor decode();

 private:
  [[noreturn]] static void leave(png_structp png, png_const_charp) {
    std::longjmp(static_cast<Decoder*>(png_get_error_ptr(png))->jump_, 1);
  }
  bool guarded(void (*step)(Decoder&)) {
    if (setjmp(jump_)) return false;
    step(*this);
    return true;
  }
  static void read_bytes(png_structp png, png_bytep to, png_size_t count);
  static void read_header(Decoder& d);
  static void read_rows(Decoder& d);

  std::string_view left_;
  int channels_;
  bool wide_;
  std::jmp_buf jump_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  png_uint_32 width_ = 0, height_ = 0;
  int depth_ = 0, passes_ = 1;
  png_bytep pixels_ = nullptr;
  std::size_t row_size_ = 0;
};

void Decoder::read_bytes(png_structp png, png_bytep to, png_size_t count) {
  std::string_view& left = static_cast<Decoder*>(png_get_io_ptr(png))->left_;
  if (left.size() < count) png_error(png, "the file ends early");
  std::memcpy(to, left.data(), count);
  left.remove_prefix(count);
}

void Decoder::read_header(Decoder& d) {
  png_structp png = d.png_;
  png_infop info = d.info_;
  png_set_read_fn(png, &d, read_bytes);
  png_read_info(png, info);
  int colour = 0;
  png_get_IHDR(png,
               info,
               &d.width_,
               &d.height_,
               &d.depth_,
               &colour,
               nullptr,
               nullptr,
               nullptr);
  const bool has_palette = colour == PNG_COLOR_TYPE_PALETTE;
  const bool has_transparency = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  const bool has_alpha = (colour & PNG_COLOR_MASK_ALPHA) != 0;
  const bool is_gray = (colour & PNG_COLOR_MASK_COLOR) == 0;
  if (d.channels_ == 0)
    d.channels_ =
        has_palette ? (has_transparency ? 4 : 3) : png_get_channels(png, info);
  const bool wants_alpha = d.channels_ % 2 == 0;
  const bool wants_gray = d.channels_ < 3;
  if (wants_alpha && !has_alpha) {
    if (has_transparency)
      png_set_tRNS_to_alpha(png);
    else
      png_set_add_alpha(png, (1u << d.depth_) - 1, PNG_FILLER_AFTER);
  } else if (!wants_alpha && (has_alpha || has_transparency)) {
    png_set_strip_alpha(png);
  }
  if (d.depth_ > 8 && !d.wide_) png_set_strip_16(png);
  png_set_packing(png);
  d.passes_ = png_set_interlace_handling(png);
  if (d.wide_ && std::endian::native == std::endian::little) png_set_swap(png);
  if (has_palette) png_set_palette_to_rgb(png);
  if (is_gray && d.depth_ < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (wants_gray && !is_gray)
    png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);  // Rec. 601
  else if (!wants_gray && is_gray)
    png_set_gray_to_rgb(png);
  png_read_update_info(png, info);
}

void Decoder::read_rows(Decoder& d) {
  for (int pass = 0; pass < d.passes_; ++pass)
    for (png_uint_32 y = 0; y < d.height_; ++y)
      png_read_row(d.png_, d.pixels_ + y * d.row_size_, nullptr);
  png_read_end(d.png_, d.info_);
}

Tensor Decoder::decode() {
  const std::size_t size = left_.size();
  if (!png_ || !info_ || !guarded(read_header))
    throw InvalidArgumentError("Invalid PNG. Failed to initialize decoder.");
  constexpr std::int64_t kSide = std::int64_t{1} << 27;
  constexpr std::int64_t kPixels = std::int64_t{1} << 29;
  std::int64_t height = height_, width = width_;
  if (width <= 0 || height <= 0 || width >= kSide || height >= kSide ||
      width * height >= kPixels)
    throw InvalidArgumentError(
        "PNG size too large for int: ", width_, " by ", height_);
  Tensor image =
      Tensor::allocate(wide_ ? uint16 : uint8, {height, width, channels_});
  pixels_ = static_cast<png_bytep>(image.mutable_data());
  row_size_ = image.num_bytes() / height_;
  if (png_get_rowbytes(png_, info_) > row_size_ || !guarded(read_rows))
    throw InvalidArgumentError("Invalid PNG data, size ", size);
  if (wide_ && depth_ <= 8) {
    // Each row begins with its bytes; from the last on, they do not overlap.
    auto* wide = image.data<std::uint16_t>();
    std::size_t count = row_size_ / 2;
    for (std::size_t y = height_; y-- > 0;)
      for (std::size_t i = count; i-- > 0;)
        wide[y * count + i] =
            static_cast<std::uint16_t>(pixels_[y * row_size_ + i] * 257);
  }
  return image;
}

class Encoder {
 public:
  Encoder(const void* pixels,
          bool wide,
          std::int64_t height,
          std::int64_t width,
          int channels,
          int compression)
      : pixels_(static_cast<png_const_bytep>(pixels)),
        wide_(wide),
        height_(static_cast<png_uint_32>(height)),
        width_(static_cast<png_uint_32>(width)),
        channels_(channels),
        compression_(compression) {
    png_ = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, this, leave, ignore_warning);
    if (png_) info_ = png_create_info_struct(png_);
  }
  ~Encoder() { png_destroy_write_struct(&png_, &info_); }
  Encoder(const Encoder&) = delete;

  bool encode() {
    if (!png_ || !info_ || setjmp(jump_)) return false;
    run(*this);
    return true;
  }
  std::string take() { return std::move(file_); }

 private:
  [[noreturn]] static void leave(png_structp png, png_const_charp) {
    std::longjmp(static_cast<Encoder*>(png_get_error_ptr(png))->jump_, 1);
  }
  static bool append(std::string& file, png_bytep from, png_size_t count) {
    try {
      file.append(reinterpret_cast<const char*>(from), count);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  static void write_bytes(png_structp png, png_bytep from, png_size_t count) {
    auto* self = static_cast<Encoder*>(png_get_io_ptr(png));
    if (!append(self->file_, from, count)) png_error(png, "no memory");
  }
  static void run(Encoder& e);

  png_const_bytep pixels_;
  bool wide_;
  png_uint_32 height_, width_;
  int channels_, compression_;
  std::jmp_buf jump_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::string file_;
};

void Encoder::run(Encoder& e) {
  constexpr int kColours[] = {PNG_COLOR_TYPE_GRAY,
                              PNG_COLOR_TYPE_GRAY_ALPHA,
                              PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
  png_structp png = e.png_;
  png_set_write_fn(png, &e, write_bytes, [](png_structp) {});
  png_set_compression_level(
      png, e.compression_ < 0 ? Z_DEFAULT_COMPRESSION : e.compression_);
  png_set_compression_mem_level(png, MAX_MEM_LEVEL);
  png_set_IHDR(png,
               e.info_,
               e.width_,
               e.height_,
               e.wide_ ? 16 : 8,
               kColours[e.channels_ - 1],
               PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, e.info_);
  if (e.wide_ && std::endian::native == std::endian::little) png_set_swap(png);
  const std::size_t row_size = std::size_t{e.width_} *
                               static_cast<std::size_t>(e.channels_) *
                               (e.wide_ ? 2 : 1);
  for (png_uint_32 y = 0; y < e.height_; ++y)
    png_write_row(png, e.pixels_ + y * row_size);
  png_write_end(png, nullptr);
}

}  // namespace

Tensor decode_png(std::string_view file, int channels, DType dtype) {
  return Decoder(file, channels, dtype == uint16).decode();
}

std::string encode_png(const void* pixels,
                       DType dtype,
                       std::int64_t height,
                       std::int64_t width,
                       int channels,
                       int compression) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 31;
  bool fits = height > 0 && width > 0 && height < kLimit && width < kLimit &&
              channels >= 1 && channels <= 4;
  if (fits) {
    Encoder encoder(
        pixels, dtype == uint16, height, width, channels, compression);
    if (encoder.encode()) return encoder.take();
  }
  throw InvalidArgumentError("PNG encoding failed: the image is ",
                             height,
                             " x ",
                             width,
                             " with ",
                             channels,
                             " channels");
}

#else

Tensor decode_png(std::string_view, int, DType) {
  throw_missing_library("PNG", "libpng", "TERN_WITH_PNG");
}
std::string encode_png(
    const void*, DType, std::int64_t, std::int64_t, int, int) {
  throw_missing_library("PNG", "libpng", "TERN_WITH_PNG");
}

#endif

}  // namespace tern::images

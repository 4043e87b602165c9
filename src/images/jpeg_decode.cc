// Decoding JPEG with libjpeg, which leaves its calls by longjmp on errors. Such
// a jump skips destructors: between a setjmp and the calls it guards there are
// none, all that has any lives outside of `guarded`.

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include "images/codecs.h"
#include "images/missing_library.h"
#include "tern/core/error.h"

#if TERN_HAS_JPEG
#include <jpeglib.h>
#endif

namespace tern::images {

#if TERN_HAS_JPEG
namespace {

/// The file in memory as libjpeg's source. At its end an end-of-image marker
/// is made up if truncated files are to be recovered; else it is an error.
struct Source {
  jpeg_source_mgr manager;  // first: libjpeg knows it alone
  const JOCTET* begin;
  bool recovers;
  int made_up;  // how often libjpeg asked for more than there is
};

/// libjpeg asks a few times for each block that is missing, of which an image
/// has less than that; but it may also look for something in ends of images
/// forever.
constexpr int kMaxMadeUp = 1 << 24;

constexpr JOCTET kEndOfImage[] = {0xff, JPEG_EOI};

void leave(j_common_ptr state) {
  std::longjmp(*static_cast<std::jmp_buf*>(state->client_data), 1);
}

void leave(j_decompress_ptr state) {
  leave(reinterpret_cast<j_common_ptr>(state));
}

boolean fill_buffer(j_decompress_ptr state) {
  auto* source = reinterpret_cast<Source*>(state->src);
  jpeg_source_mgr& manager = source->manager;
  if (++source->made_up > kMaxMadeUp) leave(state);
  if (manager.bytes_in_buffer > 0) {
    // Bytes that do not make up what libjpeg looks for.
    return source->recovers ? TRUE : FALSE;
  }
  if (manager.next_input_byte == source->begin ||
      manager.next_input_byte == kEndOfImage || !source->recovers)
    leave(state);
  manager.next_input_byte = kEndOfImage;
  manager.bytes_in_buffer = sizeof kEndOfImage;
  return TRUE;
}

void skip_input(j_decompress_ptr state, long count) {
  jpeg_source_mgr& manager = *state->src;
  if (count <= 0) return;
  if (static_cast<std::size_t>(count) > manager.bytes_in_buffer) {
    manager.bytes_in_buffer = 0;
    fill_buffer(state);
    return;
  }
  manager.bytes_in_buffer -= static_cast<std::size_t>(count);
  manager.next_input_byte += count;
}

/// One file being decoded. Steps are static functions, called by `guarded`;
/// false means that libjpeg gave up.
class Decoder {
 public:
  Decoder(std::string_view file, const JpegDecoding& how)
      : how_(how), channels_(how.channels) {
    state_.err = jpeg_std_error(&errors_);
    errors_.error_exit = leave;
    errors_.output_message = [](j_common_ptr) {};
    state_.client_data = &jump_;
    source_.begin = reinterpret_cast<const JOCTET*>(file.data());
    source_.recovers = how.try_recover_truncated;
    source_.manager.next_input_byte = source_.begin;
    source_.manager.bytes_in_buffer = file.size();
    source_.manager.init_source = [](j_decompress_ptr) {};
    source_.manager.fill_input_buffer = fill_buffer;
    source_.manager.skip_input_data = skip_input;
    source_.manager.resync_to_restart = jpeg_resync_to_restart;
    source_.manager.term_source = [](j_decompress_ptr) {};
  }
  ~Decoder() { jpeg_destroy_decompress(&state_); }
  Decoder(const Decoder&) = delete;

  /// Reads the header; gives the whole image's shape.
  Shape shape() {
    if (!guarded(read_header)) return Shape::unknown();
    return {state_.output_height, state_.output_width, state_.num_components};
  }

  /// Undefined where the file is damaged or the window outside.
  Tensor decode();

 private:
  bool guarded(void (*step)(Decoder&)) {
    if (setjmp(jump_)) return false;
    step(*this);
    return true;
  }
  static void read_header(Decoder& d);
  static void start(Decoder& d);
  static void crop(Decoder& d);
  static void read_rows(Decoder& d);
  static void finish(Decoder& d);
  void put_row(const JSAMPLE* row, std::uint8_t* to) const;

  const JpegDecoding& how_;
  int channels_;
  jpeg_decompress_struct state_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_;
  Source source_{};
  // What the steps exchange.
  JDIMENSION width_ = 0, height_ = 0, skipped_ = 0;
  JDIMENSION window_x_ = 0, window_width_ = 0;
  std::uint8_t* pixels_ = nullptr;
  JSAMPLE* row_ = nullptr;  // where a row of libjpeg's goes
  JDIMENSION rows_read_ = 0;
};

void Decoder::read_header(Decoder& d) {
  jpeg_create_decompress(&d.state_);
  d.state_.src = &d.source_.manager;
  jpeg_read_header(&d.state_, TRUE);
  if (d.channels_ == 0) d.channels_ = std::min(d.state_.num_components, 3);
  bool is_cmyk = d.state_.jpeg_color_space == JCS_CMYK ||
                 d.state_.jpeg_color_space == JCS_YCCK;
  d.state_.out_color_space = d.channels_ == 1 ? JCS_GRAYSCALE
                             : is_cmyk        ? JCS_CMYK
                                              : JCS_RGB;
  d.state_.do_fancy_upsampling = d.how_.fancy_upscaling ? TRUE : FALSE;
  d.state_.scale_num = 1;
  d.state_.scale_denom = static_cast<unsigned>(d.how_.ratio);
  d.state_.dct_method = d.how_.accurate_dct ? JDCT_ISLOW : JDCT_IFAST;
  jpeg_calc_output_dimensions(&d.state_);
}

void Decoder::start(Decoder& d) { jpeg_start_decompress(&d.state_); }

void Decoder::crop(Decoder& d) {
  jpeg_crop_scanline(&d.state_, &d.window_x_, &d.window_width_);
  if (d.skipped_ > 0 &&
      jpeg_skip_scanlines(&d.state_, d.skipped_) != d.skipped_)
    leave(&d.state_);
}

/// One row of libjpeg's as pixels: CMYK becomes RGB, and a window that libjpeg
/// began at the block before is cut off there.
void Decoder::put_row(const JSAMPLE* row, std::uint8_t* to) const {
  JDIMENSION before = state_.output_width - width_;
  if (state_.out_color_space != JCS_CMYK) {
    auto channels = static_cast<JDIMENSION>(channels_);
    std::memcpy(to, row + before * channels, width_ * channels);
    return;
  }
  // Adobe writes CMYK inverted.
  const bool inverted = state_.saw_Adobe_marker;
  row += std::size_t{4} * before;
  for (JDIMENSION i = 0; i < width_; ++i, row += 4)
    for (int k = 0; k < 3; ++k) {
      int ink = inverted ? row[k] : 255 - row[k];
      int black = inverted ? row[3] : 255 - row[3];
      *to++ = static_cast<std::uint8_t>(black * ink / 255);
    }
}

void Decoder::read_rows(Decoder& d) {
  const std::size_t size =
      std::size_t{d.width_} * static_cast<std::size_t>(d.channels_);
  while (d.rows_read_ < d.height_) {
    std::uint8_t* to = d.pixels_ + d.rows_read_ * size;
    JSAMPLE* row = d.row_ ? d.row_ : to;
    if (jpeg_read_scanlines(&d.state_, &row, 1) == 0) {
      if (!d.how_.try_recover_truncated) return;
      // The rows that are missing look like the last one.
      if (d.rows_read_ == 0)
        std::memset(to, 0, size);
      else
        std::memcpy(to, to - size, size);
    } else if (d.row_) {
      d.put_row(row, to);
    }
    ++d.rows_read_;
  }
}

void Decoder::finish(Decoder& d) {
  if (d.how_.window || d.rows_read_ < d.height_ ||
      d.state_.output_scanline < d.state_.output_height)
    jpeg_abort_decompress(&d.state_);
  else
    jpeg_finish_decompress(&d.state_);
}

Tensor Decoder::decode() {
  Shape whole = shape();
  bool has_channels = channels_ == 1 || channels_ == 3;
  if (!whole.has_rank() || !has_channels || whole[0] <= 0 || whole[1] <= 0 ||
      whole.num_elements() >= std::int64_t{1} << 29)
    return {};
  height_ = state_.output_height;
  width_ = state_.output_width;
  if (how_.window) {
    const PixelWindow& window = *how_.window;
    if (window.height <= 0 || window.width <= 0 || window.y < 0 ||
        window.x < 0 || window.y + window.height > whole[0] ||
        window.x + window.width > whole[1])
      return {};
    height_ = static_cast<JDIMENSION>(window.height);
    width_ = window_width_ = static_cast<JDIMENSION>(window.width);
    skipped_ = static_cast<JDIMENSION>(window.y);
    window_x_ = static_cast<JDIMENSION>(window.x);
  }
  if (!guarded(start) || (how_.window && !guarded(crop))) return {};
  Tensor image = Tensor::allocate(uint8, {height_, width_, channels_});
  pixels_ = image.data<std::uint8_t>();
  std::vector<JSAMPLE> row;
  bool is_cmyk = state_.out_color_space == JCS_CMYK;
  if (is_cmyk || state_.output_width != width_) {
    row.resize(std::size_t{state_.output_width} *
               static_cast<std::size_t>(is_cmyk ? 4 : channels_));
    row_ = row.data();
  }
  if (!guarded(read_rows)) return {};
  auto fraction = static_cast<float>(rows_read_) / static_cast<float>(height_);
  if (fraction < std::min(1.0f, how_.acceptable_fraction)) return {};
  const std::size_t size =
      std::size_t{width_} * static_cast<std::size_t>(channels_);
  std::memset(pixels_ + rows_read_ * size, 0, (height_ - rows_read_) * size);
  return guarded(finish) ? image : Tensor();
}

}  // namespace

Tensor decode_jpeg(std::string_view file, const JpegDecoding& how) {
  Tensor image = Decoder(file, how).decode();
  if (!image.defined())
    throw InvalidArgumentError(
        "jpeg::Uncompress failed. Invalid JPEG data or crop window.");
  return image;
}

Shape jpeg_shape(std::string_view file) {
  JpegDecoding how;
  Decoder decoder(file, how);
  Shape shape = decoder.shape();
  if (!shape.has_rank())
    throw InvalidArgumentError("Invalid JPEG data, size ", file.size());
  return shape;
}

#else

Tensor decode_jpeg(std::string_view, const JpegDecoding&) {
  throw_missing_library("JPEG", "libjpeg", "TERN_WITH_JPEG");
}
Shape jpeg_shape(std::string_view) {
  throw_missing_library("JPEG", "libjpeg", "TERN_WITH_JPEG");
}

#endif

}  // namespace tern::images

// Encoding JPEG with libjpeg; see jpeg_decode.cc for its jumps.

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include "images/codecs.h"
#include "images/missing_library.h"
#include "tern/core/error.h"

#if TERN_HAS_JPEG
#include <jpeglib.h>
#endif

namespace tern::images {

#if TERN_HAS_JPEG
namespace {

class Encoder {
 public:
  Encoder(const std::uint8_t* pixels,
          std::int64_t height,
          std::int64_t width,
          int channels,
          const JpegEncoding& how,
          const std::string& packet)
      : pixels_(pixels),
        height_(static_cast<JDIMENSION>(height)),
        width_(static_cast<JDIMENSION>(width)),
        channels_(channels),
        how_(how),
        packet_(packet) {
    state_.err = jpeg_std_error(&errors_);
    errors_.error_exit = [](j_common_ptr state) {
      std::longjmp(*static_cast<std::jmp_buf*>(state->client_data), 1);
    };
    errors_.output_message = [](j_common_ptr) {};
    state_.client_data = &jump_;
  }
  ~Encoder() {
    jpeg_destroy_compress(&state_);
    std::free(file_);
  }
  Encoder(const Encoder&) = delete;

  bool encode() {
    if (setjmp(jump_)) return false;
    run(*this);
    return true;
  }
  std::string file() const {
    return {reinterpret_cast<const char*>(file_), file_size_};
  }
  std::string message() {
    char text[JMSG_LENGTH_MAX];
    errors_.format_message(reinterpret_cast<j_common_ptr>(&state_), text);
    return text;
  }

 private:
  static void run(Encoder& e);

  const std::uint8_t* pixels_;
  JDIMENSION height_, width_;
  int channels_;
  const JpegEncoding& how_;
  const std::string& packet_;
  jpeg_compress_struct state_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_;
  unsigned char* file_ = nullptr;
  unsigned long file_size_ = 0;
};

void Encoder::run(Encoder& e) {
  jpeg_compress_struct& state = e.state_;
  jpeg_create_compress(&state);
  jpeg_mem_dest(&state, &e.file_, &e.file_size_);
  state.image_width = e.width_;
  state.image_height = e.height_;
  state.input_components = e.channels_;
  state.in_color_space = e.channels_ == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&state);
  if (e.how_.optimize_size) state.optimize_coding = TRUE;
  state.density_unit = e.how_.per_centimeter ? 2 : 1;  // JFIF's codes
  state.X_density = static_cast<UINT16>(e.how_.x_density);
  state.Y_density = static_cast<UINT16>(e.how_.y_density);
  jpeg_set_quality(&state, e.how_.quality, TRUE);
  if (e.how_.progressive) jpeg_simple_progression(&state);
  if (!e.how_.chroma_downsampling)
    for (int i = 0; i < state.num_components; ++i)
      state.comp_info[i].h_samp_factor = state.comp_info[i].v_samp_factor = 1;
  jpeg_start_compress(&state, TRUE);
  if (!e.packet_.empty())
    jpeg_write_marker(&state,
                      JPEG_APP0 + 1,
                      reinterpret_cast<const JOCTET*>(e.packet_.data()),
                      static_cast<unsigned>(e.packet_.size()));
  const std::size_t row_size =
      std::size_t{e.width_} * static_cast<std::size_t>(e.channels_);
  while (state.next_scanline < e.height_) {
    // libjpeg does not write to it.
    auto* row =
        const_cast<JSAMPLE*>(e.pixels_ + state.next_scanline * row_size);
    jpeg_write_scanlines(&state, &row, 1);
  }
  jpeg_finish_compress(&state);
}

}  // namespace

std::string encode_jpeg(const std::uint8_t* pixels,
                        std::int64_t height,
                        std::int64_t width,
                        int channels,
                        const JpegEncoding& how) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 29;
  if (height <= 0 || width <= 0 || width >= kLimit || height >= kLimit / width)
    throw InvalidArgumentError("JPEG encoding failed: the image is ",
                               height,
                               " x ",
                               width,
                               ", it must have pixels, less than 2^29");
  std::string packet;
  if (!how.xmp_metadata.empty()) {
    packet.assign("http://ns.adobe.com/xap/1.0/", 29);  // with its zero
    packet += how.xmp_metadata;
  }
  Encoder encoder(pixels, height, width, channels, how, packet);
  if (!encoder.encode())
    throw InvalidArgumentError("JPEG encoding failed: ", encoder.message());
  return encoder.file();
}

#else

std::string encode_jpeg(
    const std::uint8_t*, std::int64_t, std::int64_t, int, const JpegEncoding&) {
  throw_missing_library("JPEG", "libjpeg", "TERN_WITH_JPEG");
}

#endif

}  // namespace tern::images

#include <algorithm>
#include <cstring>
#include <vector>

#include "images/codecs.h"
#include "images/missing_library.h"
#include "tern/core/error.h"

#if TERN_HAS_GIF
#include <gif_lib.h>
#endif

namespace tern::images {

#if TERN_HAS_GIF
namespace {

/// A frame's place on the canvas, its colours and pixels.
struct Frame {
  std::int64_t left, top, width, height;
  std::vector<GifColorType> colours;
  std::vector<GifPixelType> pixels;
};

class Decoder {
 public:
  explicit Decoder(std::string_view file) : size_(file.size()), left_(file) {
    int error = 0;
    gif_ = DGifOpen(this, read_bytes, &error);
    if (!gif_) fail("failed to open gif file: ", error);
  }
  ~Decoder() { DGifCloseFile(gif_, nullptr); }
  Decoder(const Decoder&) = delete;

  Tensor decode(bool all_frames);

 private:
  static int read_bytes(GifFileType* gif, GifByteType* to, int count) {
    std::string_view& left = static_cast<Decoder*>(gif->UserData)->left_;
    std::size_t given = std::min(left.size(), static_cast<std::size_t>(count));
    std::memcpy(to, left.data(), given);
    left.remove_prefix(given);
    return static_cast<int>(given);
  }
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    throw InvalidArgumentError(
        "Invalid GIF data (size ", size_, "), ", parts...);
  }
  [[noreturn]] void fail(const char* what, int error) const {
    const char* text = GifErrorString(error);
    refuse(what, text ? text : "unknown error");
  }

  bool read_frame(Frame& frame);
  bool read_pixels(Frame& frame);
  void skip_extension();
  void draw(const Frame& frame, std::size_t number, std::uint8_t* canvas) const;

  std::size_t size_;
  std::string_view left_;
  GifFileType* gif_ = nullptr;
  std::int64_t width_ = 0, height_ = 0;
};

void Decoder::skip_extension() {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(gif_, &code, &block) == GIF_ERROR)
    fail("failed to slurp gif file: ", gif_->Error);
  while (block)
    if (DGifGetExtensionNext(gif_, &block) == GIF_ERROR)
      fail("failed to slurp gif file: ", gif_->Error);
}

/// Rows in the order of the file, every eighth first where interlaced. False
/// where the file ends within them; what is missing is colour 0.
bool Decoder::read_pixels(Frame& frame) {
  auto row = [&](std::int64_t y) {
    return frame.pixels.data() + y * frame.width;
  };
  auto read = [&](std::int64_t y) {
    return DGifGetLine(gif_, row(y), static_cast<int>(frame.width)) !=
           GIF_ERROR;
  };
  struct Pass {
    std::int64_t first, step;
  };
  constexpr Pass kInterlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  if (!gif_->Image.Interlace) {
    for (std::int64_t y = 0; y < frame.height; ++y)
      if (!read(y)) return false;
    return true;
  }
  for (const Pass& pass : kInterlaced)
    for (std::int64_t y = pass.first; y < frame.height; y += pass.step)
      if (!read(y)) return false;
  return true;
}

/// False where the frame is not complete, and the last one to be used.
bool Decoder::read_frame(Frame& frame) {
  if (DGifGetImageDesc(gif_) == GIF_ERROR)
    fail("failed to slurp gif file: ", gif_->Error);
  const GifImageDesc& image = gif_->Image;
  frame = {image.Left, image.Top, image.Width, image.Height, {}, {}};
  // A code of LZW takes 9 bits or more, once there are 256 colours, and stands
  // for 4096 pixels at most.
  constexpr std::int64_t kPixelsPerByte = 4096;
  if (frame.width <= 0 || frame.height <= 0 ||
      frame.width * frame.height >
          kPixelsPerByte * (static_cast<std::int64_t>(left_.size()) + 1))
    refuse("a frame of ",
           frame.width,
           " x ",
           frame.height,
           " pixels does not fit into ",
           left_.size(),
           " bytes");
  const ColorMapObject* map = image.ColorMap ? image.ColorMap : gif_->SColorMap;
  if (map) frame.colours.assign(map->Colors, map->Colors + map->ColorCount);
  frame.pixels.resize(static_cast<std::size_t>(frame.width * frame.height));
  return read_pixels(frame);
}

void Decoder::draw(const Frame& frame,
                   std::size_t number,
                   std::uint8_t* canvas) const {
  if (frame.colours.empty()) refuse("missing color map for frame ", number);
  for (std::int64_t y = 0; y < frame.height; ++y) {
    std::int64_t row = frame.top + y;
    if (row >= height_) break;
    for (std::int64_t x = 0; x < frame.width; ++x) {
      std::int64_t column = frame.left + x;
      if (column >= width_) break;
      std::size_t index =
          frame.pixels[static_cast<std::size_t>(y * frame.width + x)];
      if (index >= frame.colours.size())
        refuse("found color index ",
               index,
               " outside of color map range ",
               frame.colours.size());
      const GifColorType& colour = frame.colours[index];
      std::uint8_t* pixel = canvas + (row * width_ + column) * 3;
      pixel[0] = colour.Red;
      pixel[1] = colour.Green;
      pixel[2] = colour.Blue;
    }
  }
}

Tensor Decoder::decode(bool all_frames) {
  std::vector<Frame> frames;
  GifRecordType type = UNDEFINED_RECORD_TYPE;
  bool complete = true;
  while (complete && type != TERMINATE_RECORD_TYPE) {
    if (DGifGetRecordType(gif_, &type) == GIF_ERROR) {
      if (frames.empty()) fail("failed to slurp gif file: ", gif_->Error);
      break;  // what was there is an image
    }
    if (type == IMAGE_DESC_RECORD_TYPE)
      complete = read_frame(frames.emplace_back());
    else if (type == EXTENSION_RECORD_TYPE)
      skip_extension();
  }
  if (frames.empty()) refuse("gif file does not contain any image");
  for (const Frame& frame : frames) {
    width_ = std::max(width_, frame.width);
    height_ = std::max(height_, frame.height);
  }
  if (!all_frames) frames.resize(1);
  // Sides have 16 bits, so that nothing overflows here.
  auto count = static_cast<std::int64_t>(frames.size());
  constexpr std::int64_t kMaxPixels = std::int64_t{1} << 31;
  if (count > kMaxPixels / (width_ * height_))
    refuse(
        count, " frames of ", width_, " x ", height_, " pixels are too many");
  Tensor images = Tensor::allocate(uint8, {count, height_, width_, 3});
  const auto frame_size = static_cast<std::size_t>(width_ * height_ * 3);
  auto* canvas = images.data<std::uint8_t>();
  for (std::size_t i = 0; i < frames.size(); ++i, canvas += frame_size) {
    const Frame& frame = frames[i];
    bool covers = frame.left == 0 && frame.top == 0 && frame.width == width_ &&
                  frame.height == height_;
    if (!covers && i == 0)
      std::memset(canvas, 0, frame_size);
    else if (!covers)
      std::memcpy(canvas, canvas - frame_size, frame_size);
    draw(frame, i, canvas);
  }
  return images;
}

}  // namespace

Tensor decode_gif(std::string_view file, bool all_frames) {
  return Decoder(file).decode(all_frames);
}

#else

Tensor decode_gif(std::string_view, bool) {
  throw_missing_library("GIF", "giflib", "TERN_WITH_GIF");
}

#endif

}  // namespace tern::images

#include "images/codecs.h"

namespace tern {

extern "C" __attribute__((visibility("default")))
const io::detail::ImageLibrary*
tern_images_library() {
  static constexpr io::detail::ImageLibrary library = {
      images::decode_jpeg,
      images::jpeg_shape,
      images::encode_jpeg,
      images::decode_png,
      images::encode_png,
      images::decode_gif,
  };
  return &library;
}

}  // namespace tern

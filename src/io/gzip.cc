#include "io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "tern/core/error.h"

namespace tern::io {
namespace {

class Inflater {
 public:
  Inflater(std::string_view bytes, const std::string& name)
      : bytes_(bytes), name_(name) {
    // 16 selects the gzip wrapper, 15 the largest window.
    if (inflateInit2(&stream_, 16 + 15) != Z_OK)
      throw ResourceExhaustedError(name_, ": no memory to decompress");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;

  std::string run() {
    std::string contents;
    int status = Z_OK;
    while (status != Z_STREAM_END || consumed_ < bytes_.size()) {
      if (status == Z_STREAM_END) inflateReset(&stream_);
      status = step(contents);
    }
    return contents;
  }

 private:
  int step(std::string& contents) {
    unsigned char chunk[1 << 16];
    std::size_t offered = std::min<std::size_t>(
        bytes_.size() - consumed_, std::numeric_limits<uInt>::max());
    stream_.next_in = const_cast<Bytef*>(
        reinterpret_cast<const Bytef*>(bytes_.data() + consumed_));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = chunk;
    stream_.avail_out = sizeof chunk;
    int status = inflate(&stream_, Z_NO_FLUSH);
    consumed_ += offered - stream_.avail_in;
    contents.append(reinterpret_cast<char*>(chunk),
                    sizeof chunk - stream_.avail_out);
    if (status == Z_BUF_ERROR)
      throw DataLossError(name_,
                          ": truncated gzip stream, ended after ",
                          bytes_.size(),
                          " bytes");
    if (status != Z_OK && status != Z_STREAM_END)
      throw DataLossError(name_,
                          ": corrupt gzip stream near byte ",
                          consumed_,
                          ": ",
                          stream_.msg ? stream_.msg : "bad data");
    return status;
  }

  std::string_view bytes_;
  const std::string& name_;
  z_stream stream_ = {};
  std::size_t consumed_ = 0;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, const std::string& name) {
  return Inflater(bytes, name).run();
}

std::string inflate_prefix(std::string_view bytes, bool gzip) {
  struct Stream : z_stream {
    explicit Stream(int window_bits) : z_stream() {
      if (inflateInit2(this, window_bits) != Z_OK)
        throw ResourceExhaustedError("no memory to decompress");
    }
    ~Stream() { inflateEnd(this); }
    Stream(const Stream&) = delete;
  };
  Stream stream((gzip ? 16 : 0) + 15);
  if (bytes.size() > std::numeric_limits<uInt>::max())
    throw InvalidArgumentError(
        "A compressed string of ", bytes.size(), " bytes is too long");
  stream.next_in =
      const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string contents;
  int status = Z_OK;
  while (status == Z_OK) {
    unsigned char chunk[1 << 16];
    stream.next_out = chunk;
    stream.avail_out = sizeof chunk;
    status = inflate(&stream, Z_NO_FLUSH);
    contents.append(reinterpret_cast<char*>(chunk),
                    sizeof chunk - stream.avail_out);
  }
  if (status != Z_STREAM_END && status != Z_BUF_ERROR)
    throw DataLossError("inflate() failed with error ",
                        status,
                        ": ",
                        stream.msg ? stream.msg : "bad data");
  return contents;
}

}  // namespace tern::io

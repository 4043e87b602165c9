#include "tern/io/file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "io/system_error.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

std::string read_bytes(const std::string& path) {
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) throw_system_error(errno, path, "open");
  std::string bytes;
  // The size is a hint only: pipes have none and files may grow.
  if (std::fseek(file.get(), 0, SEEK_END) == 0) {
    long size = std::ftell(file.get());
    // A folder opens and claims the largest size there is.
    if (size > 0 && size < (1L << 46))
      bytes.reserve(static_cast<std::size_t>(size));
    std::rewind(file.get());
  }
  char chunk[1 << 16];
  while (std::size_t count = std::fread(chunk, 1, sizeof chunk, file.get()))
    bytes.append(chunk, count);
  if (std::ferror(file.get())) throw_system_error(errno, path, "read");
  return bytes;
}

}  // namespace tern::io

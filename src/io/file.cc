#include "tern/io/file.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
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

std::vector<std::string> listdir(const std::string& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entries(path, error), end;
  for (; !error && entries != end; entries.increment(error))
    names.push_back(entries->path().filename().string());
  if (error) throw_system_error(error.value(), path, "list");
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> glob(const std::string& pattern) {
  struct Matches : glob_t {
    Matches() : glob_t() {}
    ~Matches() { globfree(this); }
  };
  Matches matches;
  const int status = ::glob(pattern.c_str(), 0, nullptr, &matches);
  if (status == GLOB_NOSPACE)
    throw ResourceExhaustedError(pattern, ": too many matching files");
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < matches.gl_pathc; ++i)
    paths.emplace_back(matches.gl_pathv[i]);
  return paths;
}

}  // namespace tern::io

#include "io/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "io/system_error.h"
#include "tern/core/error.h"

namespace tern::io {
namespace {

/// Unique among processes and threads; the suffix is TensorFlow's.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return path + ".tempstate" + std::to_string(::getpid()) + "-" +
         std::to_string(counter.fetch_add(1));
}

}  // namespace

AtomicFile::AtomicFile(std::string path)
    : path_(std::move(path)), temporary_path_(temporary_name(path_)) {}

AtomicFile::~AtomicFile() {
  if (file_) std::fclose(file_);
  if (!committed_) ::unlink(temporary_path_.c_str());
}

void AtomicFile::create() {
  file_ = std::fopen(temporary_path_.c_str(), "wb");
  if (file_) return;
  if (errno == ENOENT)
    throw NotFoundError(path_, ": cannot create the file: no such folder");
  fail("create");
}

void AtomicFile::write(std::string_view bytes) {
  if (!file_) create();
  if (bytes.empty()) return;  // which may have no address
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
    fail("write");
}

void AtomicFile::commit() {
  if (file_) {
    if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) fail("write");
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail("close");
  }
  if (std::rename(temporary_path_.c_str(), path_.c_str()) != 0) fail("replace");
  committed_ = true;
}

void AtomicFile::fail(std::string_view action) const {
  throw_system_error(errno, path_, action);
}

void write_bytes(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace tern::io

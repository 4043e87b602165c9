#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace tern::io {

/// A file under construction. It grows under a temporary name beside `path`
/// and takes that name at commit(), so that a failed save leaves the old file
/// and readers never see half a new one.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  /// Removes the temporary file unless committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Makes the temporary file, still empty. Throws what the system refused,
  /// NotFoundError where the folder is missing.
  void create();
  /// For libraries that open files themselves, after create(); close it before
  /// commit().
  const std::string& temporary_path() const { return temporary_path_; }

  void write(std::string_view bytes);
  /// Makes the bytes durable and renames. Throws what the system refused.
  void commit();

 private:
  [[noreturn]] void fail(std::string_view action) const;

  std::string path_;
  std::string temporary_path_;
  std::FILE* file_ = nullptr;
  bool committed_ = false;
};

/// Replaces the contents of `path`.
void write_bytes(const std::string& path, std::string_view bytes);

}  // namespace tern::io

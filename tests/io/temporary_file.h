#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "io/atomic_file.h"

namespace tern::test {

/// A file of the test's own that is removed at the end of the scope.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view contents = {},
                         const std::string& suffix = ".bin") {
    static int counter = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("tern_test_" + std::to_string(::getpid()) + "_" +
              std::to_string(counter++) + suffix))
                .string();
    io::write_bytes(path_, contents);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A folder of the test's own that is removed at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = (std::filesystem::temp_directory_path() / "tern_test_XXXXXX");
    ::mkdtemp(path_.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

}  // namespace tern::test

// Whole files as strings.

#include <algorithm>
#include <filesystem>
#include <vector>

#include "io/atomic_file.h"
#include "ops/kernel.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern {
namespace {

void read_file(KernelContext& c) {
  c.out<std::string>()[0] = io::read_bytes(c.in<std::string>(0)[0]);
}

void write_file(KernelContext& c) {
  const std::string& path = c.in<std::string>(0)[0];
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // writing says what is wrong
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  io::write_bytes(path, c.in<std::string>(1)[0]);
}

void matching_files(KernelContext& c) {
  std::vector<std::string> found;
  for (const std::string& pattern : c.in<std::string>(0))
    for (std::string& path : io::glob(pattern))
      found.push_back(std::move(path));
  std::sort(found.begin(), found.end());
  std::string* out = c.allocate_output(0, {found.size()}).data<std::string>();
  std::move(found.begin(), found.end(), out);
}

}  // namespace

void register_files_kernels(KernelRegistry& registry) {
  registry.add("ReadFile", {}, read_file);
  registry.add("WriteFile", {}, write_file);
  registry.add("MatchingFiles", {}, matching_files);
}

}  // namespace tern

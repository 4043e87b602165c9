#include "keras/vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace tern::keras {
namespace {

namespace fs = std::filesystem;

/// build/bin/test_keras -> build; a build folder lies below the source.
fs::path build_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path();
}

fs::path source_folder() {
  fs::path folder = build_folder();
  while (folder.has_relative_path() && !fs::exists(folder / "CMakeLists.txt"))
    folder = folder.parent_path();
  return folder;
}

/// Unpacks beside the build and renames, so that two tests may start at once.
fs::path unpack(const fs::path& archive) {
  fs::path target = build_folder() / "keras_vectors";
  if (fs::exists(target / "keras")) return target / "keras";
  fs::create_directories(target);
  std::string pattern = (target / "unpack-XXXXXX").string();
  if (!mkdtemp(pattern.data())) FAIL("cannot make " << pattern);
  std::string command =
      "tar -xJf '" + archive.string() + "' -C '" + pattern + "'";
  if (std::system(command.c_str()) != 0) FAIL("failed: " << command);
  std::error_code ignored;  // somebody else may have been faster
  fs::rename(pattern + "/keras", target / "keras", ignored);
  fs::remove_all(pattern);
  return target / "keras";
}

}  // namespace

std::optional<std::string> shared_folder() {
  const char* given = std::getenv("TERN_SHARED");
  std::string folder =
      given ? given : (source_folder().parent_path() / "shared").string();
  if (fs::exists(folder)) return folder;
  const char* ci = std::getenv("CI");
  if (ci && std::string(ci) == "true")
    FAIL("no shared test material at " << folder);
  std::cout << "SKIP: no shared test material at " << folder
            << " (set TERN_SHARED)\n";
  return std::nullopt;
}

void for_each_case(const std::string& prefix,
                   const std::function<void(const VectorCase&)>& check) {
  auto shared = shared_folder();
  if (!shared) return;
  fs::path root = unpack(fs::path(*shared) / "vectors/keras.tar.xz");
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator(root))
    if (entry.path().filename().string().starts_with(prefix))
      folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  REQUIRE_FALSE(folders.empty());
  for (const std::string& folder : folders) {
    INFO(folder);
    check(VectorCase(folder));
  }
}

int check_cases(const std::string& prefix) {
  int checked = 0;
  for_each_case(prefix, [&](const VectorCase& vectors) {
    golden::Result result = golden::check_keras(vectors);
    std::string failures;
    for (const std::string& failure : result.failures)
      failures += failure + "\n";
    CHECK(failures == "");
    if (result.missing_ops.empty()) ++checked;
  });
  return checked;
}

}  // namespace tern::keras

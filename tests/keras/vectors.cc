#include "keras/vectors.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "io/npy.h"
#include "tern/ops/math.h"

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
  fs::path target = build_folder() / "vectors";
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

VectorCase::VectorCase(std::string folder) : folder_(std::move(folder)) {
  facts_ = Config::parse(text("case.json"));
}

std::string VectorCase::text(const std::string& file) const {
  std::ifstream stream(path(file), std::ios::binary);
  if (!stream) FAIL("no file " << path(file));
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

Tensor VectorCase::load(const Config& file_name) const {
  return io::read_npy(path(file_name.get<std::string>()));
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

Tolerance Tolerance::of(const Config& facts) {
  const Config& tolerance = facts["tolerance"];
  return {tolerance["rtol"].get<double>(), tolerance["atol"].get<double>()};
}

std::string difference(const Tensor& got,
                       const Tensor& want,
                       Tolerance allowed) {
  std::ostringstream text;
  if (!(got.shape() == want.shape())) {
    text << "shape " << got.shape() << ", wanted " << want.shape();
    return text.str();
  }
  auto numbers = [](const Tensor& tensor) {
    Tensor wide = cast(tensor, float64);
    auto values = wide.values<double>();
    return std::vector<double>(values.begin(), values.end());
  };
  std::vector<double> a = numbers(got), b = numbers(want);
  double largest = 1;
  for (double value : b)
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  for (std::size_t i = 0; i < a.size(); ++i) {
    bool equal = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                 std::fabs(a[i] - b[i]) <=
                     allowed.atol * largest + allowed.rtol * std::fabs(b[i]);
    if (equal) continue;
    text << "element " << i << " is " << a[i] << ", wanted " << b[i];
    return text.str();
  }
  return {};
}

}  // namespace tern::keras

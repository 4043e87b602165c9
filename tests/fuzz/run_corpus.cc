// Runs a fuzz target on inputs that are there, for compilers without
// libFuzzer. Each argument is a file, a folder of files, or a list ("X.shared")
// of paths below $TERN_SHARED, where "*" stands for any part of a name.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

namespace {

namespace fs = std::filesystem;

/// Whether the name is the pattern, "*" standing for any characters.
bool matches(const std::string& name, const std::string& pattern) {
  std::size_t star = pattern.find('*');
  if (star == std::string::npos) return name == pattern;
  std::string head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) &&
         name.ends_with(tail);
}

void add_matches(const fs::path& folder,
                 fs::path::iterator part,
                 fs::path::iterator end,
                 std::vector<fs::path>& found) {
  if (part == end) {
    if (fs::is_regular_file(folder)) found.push_back(folder);
    return;
  }
  auto rest = std::next(part);
  if (part->string().find('*') == std::string::npos) {
    add_matches(folder / *part, rest, end, found);
    return;
  }
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder))
    if (matches(entry.path().filename().string(), part->string()))
      add_matches(entry.path(), rest, end, found);
}

std::vector<fs::path> inputs_of(const fs::path& argument) {
  std::vector<fs::path> inputs;
  if (fs::is_directory(argument)) {
    for (const auto& entry : fs::directory_iterator(argument))
      if (entry.is_regular_file()) inputs.push_back(entry.path());
  } else if (argument.extension() != ".shared") {
    inputs.push_back(argument);
  } else if (const char* shared = std::getenv("TERN_SHARED")) {
    std::ifstream list(argument);
    for (std::string line; std::getline(list, line);) {
      fs::path pattern = line;
      if (!line.empty())
        add_matches(shared, pattern.begin(), pattern.end(), inputs);
    }
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i)
    for (const fs::path& path : inputs_of(argv[i])) {
      std::ifstream file(path, std::ios::binary);
      std::string bytes(std::istreambuf_iterator<char>(file), {});
      // The last line names the input of a crash.
      std::cout << path.string() << std::endl;
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++count;
    }
  std::cout << count << " inputs" << std::endl;
  return count > 0 ? 0 : 1;
}

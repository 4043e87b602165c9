#include "tools/golden/case.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/npy.h"
#include "tern/core/error.h"
#include "tern/io/file.h"

namespace tern::golden {
namespace {

using Json = nlohmann::ordered_json;

Json parse_json(const std::filesystem::path& path) {
  try {
    return Json::parse(io::read_bytes(path.string()));
  } catch (const nlohmann::json::exception& error) {
    throw DataLossError(path.string(), ": ", error.what());
  }
}

std::string decode_base64(const std::string& text) {
  auto digit = [](char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '=') break;
    if (digit(c) < 0) throw DataLossError("'", c, "' is no digit of base 64");
    bits = bits << 6 | static_cast<unsigned>(digit(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
  }
  return bytes;
}

/// {"shape": [..], "data": [base64, ..]}
Tensor read_strings(const std::filesystem::path& path) {
  Json json = parse_json(path);
  std::vector<std::string> elements;
  for (const Json& element : json.at("data"))
    elements.push_back(decode_base64(element.get<std::string>()));
  return Tensor(elements,
                Shape(json.at("shape").get<std::vector<std::int64_t>>()));
}

Files read_files(const Json& json) {
  Files files;
  for (const auto& [name, file] : json.items())
    files.emplace_back(name, file.is_null() ? "" : file.get<std::string>());
  return files;
}

Files files_at(const Json& json, const char* key) {
  return json.contains(key) ? read_files(json[key]) : Files();
}

std::vector<std::string> names_at(const Json& json, const char* key) {
  return json.contains(key) ? json[key].get<std::vector<std::string>>()
                            : std::vector<std::string>();
}

Tolerance read_tolerance(const Json& json) {
  return {json.value("rtol", 0.0), json.value("atol", 0.0)};
}

GradientCase read_gradient(const Json& json) {
  return {files_at(json, "cotangents"),
          files_at(json, "v"),
          files_at(json, "expected"),
          read_tolerance(json)};
}

Case from_json(const Json& json) {
  Case c;
  c.op = json.at("op");
  c.feeds = files_at(json, "feeds");
  c.file_feeds = files_at(json, "file_feeds");
  c.init = names_at(json, "init");
  c.targets = names_at(json, "targets");
  c.runs.push_back(files_at(json, "fetches"));
  if (json.contains("more_runs"))
    for (const Json& run : json["more_runs"]) c.runs.push_back(read_files(run));
  c.ends = json.contains("end");
  c.tolerance = read_tolerance(json);
  for (const auto& [file, dtype] : files_at(json, "dtypes"))
    c.dtypes[file] = DType::from_name(dtype);
  c.sign_free = names_at(json, "sign_free");
  c.set_free = names_at(json, "set_free");
  if (json.contains("grad")) c.grad = read_gradient(json["grad"]);
  if (json.contains("grad2")) c.grad2 = read_gradient(json["grad2"]);
  if (json.contains("error")) {
    const Json& error = json["error"];
    c.error = {error.at("stage"),
               error.at("code"),
               error.value("message_contains", "")};
  }
  return c;
}

}  // namespace

Tensor Case::load(const std::string& file) const {
  std::filesystem::path path = folder / file;
  if (path.extension() == ".json") return read_strings(path);
  auto dtype = dtypes.find(file);
  return io::read_npy(path.string(),
                      dtype == dtypes.end() ? DType{} : dtype->second);
}

Case read_case(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "case.json";
  try {
    Case c = from_json(parse_json(path));
    c.folder = folder;
    return c;
  } catch (const nlohmann::json::exception& error) {
    throw DataLossError(path.string(), ": ", error.what());
  }
}

std::vector<std::filesystem::path> find_cases(
    const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(root))
    throw NotFoundError(root.string(), ": no such folder");
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.path().filename() == "case.json")
      folders.push_back(entry.path().parent_path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace tern::golden
